//! Counters for backends that get totals, and for backends that get increases.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use futures::FutureExt;
use rusqlite::Connection;
use system_health_registry::{
    Capabilities, Catalog, Facts, IntoReading, Kind, Metric, PreviousRun, Sample, Settings, StartedAt,
    Temporality, Unavailable, location,
};
use system_health_reporter::{DeliveryResult, Mode, Reporter, ReporterBuilder};

use crate::backend::{Backend, Scene};

/// A counter that grows by 10 in each run. Its first total is 100.
fn growing() -> Metric {
    let total = Arc::new(AtomicU64::new(100));
    Metric::new(Facts::new("jobs.done", "For a test.").with_kind(Kind::Counter), location!(), move |_| {
        let total = total.fetch_add(10, Ordering::Relaxed);
        async move { total.into_reading() }.boxed()
    })
}

fn deltas() -> Backend {
    let capabilities = Capabilities { counter_temporality: Temporality::Delta, ..Capabilities::default() };
    Backend::new("deltas").with_capabilities(capabilities)
}

fn values(backend: &Backend) -> Vec<f64> {
    backend.stored().into_iter().map(|(_, value)| value).collect()
}

#[tokio::test(start_paused = true)]
async fn each_backend_gets_totals_or_increases_and_the_baseline_is_in_the_receipt() {
    let scene = Scene::with_metrics([growing()]);
    let (deltas, totals) = (deltas(), Backend::new("totals"));

    let first = scene.push(&[&deltas, &totals]).await;
    let second = scene.push(&[&deltas, &totals]).await;

    assert_eq!((values(&deltas), values(&totals)), (vec![10.0], vec![100.0, 110.0]));
    assert_eq!(first.iter().map(|receipt| receipt.baselines).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(second.iter().map(|receipt| receipt.baselines).collect::<Vec<_>>(), [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_shows_what_a_push_would_deliver_and_changes_nothing() {
    let scene = Scene::with_metrics([growing()]);
    let backend = deltas();
    let reporter = scene.reporter(&[&backend]);
    let mut shown = Vec::new();
    for mode in [Mode::DryRun, Mode::Push, Mode::DryRun, Mode::Push] {
        let finished = scene.run(&reporter, mode).await;
        if let DeliveryResult::DryRun(preview) = &finished.deliveries[0].result {
            shown.push(preview.payload["keys"].to_string().matches("jobs.done").count());
        }
    }

    assert_eq!(shown, [0, 1], "the first total would be a baseline");
    assert_eq!(values(&backend), [20.0], "the increase since the first push");
}

#[tokio::test(start_paused = true)]
async fn an_increase_that_was_not_delivered_waits_for_the_next_run() {
    let scene = Scene::with_metrics([growing()]);
    let backend = deltas();
    scene.push(&[&backend]).await;
    backend.set_behaviour(crate::backend::Behaviour::Leave);
    scene.push(&[&backend]).await;
    backend.set_behaviour(crate::backend::Behaviour::Accept);

    scene.push(&[&backend]).await;

    assert_eq!(values(&backend), [10.0, 10.0]);
}

/// A count of the seconds since the previous run.
fn since_previous_run() -> Metric {
    let kind = Kind::Count { interval: Duration::from_mins(1) };
    Metric::new(Facts::new("ticks", "For a test.").with_kind(kind), location!(), |context| {
        async move {
            let (previous, StartedAt(now)): (PreviousRun, StartedAt) =
                (context.get().await?, context.get().await?);
            let start = previous.started_at();
            let seconds = now.duration_since(start).map_err(Unavailable::from)?.as_secs();
            Sample::new(seconds)?.with_start(start).into_reading()
        }
        .boxed()
    })
}

#[tokio::test(start_paused = true)]
async fn a_count_since_the_previous_run_covers_every_second_once() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::new("backend");
    let reporter = Reporter::builder(Settings::default())
        .catalog(Catalog::new([since_previous_run(), growing()]).unwrap())
        .destination(backend.clone())
        .state_dir(folder.path())
        .align(Duration::from_mins(1))
        .only(["ticks"])
        .without_self_metrics()
        .build()
        .unwrap();
    // The start of a slot in 2100, so that no point is too old.
    let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(4_102_444_800 + seconds);
    let collected = |finished: &system_health_reporter::FinishedRun| {
        let outcome = &finished.report.run().outcomes()[0];
        outcome.samples().first().map_or_else(|| "no value".to_owned(), |sample| sample.value().to_string())
    };
    let mut values = Vec::new();
    for (mode, seconds) in
        [(Mode::Push, 10), (Mode::Push, 70), (Mode::Push, 100), (Mode::Collect, 130), (Mode::Push, 190)]
    {
        values.push(collected(&reporter.run_at(mode, at(seconds)).await.unwrap()));
    }

    // The second run of a slot has no data, and a run that is not delivered changes nothing.
    assert_eq!(values, ["60", "60", "no value", "60", "120"]);
}

/// Two runs are not recorded: one because of a full disk, and one because its state folder cannot be used.
#[tokio::test(start_paused = true)]
async fn an_unrecorded_run_delivers_no_count_since_the_previous_run() {
    let scene = Scene::with_metrics([since_previous_run()]);
    let backend = Backend::new("backend");
    scene.push(&[&backend]).await;

    let file = Connection::open(scene.folder.path().join("state.db")).unwrap();
    file.execute_batch(
        "CREATE TRIGGER failing BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'a full disk'); END",
    )
    .unwrap();
    let [full] = scene.push(&[&backend]).await.try_into().unwrap();
    file.execute_batch("DROP TRIGGER failing").unwrap();
    let unusable = scene.builder(&[&backend]).state_dir(scene.folder.path().join("state.db/folder"));
    let unusable = scene.run(&unusable.without_self_metrics().build().unwrap(), Mode::Push).await;
    scene.push(&[&backend]).await;

    assert_eq!(full.lost, 1, "{full:?}");
    let error = unusable.report.run().outcomes()[0].result.as_ref().unwrap_err().to_string();
    assert_eq!(
        error,
        "the previous run is not known, because the state folder cannot be used or was damaged"
    );
    assert_eq!(values(&backend), [60.0, 180.0], "the last run counts the time of the two before it, too");
}

#[tokio::test(start_paused = true)]
async fn a_count_since_the_previous_run_is_an_error_after_damage() {
    let scene = Scene::with_metrics([since_previous_run()]);
    let backend = Backend::new("backend");
    let reporter = scene.builder(&[&backend]).without_self_metrics().build().unwrap();
    scene.run(&reporter, Mode::Push).await;
    fs::write(scene.folder.path().join("state.db"), "damage".repeat(1_000)).unwrap();

    let damaged = scene.run(&reporter, Mode::Push).await;

    let error = damaged.report.run().outcomes()[0].result.as_ref().unwrap_err().to_string();
    assert!(error.ends_with("the state folder cannot be used or was damaged"), "{error}");
    assert_eq!(values(&backend), [60.0]);
}

/// A counter that starts at zero now, and grows by 10 in each run.
fn started_now() -> Metric {
    let (start, total) = (SystemTime::now(), Arc::new(AtomicU64::new(10)));
    Metric::new(Facts::new("jobs.done", "For a test.").with_kind(Kind::Counter), location!(), move |_| {
        let total = total.fetch_add(10, Ordering::Relaxed);
        async move { Sample::new(total)?.with_start(start).into_reading() }.boxed()
    })
}

/// A reporter that was already watching when the counter started.
fn watching(scene: &Scene, backend: &Backend) -> ReporterBuilder {
    scene.builder(&[backend]).without_self_metrics().watching_since(SystemTime::UNIX_EPOCH)
}

#[tokio::test(start_paused = true)]
async fn without_state_an_increase_is_not_delivered_twice() {
    let scene = Scene::with_metrics([started_now()]);
    let backend = deltas();
    let reporter = watching(&scene, &backend).without_state().build().unwrap();

    for _ in 0..3 {
        scene.run(&reporter, Mode::Push).await;
    }

    assert_eq!(values(&backend), [10.0], "the total before a later run is not known");
}

#[tokio::test(start_paused = true)]
async fn an_increase_is_not_delivered_twice_if_one_run_cannot_be_recorded() {
    let scene = Scene::with_metrics([started_now()]);
    let backend = deltas();
    let reporter = watching(&scene, &backend).build().unwrap();
    scene.run(&reporter, Mode::Push).await;

    let file = Connection::open(scene.folder.path().join("state.db")).unwrap();
    let trigger =
        "CREATE TRIGGER failing BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'a full disk'); END";
    file.execute_batch(trigger).unwrap();
    scene.run(&reporter, Mode::Push).await;
    file.execute_batch("DROP TRIGGER failing").unwrap();
    scene.run(&reporter, Mode::Push).await;

    assert_eq!(values(&backend), [10.0, 20.0], "the third run has the increase of the second one");
}

#[tokio::test(start_paused = true)]
async fn an_increase_is_not_delivered_twice_if_the_file_was_damaged() {
    let scene = Scene::with_metrics([started_now()]);
    let backend = deltas();
    let reporter = watching(&scene, &backend).build().unwrap();
    scene.run(&reporter, Mode::Push).await;

    fs::write(scene.folder.path().join("state.db"), "damaged, and longer than the header of a database")
        .unwrap();
    for _ in 0..2 {
        scene.run(&reporter, Mode::Push).await;
    }

    assert_eq!(values(&backend), [10.0, 10.0], "the total before the second run was in the damaged file");
}
