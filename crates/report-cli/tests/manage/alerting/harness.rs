//! A fake Datadog with pushed monitors. Recorded runs are delivered to it at chosen times.

use std::{cell::RefCell, collections::BTreeMap, sync::LazyLock};

use serde_json::{Value, json};
use system_health_test_support::{
    datadog::{DatadogIntake, Status, Transition},
    scene::{ProgramOutput, Scene},
};

use crate::scene;

pub(super) const MINUTE: i64 = 60;
pub(super) const HOUR: i64 = 60 * MINUTE;
/// The time of the first run: a Monday at midnight, UTC.
const START: i64 = 1_799_625_600;
/// The self-metrics that the reporter's monitors watch.
const WATCHED: [&str; 3] = ["run_duration_seconds", "collector_success", "points"];
const PREFIX: &str = "system_health.reporter.";

/// The watched self-metrics that a run delivered, as series.
pub(super) type Run = Vec<Value>;

/// A notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notification {
    /// In seconds after the first run.
    pub(super) time: i64,
    /// The metric that the monitor watches, without the prefix.
    pub(super) metric: String,
    /// The value of the group's tag `metric`. Empty if the group has no such tag.
    pub(super) about: String,
    pub(super) status: Status,
}

/// A run in which everything succeeded.
pub(super) fn good() -> &'static Run {
    static GOOD: LazyLock<Run> = LazyLock::new(|| record(|scene| scene, 0));
    &GOOD
}

/// A run in which all collectors that read from GitHub failed.
pub(super) fn failing() -> &'static Run {
    static FAILING: LazyLock<Run> = LazyLock::new(|| {
        record(
            |scene| {
                scene
                    .variable("GITHUB_TOKEN", "0123456789")
                    .variable("SYSTEM_HEALTH_REPOSITORY", "acme/shop")
                    .variable("GITHUB_API_URL", "http://127.0.0.1:1")
            },
            1,
        )
    });
    &FAILING
}

/// A run in which each metric failed for one repository of a thousand.
pub(super) fn failing_in_part() -> Run {
    let mut run = good().clone();
    let is_success = |series: &&mut Value| series["metric"] == format!("{PREFIX}collector_success");
    for series in run.iter_mut().filter(is_success) {
        series["points"][0]["value"] = json!(0.999);
    }
    run
}

/// A run that did not deliver all points of its values, but delivered its self-metrics. `result` says what happened to the
/// undelivered points, such as `left`.
pub(super) fn partial(result: &str) -> Run {
    let mut run = good().clone();
    let tag = format!("\"result:{result}\"");
    let is_result = |series: &&mut Value| {
        series["metric"] == format!("{PREFIX}points") && series["tags"].to_string().contains(&tag)
    };
    let changed =
        run.iter_mut().filter(is_result).map(|series| series["points"][0]["value"] = json!(5.0)).count();
    assert_eq!(changed, 1, "{run:?}");
    run
}

/// The same run with the name of another reporter.
pub(super) fn from_reporter(run: &Run, name: &str) -> Run {
    let mut run = run.clone();
    for tag in run.iter_mut().flat_map(|series| series["tags"].as_array_mut().unwrap()) {
        if tag.as_str().unwrap().starts_with("reporter:") {
            *tag = format!("reporter:{name}").into();
        }
    }
    run
}

/// Runs the real program once, and returns the watched self-metrics that it delivered.
fn record(change: impl FnOnce(Scene) -> Scene, status: i32) -> Run {
    let intake = DatadogIntake::start();
    let scene = scene(&intake).file("system-health.toml", "[report]\nname = 'ci'\n");
    let _ = change(scene).run(&["--push", "--only", "commits.{hotfix,reverts}"]).with_status(status);
    let series =
        intake.payloads().into_iter().flat_map(|payload| payload["series"].as_array().unwrap().clone());
    let is_watched = |series: &Value| {
        let metric = series["metric"].as_str().unwrap();
        metric.strip_prefix(PREFIX).is_some_and(|name| WATCHED.contains(&name))
    };
    let run: Run = series.filter(is_watched).collect();
    assert!(run.len() >= 5, "{run:?}");
    run
}

/// A fake Datadog to which the monitors were pushed.
pub(super) struct Datadog {
    intake: DatadogIntake,
    scene: Scene,
    /// Series that are still to be delivered, by the time of their arrival.
    deliveries: RefCell<BTreeMap<i64, Vec<Value>>>,
    transitions: RefCell<Vec<Transition>>,
}

impl Datadog {
    pub(super) fn new(settings: &str) -> Self {
        let intake = DatadogIntake::start();
        let scene = scene(&intake).file("system-health.toml", &format!("[monitors]\n{settings}\n"));
        let _ = scene.run(&["monitors", "push"]).with_status(0);
        Self { intake, scene, deliveries: RefCell::default(), transitions: RefCell::default() }
    }

    /// Delivers a run at each of these times, in seconds after `START`.
    pub(super) fn replay(&self, run: &Run, times: &[i64]) {
        for time in times {
            self.replay_late(run, *time, *time);
        }
    }

    /// Delivers a run that has the time `time`, but arrives at `arrival`. Both are in seconds after `START`.
    pub(super) fn replay_late(&self, run: &Run, time: i64, arrival: i64) {
        let mut series = run.clone();
        for point in series.iter_mut().flat_map(|series| series["points"].as_array_mut().unwrap()) {
            point["timestamp"] = json!(START + time);
        }
        self.deliveries.borrow_mut().entry(START + arrival).or_default().append(&mut series);
    }

    /// Evaluates the monitors from the first run until this time, and returns all notifications.
    pub(super) fn evaluate(&self, until: i64) -> Vec<Notification> {
        let mut transitions = self.transitions.borrow_mut();
        for now in (START..=START + until).step_by(60) {
            // An evaluation sees the series that arrived before it.
            let arrived: Vec<i64> = self.deliveries.borrow().range(..now).map(|(time, _)| *time).collect();
            for time in arrived {
                let series = self.deliveries.borrow_mut().remove(&time);
                self.intake.deliver(json!({ "series": series }));
            }
            transitions.extend(self.intake.evaluate(now).into_iter().filter(|change| change.notifies));
        }
        transitions.iter().map(|change| self.notification(change)).collect()
    }

    fn notification(&self, change: &Transition) -> Notification {
        let monitors = self.intake.monitors();
        let monitor = monitors.iter().find(|monitor| monitor["id"] == change.monitor).unwrap();
        let mut tags = monitor["tags"].as_array().unwrap().iter().filter_map(Value::as_str);
        let metric = tags.find_map(|tag| tag.strip_prefix("metric:")).unwrap();
        let about = change.group.iter().find_map(|tag| tag.strip_prefix("metric:"));
        Notification {
            time: change.at - START,
            metric: metric.trim_start_matches(PREFIX).to_owned(),
            about: about.unwrap_or_default().to_owned(),
            status: change.to,
        }
    }

    /// The group of the last notification.
    pub(super) fn last_group(&self) -> Vec<String> {
        self.transitions.borrow().last().map(|change| change.group.clone()).unwrap_or_default()
    }

    pub(super) fn verify(&self) -> ProgramOutput {
        self.scene.run(&["verify"])
    }
}
