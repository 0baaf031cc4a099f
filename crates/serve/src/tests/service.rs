//! When a service runs, what it skips, and how it ends.

use std::{
    cell::{Cell, RefCell},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::FutureExt;
use system_health_registry::{
    Catalog, DescribedReading, Facts, Interruption, IntoReading, Outcome, OutcomeState, Settings, Source,
    location,
};
use system_health_reporter::{FinishedRun, Reporter, ReporterBuilder};
use system_health_state::Store;
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};

use super::{
    backend::{Backend, Behaviour},
    http::Log,
    stage::{Stage, about_reporter, at, builder, configuration, metric, one, starts},
};
use crate::{configuration::Configuration, run_summary::RunSummary};

/// A year in seconds.
const YEAR: u64 = 365 * 24 * 3600;

/// The configuration of a service that starts a run every `seconds` seconds.
fn every(seconds: u64, builder: ReporterBuilder) -> Configuration {
    configuration(builder, seconds, Catalog::new([one("a")]).unwrap())
}

fn first_key(run: &FinishedRun) -> &str {
    run.report.run().outcomes()[0].metric.key()
}

/// How many slots were skipped before each run.
fn skipped(runs: &[FinishedRun]) -> Vec<f64> {
    runs.iter().map(|run| about_reporter(run, "skipped_slots").unwrap()).collect()
}

/// A metric whose collection takes this many seconds.
fn slow(seconds: &Arc<AtomicU64>) -> system_health_registry::Metric {
    let seconds = Arc::clone(seconds);
    metric(Facts::new("slow", "For a test.").with_timeout(Duration::from_mins(10)), move || {
        let seconds = seconds.load(Ordering::Relaxed);
        async move {
            sleep(Duration::from_secs(seconds)).await;
            1.0.into_reading()
        }
        .boxed()
    })
}

#[tokio::test(start_paused = true)]
async fn the_first_run_starts_at_once_and_the_others_with_their_slots() {
    let backend = Backend::new("memory");
    let stage = Stage::new(at(7));

    let (runs, _) = stage.runs(every(60, builder([one("a")], &[&backend])), 3).await;

    assert_eq!(starts(&runs), [7, 60, 120]);
    let times: Vec<u64> =
        backend.received().into_keys().filter(|(key, _)| key == "a").map(|(_, time)| time).collect();
    let expected = [0, 60, 120].map(|seconds| super::backend::seconds(at(seconds)));
    assert_eq!(times, expected, "points have the times of their slots");
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_begins_during_a_run_is_skipped_and_counted() {
    let seconds = Arc::new(AtomicU64::new(25));
    let stage = Stage::new(at(0));
    let faster = |_, _: &FinishedRun| seconds.store(0, Ordering::Relaxed);
    let stop = |runs, finished: &FinishedRun| {
        faster(runs, finished);
        if runs == 3 {
            stage.stop();
        }
    };

    let (runs, _) = stage.run(every(10, builder([slow(&seconds)], &[])), async || None, stop).await;

    assert_eq!(starts(&runs), [0, 30, 40]);
    assert_eq!(skipped(&runs), [0.0, 2.0, 0.0]);
}

#[tokio::test(start_paused = true)]
async fn all_slots_that_a_jump_of_the_clock_skips_are_logged() {
    let log = Log::default();
    let _logging = log.start();
    let stage = Stage::new(at(0));
    let correct = async {
        sleep(Duration::from_secs(5)).await;
        stage.clock.set(at(35));
    };

    let running = stage.runs(every(10, builder([slow(&Arc::new(AtomicU64::new(12)))], &[])), 1);
    let ((runs, _), ()) = tokio::join!(running, correct);

    let [first, last] = [10, 40].map(|seconds| humantime::format_rfc3339_seconds(at(seconds)));
    let expected = format!("the slots {first} to {last} are skipped, because the run of ");
    assert_eq!((runs.len(), log.text().matches(&expected).count()), (1, 1), "{}", log.text());
}

#[tokio::test(start_paused = true)]
async fn a_rare_metric_whose_slot_is_skipped_is_collected_in_the_next_run() {
    let seconds = Arc::new(AtomicU64::new(0));
    let rare = metric(Facts::new("rare", "For a test.").with_every(Duration::from_secs(30)), || {
        async { 1.0.into_reading() }.boxed()
    });
    let stage = Stage::new(at(0));
    let after = |runs: usize, _: &FinishedRun| {
        // The run at 50 takes until 65, so that the slot at 60 is skipped.
        seconds.store(if runs == 5 { 15 } else { 0 }, Ordering::Relaxed);
        if runs == 8 {
            stage.stop();
        }
    };

    let (runs, _) = stage.run(every(10, builder([slow(&seconds), rare], &[])), async || None, after).await;

    let with_rare =
        |run: &&FinishedRun| run.report.run().outcomes().iter().any(|outcome| outcome.metric.key() == "rare");
    let rare: Vec<FinishedRun> = runs.iter().filter(with_rare).cloned().collect();
    assert_eq!(starts(&runs), [0, 10, 20, 30, 40, 50, 70, 80]);
    assert_eq!(starts(&rare), [0, 30, 70]);
}

#[tokio::test(start_paused = true)]
async fn intervals_lose_no_value_that_a_source_returns_only_once() {
    let waiting = Arc::new(AtomicU64::new(0));
    let to_return = Arc::clone(&waiting);
    let source =
        Source::new("recorder", "Returns what was recorded, and forgets it.", location!(), move |_| {
            let taken = to_return.swap(0, Ordering::Relaxed);
            async move { Ok(vec![DescribedReading::new(Facts::new("orders.placed", "For a test."), taken)]) }
                .boxed()
        });
    let settings = Settings::builder()
        .toml(Path::new("system-health.toml"), "[metrics.every]\n\"*\" = \"1m\"\n\"orders.*\" = \"5m\"")
        .unwrap()
        .build()
        .unwrap();
    let catalog = Catalog::new([one("a")]).unwrap().with_sources([source]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let reporter = Reporter::builder(settings)
        .catalog(catalog.clone())
        .state_dir(folder.path())
        .program("test")
        .without_required_destination();
    let stage = Stage::new(at(0));
    let record = |runs: usize, _: &FinishedRun| {
        waiting.fetch_add(1, Ordering::Relaxed);
        if runs == 7 {
            stage.stop();
        }
    };

    let (runs, latest) = stage.run(configuration(reporter, 10, catalog), async || None, record).await;

    let values = |key: &str| -> Vec<String> {
        let outcomes = runs.iter().flat_map(|run| run.report.run().outcomes());
        let samples = outcomes.filter(|outcome| outcome.metric.key() == key).flat_map(Outcome::samples);
        samples.map(|sample| sample.value().to_string()).collect()
    };
    assert_eq!(values("orders.placed"), ["0", "1", "1", "1", "1", "1", "1"]);
    assert_eq!(values("a"), ["1", "1"], "a function is called in its slots only");
    let keys = |seconds| latest.points(at(seconds)).0.into_iter().map(|point| point.key).collect::<Vec<_>>();
    assert!(keys(90).contains(&"orders.placed".to_owned()));
    assert!(
        !keys(91).contains(&"orders.placed".to_owned()),
        "a value of a source is current for three slots"
    );
}

#[tokio::test(start_paused = true)]
async fn a_service_goes_on_if_its_clock_was_a_year_ahead() {
    let rare = metric(Facts::new("rare", "For a test.").with_every(Duration::from_hours(1)), || {
        async { 1.0.into_reading() }.boxed()
    });
    let stage = Stage::new(at(YEAR));
    let correct = async {
        sleep(Duration::from_secs(5)).await;
        stage.clock.set(at(5));
    };

    let running = stage.runs(every(60, builder([one("a"), rare], &[])), 3);
    let ((runs, latest), ()) = timeout(Duration::from_hours(1), async { tokio::join!(running, correct) })
        .await
        .expect("the service does not wait for a year");

    // The clock is read every ten seconds.
    assert_eq!(starts(&runs), [YEAR, 10, 60]);
    let collected: Vec<usize> = runs.iter().map(|run| run.report.run().outcomes().len()).collect();
    assert_eq!(collected, [2, 2, 1], "everything is collected again");
    assert!(latest.readiness(at(60)).is_ok());
}

#[tokio::test(start_paused = true)]
async fn runs_continue_if_the_clock_is_set_back_during_a_run() {
    let seconds = Arc::new(AtomicU64::new(25));
    let stage = Stage::new(at(YEAR));
    let correct = async {
        sleep(Duration::from_secs(5)).await;
        stage.clock.set(at(5));
        seconds.store(0, Ordering::Relaxed);
    };

    let running = stage.runs(every(10, builder([slow(&seconds)], &[])), 3);
    let ((runs, _), ()) = timeout(Duration::from_hours(1), async { tokio::join!(running, correct) })
        .await
        .expect("the service does not wait for a year");

    assert_eq!(starts(&runs), [YEAR, 30, 40]);
}

#[tokio::test(start_paused = true)]
async fn a_slot_is_not_repeated_if_the_clock_is_corrected_a_little() {
    let stage = Stage::new(at(60));
    let correct = async {
        sleep(Duration::from_secs(1)).await;
        stage.clock.set(at(59));
    };

    let (runs, _) = tokio::join!(stage.runs(every(60, builder([one("a")], &[])), 2), correct).0;

    assert_eq!(starts(&runs), [60, 120]);
}

#[tokio::test(start_paused = true)]
async fn good_settings_apply_from_the_next_slot_and_broken_ones_change_nothing() {
    let stage = Stage::new(at(0));
    let attempts = Cell::new(0);
    let reload = async || {
        attempts.set(attempts.get() + 1);
        (attempts.get() == 2).then(|| every(30, builder([one("b")], &[])))
    };
    let after = |runs, _: &FinishedRun| match runs {
        1 | 2 => stage.reload.send(()).unwrap(),
        4 => stage.stop(),
        _ => {}
    };

    let (runs, _) = stage.run(every(10, builder([one("a")], &[])), reload, after).await;

    assert_eq!(starts(&runs), [0, 10, 30, 60]);
    assert_eq!(runs.iter().map(first_key).collect::<Vec<_>>(), ["a", "a", "b", "b"]);
}

/// Makes runs of `slow`, then asks for new settings, which take half a minute to be read. Returns the runs until the first
/// one with the new settings, and the times at which they were published.
async fn runs_with_a_slow_reload(
    every_seconds: u64,
    slow_seconds: u64,
    asked_at: u64,
) -> (Vec<FinishedRun>, Vec<u64>) {
    let seconds = Arc::new(AtomicU64::new(slow_seconds));
    let stage = Stage::new(at(0));
    let ask = async {
        sleep(Duration::from_secs(asked_at)).await;
        stage.reload.send(()).unwrap();
    };
    let reload = async || {
        sleep(Duration::from_secs(30)).await;
        Some(every(every_seconds, builder([one("b")], &[])))
    };
    let published = RefCell::new(Vec::new());
    let after = |_, finished: &FinishedRun| {
        seconds.store(0, Ordering::Relaxed);
        let now = stage.clock.now().duration_since(at(0)).unwrap();
        published.borrow_mut().push(now.as_secs());
        if first_key(finished) == "b" {
            stage.stop();
        }
    };

    let running = stage.run(every(every_seconds, builder([slow(&seconds)], &[])), reload, after);
    let ((runs, _), ()) = tokio::join!(running, ask);

    (runs, published.take())
}

#[tokio::test(start_paused = true)]
async fn a_run_is_published_when_it_ends_even_if_the_settings_are_being_read() {
    let (runs, published) = runs_with_a_slow_reload(10, 25, 24).await;

    assert_eq!(published, [25, 30, 40, 50, 60]);
    assert_eq!(starts(&runs), [0, 30, 40, 50, 60]);
    assert_eq!(skipped(&runs), [0.0, 2.0, 0.0, 0.0, 0.0], "the run skipped two slots, and the reload none");
    assert_eq!(runs.iter().map(first_key).collect::<Vec<_>>(), ["slow", "slow", "slow", "slow", "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_begins_while_the_settings_are_read_has_its_run() {
    let (runs, _) = runs_with_a_slow_reload(60, 0, 50).await;

    assert_eq!(starts(&runs), [0, 60, 120]);
    assert_eq!(skipped(&runs), [0.0, 0.0, 0.0]);
    assert_eq!(runs.iter().map(first_key).collect::<Vec<_>>(), ["slow", "slow", "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_run_delivers_what_has_finished() {
    let backend = Backend::new("memory");
    let seconds = Arc::new(AtomicU64::new(500));
    let stage = Stage::new(at(0));
    let mut configuration = every(60, builder([one("a"), slow(&seconds)], &[&backend]));
    configuration.reporter = configuration.reporter.with_end_of_collection(stage.interruption.clone());
    let stop = async {
        sleep(Duration::from_secs(20)).await;
        stage.stop();
    };

    let ((runs, _), ()) = tokio::join!(stage.run(configuration, async || None, |_, _| {}), stop);

    assert_eq!(backend.count("a"), 1);
    let states: Vec<_> = runs[0].report.run().outcomes().iter().map(Outcome::state).collect();
    assert_eq!(states, [OutcomeState::Value, OutcomeState::Error]);
    assert!(runs[0].self_metrics_report.is_none(), "an interrupted metric is not a failure of the reporter");
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_outlasts_the_grace_period_leaves_its_points_for_later() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::new("memory");
    backend.set(Behaviour::Hang);
    let stage = Stage::new(at(0));
    let stop = stage.interruption.clone();
    let end = Interruption::new(async move {
        stop.happened().await;
        sleep(Duration::from_secs(5)).await;
    });
    let with_state = |stage: &Stage, end: Interruption| {
        let mut configuration = every(60, builder([one("a")], &[&backend]).state_dir(folder.path()));
        configuration.reporter =
            configuration.reporter.with_interruption(end).with_end_of_collection(stage.interruption.clone());
        configuration
    };
    let stopping = async {
        sleep(Duration::from_secs(20)).await;
        stage.stop();
    };

    let ((runs, _), ()) =
        tokio::join!(stage.run(with_state(&stage, end), async || None, |_, _| {}), stopping);
    backend.set(Behaviour::Accept);
    let again = Stage::new(at(60));
    let (later, _) = again.runs(with_state(&again, Interruption::never()), 1).await;

    assert!(!runs[0].is_delivered());
    assert_eq!(later[0].deliveries[0].receipt().unwrap().accepted_earlier, 1);
    let summary = RunSummary(&later[0]).to_string();
    assert!(summary.contains(": delivered series 1, "), "{summary}");
    assert!(summary.ends_with(", points of earlier runs 1, points left 0"), "{summary}");
    assert_eq!(backend.count("a"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_stopped_between_two_runs_delivers_what_waits() {
    let folder = tempfile::tempdir().unwrap();
    let (backend, other) = (Backend::new("memory"), Backend::new("other"));
    backend.set(Behaviour::Leave);
    let stage = Stage::new(at(0));
    let mut configuration = every(60, builder([one("a")], &[&backend, &other]).state_dir(folder.path()));
    configuration.reporter = configuration.reporter.with_end_of_collection(stage.interruption.clone());
    let has_run = Notify::new();
    let stop = async {
        has_run.notified().await;
        backend.set(Behaviour::Accept);
        other.set(Behaviour::Hang);
        stage.stop();
        Instant::now()
    };

    let running = stage.run(configuration, async || None, |_, _| has_run.notify_one());
    let ((runs, _), stopped) = tokio::join!(running, stop);

    // Nothing waits for the other destination, so nothing is sent there.
    assert!(stopped.elapsed() < Duration::from_secs(5), "{:?}", stopped.elapsed());
    assert_eq!(runs.len(), 1, "nothing is collected again");
    let received = backend.received();
    assert_eq!(
        received.into_iter().collect::<Vec<_>>(),
        [(("a".to_owned(), super::backend::seconds(at(0))), vec![1.0])]
    );
    assert_eq!(Store::open_existing(folder.path()).unwrap().pending_count("memory memory").unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_last_delivery_that_hangs_is_given_up_after_the_grace_period() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::new("memory");
    backend.set(Behaviour::Leave);
    let stage = Stage::new(at(0));
    let stop = stage.interruption.clone();
    let end = Interruption::new(async move {
        stop.happened().await;
        sleep(Duration::from_secs(5)).await;
    });
    let mut configuration = every(60, builder([one("a")], &[&backend]).state_dir(folder.path()));
    configuration.reporter =
        configuration.reporter.with_interruption(end).with_end_of_collection(stage.interruption.clone());
    let has_run = Notify::new();
    let stop = async {
        has_run.notified().await;
        backend.set(Behaviour::Hang);
        stage.stop();
        Instant::now()
    };

    let running = stage.run(configuration, async || None, |_, _| has_run.notify_one());
    let (_, stopped) = tokio::join!(running, stop);

    assert!(stopped.elapsed() < Duration::from_secs(6), "the service ends after the grace period");
    assert!(Store::open_existing(folder.path()).unwrap().pending_count("memory memory").unwrap() > 0);
}

#[tokio::test(start_paused = true)]
async fn the_line_about_a_run_counts_missed_goals() {
    let one_with = |key: &str, goal: &str| {
        let facts = Facts::new(key, "For a test.").with_goal(goal.parse().unwrap());
        metric(facts, || async { 1.0.into_reading() }.boxed())
    };
    let metrics = [one_with("a", "== 0"), one_with("b", "< 5"), one_with("c", "< 1"), one("d")];
    let stage = Stage::new(at(0));

    let (runs, _) = stage.runs(every(60, builder(metrics, &[])), 1).await;

    let summary = RunSummary(&runs[0]).to_string();
    assert!(summary.ends_with(", errors 0, goals missed 2"), "{summary}");
}

#[tokio::test(start_paused = true)]
async fn a_service_without_destinations_only_shows_its_values() {
    let stage = Stage::new(at(0));

    let (runs, latest) = stage.runs(every(60, builder([one("a")], &[])), 1).await;

    assert!(runs[0].deliveries.is_empty());
    let (points, ..) = latest.points(at(60));
    assert!(points.iter().any(|point| point.key == "a"));
    assert!(points.iter().any(|point| point.key == "system_health.reporter.run_duration_seconds"));
}
