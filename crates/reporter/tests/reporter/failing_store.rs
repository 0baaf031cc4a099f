//! A state folder that fails during a run. No point that adds up may be delivered twice, and each point that is lost must be
//! counted.

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use futures::FutureExt;
use rusqlite::Connection;
use system_health_registry::{
    Capabilities, Catalog, Facts, Instants, IntoReading, Kind, Metric, Repeat, Sample, location,
};
use system_health_reporter::{DeliveryStatus, Mode, Receipt, ReporterError};
use tracing::{
    Event, Metadata, Subscriber,
    field::Field,
    span::{Attributes, Id, Record},
};

use crate::backend::{Backend, Behaviour, Scene, metric, receipts};

/// Two counts and a gauge.
fn scene() -> Scene {
    let count = Kind::Count { interval: Duration::from_mins(1) };
    let facts = [("a", count), ("b", count), ("c", Kind::Gauge)];
    Scene::with_metrics(facts.map(|(key, kind)| metric(Facts::new(key, "For a test.").with_kind(kind), 1.0)))
}

/// A backend that adds up, for which the points of the first run wait and are too old for the second run.
async fn with_old_points() -> (Scene, Backend) {
    let scene = scene();
    let backend = Backend::new("adding").adds_up().with_behaviour(Behaviour::Leave);
    scene.push(&[&backend]).await;
    // The first run started 30 minutes ago, and the second one a minute later.
    let max_age = Duration::from_secs(29 * 60 + 30);
    let capabilities = Capabilities { counts: Repeat::AddsUp, max_age, ..Capabilities::default() };
    let backend = backend.with_capabilities(capabilities);
    backend.set_behaviour(Behaviour::Accept);
    (scene, backend)
}

/// Makes each statement of this form fail in the state file, until [`repair`] is called.
fn fail_on(scene: &Scene, statement: &str) -> Connection {
    let file = Connection::open(scene.folder.path().join("state.db")).unwrap();
    let trigger =
        format!("CREATE TRIGGER failing BEFORE {statement} BEGIN SELECT RAISE(ABORT, 'a full disk'); END");
    file.execute_batch(&trigger).unwrap();
    file
}

fn repair(file: &Connection) {
    file.execute_batch("DROP TRIGGER failing").unwrap();
}

/// How many points of each of the metrics `a`, `b` and `c` the backend has stored.
fn stored(backend: &Backend) -> [usize; 3] {
    let stored = backend.stored();
    ["a", "b", "c"].map(|key| stored.iter().filter(|(stored, _)| stored == key).count())
}

async fn push_with_self_metrics(scene: &Scene, backends: &[&Backend]) -> Vec<Receipt> {
    receipts(&scene.run(&scene.reporter(backends), Mode::Push).await)
}

#[tokio::test(start_paused = true)]
async fn points_that_add_up_wait_in_the_file_if_it_fails_before_they_are_sent() {
    let scene = scene();
    let (adding, overwriting) = (Backend::new("adding").adds_up(), Backend::new("overwriting"));
    push_with_self_metrics(&scene, &[&adding, &overwriting]).await;

    let file = fail_on(&scene, "UPDATE OF sending_since ON outbox");
    let [of_adding, of_overwriting] =
        <[Receipt; 2]>::try_from(push_with_self_metrics(&scene, &[&adding, &overwriting]).await).unwrap();

    assert_eq!(stored(&adding)[..2], [1, 1], "the counts of the second run wait");
    assert!(stored(&adding)[2] >= 2, "the gauge of the second run does not wait");
    assert_eq!((of_adding.accepted, of_adding.accepted_earlier), (1, 0), "{of_adding:?}");
    assert_eq!((of_adding.left, of_adding.lost), (2, 0), "{of_adding:?}");
    assert_eq!(of_adding.status(), DeliveryStatus::Partial);
    let error = of_adding.error.unwrap();
    assert!(error.ends_with("points that the destination would add up wait in the state folder"), "{error}");
    assert_eq!((of_overwriting.accepted, of_overwriting.status()), (3, DeliveryStatus::Accepted));

    repair(&file);
    let next = push_with_self_metrics(&scene, &[&adding, &overwriting]).await;

    assert_eq!(stored(&adding)[..2], [3, 3], "each count once");
    assert_eq!((next[0].left, next[0].lost, next[0].unknown), (0, 0, 0), "{next:?}");
}

/// Keeps the messages of the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut |_: &Field, value: &dyn fmt::Debug| {
            self.0.lock().unwrap().push(format!("{value:?}"));
        });
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test(start_paused = true)]
async fn the_warning_about_a_failed_file_says_that_the_next_run_delivers_its_points() {
    let scene = scene();
    let backend = Backend::new("adding").adds_up();
    push_with_self_metrics(&scene, &[&backend]).await;
    let _file = fail_on(&scene, "UPDATE OF sending_since ON outbox");
    let log = Log::default();
    let _logging = tracing::subscriber::set_default(log.clone());

    push_with_self_metrics(&scene, &[&backend]).await;

    let messages = log.0.lock().unwrap().join("\n");
    let consequence =
        "this run continues without it, and the next run delivers the points that wait in the state folder";
    assert!(messages.contains(consequence), "{messages}");
}

#[tokio::test(start_paused = true)]
async fn without_timestamps_values_that_wait_in_an_unwritable_file_are_not_delivered() {
    let mut scene = scene();
    let no_timestamps = Capabilities { keeps_timestamps: false, ..Capabilities::default() };
    let [without_times, with_times] = [no_timestamps, Capabilities::default()].map(|capabilities| {
        Backend::new("backend")
            .at(if capabilities.keeps_timestamps { "b" } else { "a" })
            .with_capabilities(capabilities)
            .with_behaviour(Behaviour::Leave)
    });
    scene.push(&[&without_times, &with_times]).await;
    scene.set_catalog(Catalog::new([metric(Facts::new("c", "For a test."), 2.0)]).unwrap());
    without_times.set_behaviour(Behaviour::Accept);
    with_times.set_behaviour(Behaviour::Accept);

    let _file = fail_on(&scene, "INSERT ON runs");
    scene.push(&[&without_times, &with_times]).await;

    assert_eq!(without_times.stored(), [("c".to_owned(), 2.0)], "the other values are old");
    assert_eq!(stored(&with_times), [1, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn points_that_add_up_wait_in_the_file_if_old_points_cannot_be_dropped() {
    let (scene, backend) = with_old_points().await;

    let file = fail_on(&scene, "DELETE ON outbox");
    let [failed] = scene.push(&[&backend]).await.try_into().unwrap();
    repair(&file);
    let [next] = scene.push(&[&backend]).await.try_into().unwrap();

    assert_eq!((failed.left, failed.lost), (2, 0), "{failed:?}");
    assert_eq!((next.expired, next.left, next.lost), (3, 0, 0), "{next:?}");
    assert_eq!(stored(&backend)[..2], [2, 2], "each count of the last two runs once");
}

#[tokio::test(start_paused = true)]
async fn a_backfill_ends_if_its_values_cannot_be_recorded() {
    let collected = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&collected);
    let facts = Facts::new("a", "For a test.").with_backfill();
    let counting = Metric::new(facts, location!(), move |_| {
        counter.fetch_add(1, Relaxed);
        async { 1.0.into_reading() }.boxed()
    });
    let scene = Scene::with(Catalog::new([counting]).unwrap());
    let backend = Backend::new("backend");
    scene.push(&[&backend]).await;
    let _file = fail_on(&scene, "INSERT ON runs");
    let instants = Instants::until(SystemTime::now(), Duration::from_secs(5_000), Duration::from_secs(1));

    let failed = scene.reporter(&[&backend]).backfill(&instants.unwrap(), Duration::from_mins(1)).await;

    assert!(matches!(failed, Err(ReporterError::State(_))), "{failed:?}");
    let collected = collected.load(Relaxed);
    assert!(collected < 1_000, "nothing is collected after the first failure: {collected} of 5000 instants");
}

#[tokio::test(start_paused = true)]
async fn points_that_were_dropped_before_the_file_fails_are_counted() {
    let (scene, backend) = with_old_points().await;
    let _file = fail_on(&scene, "UPDATE OF sending_since ON outbox");

    let [receipt] = scene.push(&[&backend]).await.try_into().unwrap();

    assert_eq!((receipt.expired, receipt.accepted, receipt.accepted_earlier), (3, 1, 0), "{receipt:?}");
    assert_eq!((receipt.left, receipt.lost), (2, 0), "{receipt:?}");
}

/// The points of the first run fill the first page that is read from the outbox, and the file fails at the second page.
#[tokio::test(start_paused = true)]
async fn points_that_were_delivered_before_the_file_fails_are_counted() {
    let many = Metric::new(Facts::new("a", "For a test."), location!(), |_| {
        let sample = |number: u32| Sample::new(number)?.with_tag("number", &number.to_string());
        async move { (0..20_000).map(sample).collect::<Result<Vec<_>, _>>().into_reading() }.boxed()
    });
    let kind = Kind::Count { interval: Duration::from_mins(1) };
    let count = metric(Facts::new("b", "For a test.").with_kind(kind), 1.0);
    for (behaviour, accepted_earlier, refused, status) in [
        (Behaviour::Accept, 20_000, 0, DeliveryStatus::Partial),
        (Behaviour::Refuse, 0, 20_000, DeliveryStatus::Failed),
    ] {
        let mut scene = Scene::with_metrics([many.clone(), count.clone()]);
        let backend = Backend::new("adding").adds_up().with_behaviour(Behaviour::Leave);
        scene.push(&[&backend]).await;
        scene.set_catalog(Catalog::new([count.clone()]).unwrap());
        backend.set_behaviour(behaviour);
        let _file = fail_on(&scene, "UPDATE OF sending_since ON outbox");

        let [receipt] = scene.push(&[&backend]).await.try_into().unwrap();

        assert_eq!((receipt.accepted, receipt.accepted_earlier), (0, accepted_earlier), "{receipt:?}");
        assert_eq!((receipt.refused_series(), receipt.status()), (refused, status), "{receipt:?}");
    }
}

/// The gauge is sent from the file that cannot be written, and again from memory.
#[tokio::test(start_paused = true)]
async fn a_refused_point_counts_once_if_the_file_fails() {
    let scene = scene();
    let backend = Backend::new("adding").adds_up();
    scene.push(&[&backend]).await;
    backend.set_behaviour(Behaviour::Refuse);
    let _file = fail_on(&scene, "UPDATE OF sending_since ON outbox");

    let [receipt] = scene.push(&[&backend]).await.try_into().unwrap();

    assert_eq!((receipt.refused_series(), receipt.left, receipt.lost), (1, 2, 0), "{receipt:?}");
}

/// The first page that is read from the outbox has 20,000 points, and the file fails at the second page.
#[tokio::test(start_paused = true)]
async fn self_metrics_are_delivered_if_the_file_fails_during_the_delivery() {
    let kind = Kind::Count { interval: Duration::from_mins(1) };
    let many = Metric::new(Facts::new("a", "For a test.").with_kind(kind), location!(), |_| {
        let sample = |number: u32| Sample::new(number)?.with_tag("number", &number.to_string());
        async move { (0..20_001).map(sample).collect::<Result<Vec<_>, _>>().into_reading() }.boxed()
    });
    let mut scene = scene();
    let backend = Backend::new("adding").adds_up();
    scene.push(&[&backend]).await;
    scene.set_catalog(Catalog::new([many]).unwrap());
    let _file = fail_on(&scene, "UPDATE OF sending_since ON outbox WHEN NEW.first = 20000");

    let [receipt] = push_with_self_metrics(&scene, &[&backend]).await.try_into().unwrap();

    assert_eq!((receipt.accepted, receipt.left, receipt.lost), (20_000, 1, 0), "{receipt:?}");
    assert!(receipt.self_metrics > 0, "{receipt:?}");
    assert!(receipt.error.unwrap().contains("a full disk"));
}

/// The file fails as long as other points are being sent.
#[tokio::test(start_paused = true)]
async fn returning_points_to_the_outbox_is_tried_twice() {
    let scene = Scene::counts(&["a", "b", "c", "d"]);
    let backend = Backend::new("adding").adds_up();
    scene.push(&[&backend]).await;
    backend.set_behaviour(Behaviour::LeaveKey("a"));
    let file = fail_on(
        &scene,
        "UPDATE OF sending_since ON outbox WHEN NEW.sending_since IS NULL
         AND EXISTS (SELECT 1 FROM outbox WHERE first > 1 AND sending_since IS NOT NULL)",
    );

    let [failed] = scene.push(&[&backend]).await.try_into().unwrap();
    repair(&file);
    backend.set_behaviour(Behaviour::Accept);
    let [next] = scene.push(&[&backend]).await.try_into().unwrap();

    assert_eq!((failed.accepted, failed.left, failed.lost), (2, 2, 0), "{failed:?}");
    assert_eq!((next.accepted, next.accepted_earlier, next.unknown), (4, 2, 0), "{next:?}");
}

#[tokio::test(start_paused = true)]
async fn points_that_cannot_be_returned_to_the_outbox_count_as_lost() {
    let scene = Scene::counts(&["a", "b", "c", "d"]);
    let backend = Backend::new("adding").adds_up();
    scene.push(&[&backend]).await;
    backend.set_behaviour(Behaviour::LeaveKey("a"));
    let _file = fail_on(&scene, "UPDATE OF sending_since ON outbox WHEN NEW.sending_since IS NULL");

    let [receipt] = scene.push(&[&backend]).await.try_into().unwrap();

    assert_eq!((receipt.accepted, receipt.left, receipt.lost), (2, 0, 2), "{receipt:?}");
    assert_eq!(receipt.error.as_deref(), Some("503"));
}

#[tokio::test(start_paused = true)]
async fn points_that_are_left_are_counted_if_the_file_fails_afterwards() {
    let scene = Scene::gauges(&["a", "b", "c"]);
    let backend = Backend::new("backend");
    scene.push(&[&backend]).await;
    backend.set_behaviour(Behaviour::LeaveKey("c"));
    // The second run is recorded, but not the metrics about it.
    let _file = fail_on(&scene, "INSERT ON runs WHEN (SELECT count(*) FROM runs) > 1");

    let [receipt] = push_with_self_metrics(&scene, &[&backend]).await.try_into().unwrap();

    assert_eq!((receipt.accepted, receipt.left, receipt.lost), (2, 1, 0), "{receipt:?}");
    assert!(receipt.self_metrics > 0, "{receipt:?}");
    assert_eq!(receipt.error.as_deref(), Some("503"));
}

#[tokio::test(start_paused = true)]
async fn without_a_run_the_points_in_a_failing_file_are_counted() {
    let scene = scene();
    let backend = Backend::new("adding").adds_up().with_behaviour(Behaviour::Leave);
    scene.push(&[&backend]).await;
    backend.set_behaviour(Behaviour::Accept);
    let _file = fail_on(&scene, "UPDATE OF sending_since ON outbox");

    let deliveries = scene.reporter(&[&backend]).deliver_waiting().await.unwrap();

    let receipt = deliveries[0].receipt().unwrap();
    assert_eq!((receipt.accepted_earlier, receipt.left), (0, 3), "{receipt:?}");
    assert_eq!(receipt.status(), DeliveryStatus::Failed);
}
