//! Goals of two metrics, from the settings to Datadog's alerts.

use serde_json::{Value, json};
use system_health_test_support::{
    datadog::{
        DatadogIntake,
        Status::{self, Alert, NoData, Ok},
    },
    scene::Scene,
};

use crate::{assert_matches_api_description, scene, steps, writes};

const TAGS: [&str; 2] = ["env:production", "service:system-health"];
const EVERY: i64 = 15 * 60;
/// The time of the first run, in seconds since 1970.
const START: i64 = 1_799_625_600;

fn scene_with(intake: &DatadogIntake, settings: &str) -> Scene {
    scene(intake).file("system-health.toml", settings)
}

/// Settings with the goal `commits.bad`. `monitor` contains the keys of its monitor.
fn ratio(monitor: &str) -> String {
    goal("", monitor)
}

/// Settings with the goal `commits.bad`. `more` contains other keys of the goal, and `monitor` those of its monitor.
fn goal(more: &str, monitor: &str) -> String {
    let monitor = if monitor.is_empty() {
        String::new()
    } else {
        format!("[monitors.metrics.'commits.bad']\n{monitor}\n")
    };
    format!("[goals.'commits.bad']\ngoal = 'commits.reverts / commits.hotfix < 0.5'\n{more}\n{monitor}")
}

/// The monitor of the goal `commits.bad`.
fn goal_monitor(monitors: &[Value]) -> Value {
    let has_tag = |monitor: &&Value| monitor["tags"].to_string().contains("metric:commits.bad\"");
    let found: Vec<&Value> = monitors.iter().filter(has_tag).collect();
    let [monitor] = found[..] else { panic!("{monitors:?}") };
    monitor.clone()
}

/// The monitor of the goal `commits.bad` that `report monitors` prints.
fn printed(settings: &str) -> Value {
    let intake = DatadogIntake::start();
    let monitors = scene_with(&intake, settings).run(&["monitors"]).with_status(0).json();
    goal_monitor(monitors.as_array().unwrap())
}

#[test]
fn the_settings_of_all_monitors_apply_to_a_goal_of_two_metrics() {
    let monitor = printed(&format!(
        "[monitors]\nnotify = ['@slack-ops']\nrenotify = '4h'\ngroup_by = ['repository']\npriority = 3\n{}",
        ratio("")
    ));

    let side =
        |key| format!("avg:{key}{{env:production,service:system-health}} by {{repository}}.fill(null)");
    assert_eq!(
        monitor["query"],
        format!("max(last_30m):{} / {} >= 0.5", side("commits.reverts"), side("commits.hotfix"))
    );
    assert_eq!(monitor["options"]["thresholds"], json!({"critical": 0.5}));
    assert_eq!(monitor["options"]["on_missing_data"], "show_no_data");
    assert_eq!(monitor["options"]["renotify_interval"], 240);
    assert_eq!(monitor["priority"], 3);
    let message = monitor["message"].as_str().unwrap();
    for words in ["`commits.reverts`: ", "`commits.hotfix`: ", "\n\n@slack-ops\n\n"] {
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn a_goal_of_two_metrics_has_the_settings_that_a_metric_has() {
    let monitor = printed(&goal(
        "description = 'Reverts for each hotfix.'\nrunbook = 'https://example.com/bad'\nowner = 'team-web'",
        "notify = ['@slack-bad']\nwindow = '1h'\nrecovery = 0.25\non_missing_data = 'show_and_notify_no_data'\n\
         group_by = ['branch']\nrenotify = '2h'\npriority = 1",
    ));

    assert!(
        monitor["query"].as_str().unwrap().starts_with("max(last_60m):avg:commits.reverts{"),
        "{monitor}"
    );
    assert!(monitor["query"].as_str().unwrap().ends_with("} by {branch}.fill(null) >= 0.5"), "{monitor}");
    assert_eq!(monitor["options"]["thresholds"], json!({"critical": 0.5, "critical_recovery": 0.25}));
    assert_eq!(monitor["options"]["on_missing_data"], "show_and_notify_no_data");
    assert_eq!(monitor["options"]["renotify_interval"], 120);
    assert_eq!(monitor["priority"], 1);
    let message = monitor["message"].as_str().unwrap();
    for words in [
        "has had no value for 1 hour: a metric had none, or `commits.hotfix` was 0.",
        "\n\nReverts for each hotfix.\n\nRunbook: https://example.com/bad\n\nOwner: team-web\n\n`commits.reverts`: ",
        "\n\n@slack-bad\n\n",
    ] {
        assert!(message.contains(words), "{message}");
    }
    // The monitor of a goal for metrics about the reporter is grouped by the tag `reporter`.
    let about_reporter = printed(
        "[monitors]\ngroup_by = ['repository']\n[goals.'commits.bad']\n\
         goal = 'system_health.reporter.points_expired / system_health.reporter.points < 1'\n",
    );
    assert_eq!(about_reporter["query"].as_str().unwrap().matches(" by {reporter}").count(), 2);
}

#[test]
fn later_pushes_keep_update_and_prune_the_monitor() {
    let intake = DatadogIntake::start();
    let created = steps(&scene_with(&intake, &ratio("")).run(&["monitors", "push"]).with_status(0)).len();
    let kept = scene_with(&intake, &ratio("")).run(&["monitors", "push"]).with_status(0);
    assert!(steps(&kept).iter().all(|(action, _)| action == "kept"), "{kept}");
    assert_eq!(writes(&intake).len(), created);

    let changed = scene_with(&intake, &ratio("recovery = 0.25"));
    let differs = changed.run(&["monitors", "diff"]).with_status(1);
    assert!(differs.stdout().contains("+ options.thresholds.critical_recovery: 0.25"), "{differs}");
    let _ = changed.run(&["monitors", "push"]).with_status(0);
    assert_eq!(goal_monitor(&intake.monitors())["options"]["thresholds"]["critical_recovery"], 0.25);

    for without in ["", &ratio("enabled = false")] {
        let scene = scene_with(&intake, without);
        let pushed = scene.run(&["monitors", "push"]).with_status(0);
        pushed.says("the metrics and the settings no longer define");
        assert_eq!(steps(&pushed).last().unwrap().0, "stale", "{pushed}");
    }
    let _ = scene_with(&intake, "").run(&["monitors", "push", "--prune"]).with_status(0);
    assert_eq!(intake.monitors().len(), created - 1);
}

#[test]
#[ignore = "needs Datadog's API description: run cargo xtask test"]
fn requests_match_datadogs_api_description() {
    let intake = DatadogIntake::start();
    let goals = "[goals.'commits.all']\ngoal = 'commits.reverts + commits.hotfix == 3'\n";
    let _ =
        scene_with(&intake, &(ratio("recovery = 0.25") + goals)).run(&["monitors", "push"]).with_status(0);
    let _ = scene_with(&intake, &ratio("priority = 2")).run(&["monitors", "push"]).with_status(0);

    assert_matches_api_description(&intake);
}

#[test]
fn an_error_says_which_goal_or_monitor_setting_is_wrong() {
    let goal = |goal: &str| format!("[goals.'commits.bad']\ngoal = '{goal}'\n");
    let line = |line: u32, text: &str| format!("system-health.toml:{line}:{text}");
    for (settings, words) in [
        (
            goal("commits.hotfix / commits.revert < 1"),
            line(
                2,
                "1: `goal` in [goals.\"commits.bad\"]: there is no metric `commits.revert`; did you mean",
            ),
        ),
        (
            goal("commits.hotfix - ci.tests_passing_on_main < 1"),
            line(2, "1: `goal` in [goals.\"commits.bad\"]: commits.hotfix has the unit `commit` and"),
        ),
        (
            ratio("recovery = 0.5"),
            line(5, "1: `recovery` of commits.bad in [monitors.metrics]: `0.5` is not better"),
        ),
        (
            ratio("window = '5m'"),
            line(
                5,
                "1: the monitor of commits.bad has a window of 5 minutes, and the reporter runs every 15",
            ),
        ),
        (ratio("renotify = '30d'"), line(4, "19: [monitors.metrics.\"commits.bad\"]: `renotify` is 30 days")),
        (ratio("on_missing_data = 'ignore'"), "`on_missing_data` is `ignore`; it must be one of".to_owned()),
        (ratio("notify = ['slack']"), "`slack` is not a handle".to_owned()),
        (ratio("priority = 0"), "0 is not a priority".to_owned()),
        (
            ratio("widow = '1h'"),
            line(5, "1: there is no key `widow` in [monitors.metrics.\"commits.bad\"]; did you mean"),
        ),
    ] {
        let intake = DatadogIntake::start();
        scene_with(&intake, &settings).run(&["monitors"]).with_status(2).says(&words);
    }
}

#[test]
fn skipped_metrics_and_their_goals_have_no_monitors() {
    let intake = DatadogIntake::start();
    let settings = ratio("recovery = 0.25")
        + "[report]\nskip = ['commits.hotfix']\n\
                    [monitors.metrics.'commits.hotfix']\nwindow = '1h'\n";

    let ended = scene_with(&intake, &settings).run(&["monitors"]).with_status(0);

    assert!(
        !ended.stdout().contains("commits.hotfix") && ended.stdout().contains("commits.reverts"),
        "{ended}"
    );
    ended.says("the goal commits.bad has no monitor");
}

#[test]
fn a_run_reports_whether_goals_of_two_metrics_are_met() {
    // The clone has neither hotfixes nor reverts.
    let goals = "[goals.'commits.all']\ngoal = 'commits.reverts + commits.hotfix > 1'\n";
    let intake = DatadogIntake::start();
    let scene = scene_with(&intake, &(ratio("") + goals));

    let document = scene.run(&["--fail-on", "goal"]).with_status(4).json();

    let all = &document["goals"][0];
    assert_eq!(all["goal"], json!({"condition": "commits.reverts + commits.hotfix > 1", "met": false}));
    assert_eq!((&all["samples"][0]["value"], &all["unit"]), (&json!(0), &json!("commit")));
    let bad = &document["goals"][1];
    assert_eq!(
        (&bad["key"], &bad["state"], &bad["goal"]["met"]),
        (&json!("commits.bad"), &json!("no_data"), &Value::Null)
    );
}

#[test]
fn verify_checks_the_result_of_a_goal_and_not_only_its_metrics() {
    let intake = DatadogIntake::start();
    // The clone has neither hotfixes nor reverts.
    let goals = "[goals.'commits.all']\ngoal = 'commits.reverts + commits.hotfix < 5'\n";
    let scene = scene_with(&intake, &(ratio("") + goals));
    let _ = scene.run(&["--push"]).with_status(0);
    let _ = scene.run(&["monitors", "push"]).with_status(0);

    let checks = scene.run(&["verify"]).with_status(1).json();

    let scope = "{env:production,service:system-health}";
    let found = |operator: &str| {
        let query =
            format!("avg:commits.reverts{scope}.fill(null) {operator} avg:commits.hotfix{scope}.fill(null)");
        let check = checks.as_array().unwrap().iter().find(|check| check["query"] == query);
        check.map(|check| check["found"].clone())
    };
    assert_eq!(found("+"), Some(json!("data")), "{checks}");
    assert_eq!(found("/"), Some(json!("no_data")), "{checks}");
}

/// The values of `commits.reverts` and `commits.hotfix` in one run. `None` stands for no data.
type Run = (Option<f64>, Option<f64>);

/// The status changes of a goal's monitor while these runs are delivered and in the hour after them. Times are in minutes
/// after the first run.
fn status_changes(settings: &str, runs: &[Run]) -> Vec<(i64, Status)> {
    let intake = DatadogIntake::start();
    let _ = scene_with(&intake, settings).run(&["monitors", "push"]).with_status(0);
    let id = goal_monitor(&intake.monitors())["id"].as_u64().unwrap();
    let mut statuses = Vec::new();
    let until = EVERY * i64::try_from(runs.len()).unwrap() + 3600;
    for time in (0..until).step_by(60) {
        let index = usize::try_from(time / EVERY).unwrap();
        if time % EVERY == 0
            && let Some((reverts, hotfix)) = runs.get(index)
        {
            let values = [("commits.reverts", *reverts), ("commits.hotfix", *hotfix)];
            let delivered = values.into_iter().filter_map(|(metric, value)| Some((metric, value?)));
            let series = delivered.map(|(metric, value)| {
                let point = json!({"timestamp": START + time, "value": value});
                json!({"metric": metric, "type": 3, "points": [point], "tags": TAGS})
            });
            intake.deliver(json!({ "series": series.collect::<Vec<_>>() }));
        }
        let changes = intake.evaluate(START + time).into_iter().filter(|change| change.monitor == id);
        statuses.extend(changes.map(|change| ((change.at - START) / 60, change.to)));
    }
    statuses
}

fn run(reverts: f64, hotfix: f64) -> Run {
    (Some(reverts), Some(hotfix))
}

#[test]
fn only_a_missed_goal_alerts() {
    assert_eq!(status_changes(&ratio(""), &[run(1.0, 4.0); 3]), [(60, NoData)]);
    // The alert ends when the last run that missed the goal has left the window of half an hour.
    let runs = [run(1.0, 4.0), run(2.0, 4.0), run(1.0, 4.0), run(1.0, 4.0), run(1.0, 4.0)];
    assert_eq!(status_changes(&ratio(""), &runs), [(15, Alert), (45, Ok), (90, NoData)]);
    // The alert does not end while the value is between the goal and the recovery threshold.
    let runs = [run(2.0, 4.0), run(1.0, 3.0), run(1.0, 3.0), run(1.0, 4.0), run(1.0, 5.0)];
    assert_eq!(status_changes(&ratio("recovery = 0.3"), &runs), [(0, Alert), (60, Ok), (90, NoData)]);
}

#[test]
fn without_a_result_the_monitor_neither_alerts_nor_recovers() {
    let changes = |run: Run| status_changes(&ratio(""), &[run; 4]);
    // There are reverts but no hotfixes, neither of them, or only one of the two metrics has a value.
    for run in [run(9.0, 0.0), run(0.0, 0.0), (Some(9.0), None), (None, Some(9.0))] {
        assert_eq!(changes(run), [], "{run:?}");
    }
    // Without results, an alert does not end with OK, but with no data.
    let runs = [run(2.0, 4.0), run(9.0, 0.0), run(9.0, 0.0), run(9.0, 0.0)];
    assert_eq!(status_changes(&ratio(""), &runs), [(0, Alert), (30, NoData)]);
    // Runs without a result do not hide a run that missed the goal.
    let runs = [run(9.0, 0.0), run(2.0, 4.0), run(9.0, 0.0), run(1.0, 4.0)];
    assert_eq!(status_changes(&ratio(""), &runs)[0], (15, Alert));
}

#[test]
fn values_of_different_runs_are_not_compared() {
    let runs = [(Some(9.0), None), (None, Some(1.0)), (Some(9.0), None), (None, Some(1.0))];

    assert_eq!(status_changes(&ratio(""), &runs), []);
}

#[test]
fn a_difference_is_compared_with_its_sign() {
    let difference = |goal: &str, run: Run| {
        let settings = format!("[goals.'commits.bad']\ngoal = 'commits.reverts - commits.hotfix {goal}'\n");
        status_changes(&settings, &[run; 2]).first().copied()
    };
    let (missed, met) = (Some((0, Alert)), Some((45, NoData)));
    assert_eq!(difference("== 0", run(3.0, 3.0)), met);
    assert_eq!(difference("== 0", run(3.0, 2.0)), missed);
    assert_eq!(difference("> -2", run(1.0, 2.0)), met);
    assert_eq!(difference("> -2", run(1.0, 3.0)), missed);
    assert_eq!(difference("!= 1", run(2.0, 1.0)), missed);
    assert_eq!(difference("!= 1", run(1.0, 2.0)), met);
}
