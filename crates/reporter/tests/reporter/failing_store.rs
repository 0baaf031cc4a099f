//! A state folder that fails after the run was recorded in it. No point may be lost, and no point that adds up may be
//! delivered twice.

use std::time::Duration;

use rusqlite::Connection;
use system_health_registry::{Capabilities, Catalog, Facts, Kind, Repeat};
use system_health_reporter::{DeliveryStatus, Mode, Receipt};

use crate::backend::{Backend, Behaviour, Scene, metric, receipts};

/// Two counts and a gauge.
fn scene() -> Scene {
    let count = Kind::Count { interval: Duration::from_mins(1) };
    let facts = [("a", count), ("b", count), ("c", Kind::Gauge)];
    Scene::with_metrics(facts.map(|(key, kind)| metric(Facts::new(key, "For a test.").with_kind(kind), 1.0)))
}

/// Makes the file fail at each such statement, until it is repaired.
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

/// How often the backend has stored the points of each of the metrics.
fn stored(backend: &Backend) -> [usize; 3] {
    let stored = backend.stored();
    ["a", "b", "c"].map(|key| stored.iter().filter(|(stored, _)| stored == key).count())
}

async fn push(scene: &Scene, backends: &[&Backend]) -> Vec<Receipt> {
    receipts(&scene.run(&scene.reporter(backends), Mode::Push).await)
}

#[tokio::test(start_paused = true)]
async fn points_that_add_up_wait_in_the_file_if_it_fails_before_they_are_sent() {
    let scene = scene();
    let (adding, overwriting) = (Backend::new("adding").adds_up(), Backend::new("overwriting"));
    push(&scene, &[&adding, &overwriting]).await;

    let file = fail_on(&scene, "UPDATE OF sending_since ON outbox");
    let [of_adding, of_overwriting] =
        <[Receipt; 2]>::try_from(push(&scene, &[&adding, &overwriting]).await).unwrap();

    assert_eq!(stored(&adding)[..2], [1, 1], "the counts of the second run wait");
    assert!(stored(&adding)[2] >= 2, "the gauge of the second run does not wait");
    assert_eq!((of_adding.accepted, of_adding.left, of_adding.lost), (1, 2, 0), "{of_adding:?}");
    assert_eq!(of_adding.status(), DeliveryStatus::Partial);
    let error = of_adding.error.unwrap();
    assert!(error.ends_with("points that the destination would add up wait there"), "{error}");
    assert_eq!((of_overwriting.accepted, of_overwriting.status()), (3, DeliveryStatus::Accepted));

    repair(&file);
    let next = push(&scene, &[&adding, &overwriting]).await;

    assert_eq!(stored(&adding)[..2], [3, 3], "each count once");
    assert_eq!((next[0].left, next[0].lost, next[0].unknown), (0, 0, 0), "{next:?}");
}

#[tokio::test(start_paused = true)]
async fn without_timestamps_values_that_wait_in_an_unwritable_file_are_not_delivered() {
    let mut scene = scene();
    let without_times = Capabilities { keeps_timestamps: false, ..Capabilities::default() };
    let [without_times, with_times] = [without_times, Capabilities::default()].map(|capabilities| {
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
    let scene = scene();
    let backend = Backend::new("adding").adds_up().with_behaviour(Behaviour::Leave);
    scene.push(&[&backend]).await;
    // The first run started 30 minutes ago, and the second one a minute later.
    let max_age = Duration::from_secs(29 * 60 + 30);
    let capabilities = Capabilities { counts: Repeat::AddsUp, max_age, ..Capabilities::default() };
    let backend = backend.with_capabilities(capabilities);
    backend.set_behaviour(Behaviour::Accept);

    let file = fail_on(&scene, "DELETE ON outbox");
    let [failed] = scene.push(&[&backend]).await.try_into().unwrap();
    repair(&file);
    let [next] = scene.push(&[&backend]).await.try_into().unwrap();

    assert_eq!((failed.left, failed.lost), (2, 0), "{failed:?}");
    assert_eq!((next.expired, next.left, next.lost), (3, 0, 0), "{next:?}");
    assert_eq!(stored(&backend)[..2], [2, 2], "each count of the last two runs once");
}
