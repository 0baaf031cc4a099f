//! Points with an unknown fate are sent again if the backend overwrites repeated points, and are never sent again if it
//! adds them up.

use std::time::{Duration, SystemTime};

use futures::FutureExt;
use rusqlite::Connection;
use system_health_registry::{Capabilities, Catalog, Facts, IntoReading, Metric, Sample, location};
use system_health_reporter::{DeliveryStatus, Mode};
use tokio::time::timeout;

use crate::backend::{Backend, Behaviour, Scene, metric, receipts};

/// The length of a schedule slot.
const SLOT: Duration = Duration::from_mins(15);

/// The metric `a`, without a value.
fn failing() -> Metric {
    Metric::new(Facts::new("a", "For a test."), location!(), |_| async { Err("no answer".into()) }.boxed())
}

#[tokio::test(start_paused = true)]
async fn additive_points_with_an_unknown_fate_are_never_sent_again() {
    for behaviour in [Behaviour::StoreWithoutResponse, Behaviour::StoreAndHang, Behaviour::StoreAndPanic] {
        let scene = Scene::counts(&["a", "b"]);
        let backend = Backend::new("backend").adds_up().with_behaviour(behaviour);

        let [first] = scene.push(&[&backend]).await.try_into().unwrap();
        backend.set_behaviour(Behaviour::Accept);
        let [second] = scene.push(&[&backend]).await.try_into().unwrap();

        assert_eq!((first.unknown, first.left, first.accepted), (2, 0, 0), "{behaviour:?}: {first:?}");
        assert_ne!(first.status(), DeliveryStatus::Accepted, "{behaviour:?}");
        assert_eq!((second.accepted, second.accepted_earlier, second.unknown), (2, 0, 0), "{behaviour:?}");
        assert_eq!(backend.stored().len(), 4, "{behaviour:?}: two points a run, each once");
    }
}

#[tokio::test(start_paused = true)]
async fn overwriting_points_with_an_unknown_fate_are_sent_again() {
    for behaviour in [Behaviour::StoreWithoutResponse, Behaviour::StoreAndHang, Behaviour::StoreAndPanic] {
        for scene in [Scene::gauges(&["a", "b"]), Scene::counts(&["a", "b"])] {
            let backend = Backend::new("backend").with_behaviour(behaviour);

            let [first] = scene.push(&[&backend]).await.try_into().unwrap();
            backend.set_behaviour(Behaviour::Accept);
            let [second] = scene.push(&[&backend]).await.try_into().unwrap();

            assert_eq!((first.unknown, first.left), (0, 2), "{behaviour:?}");
            assert_eq!((second.accepted, second.accepted_earlier), (2, 2), "{behaviour:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn gauges_of_a_backend_that_adds_up_counts_are_sent_again() {
    let scene = Scene::gauges(&["a"]);
    let backend = Backend::new("backend").adds_up().with_behaviour(Behaviour::StoreWithoutResponse);

    let [first] = scene.push(&[&backend]).await.try_into().unwrap();

    assert_eq!((first.unknown, first.left), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn additive_points_that_have_not_arrived_are_sent_again() {
    for behaviour in [Behaviour::Leave, Behaviour::ReportNoFate, Behaviour::FailWhenConnecting] {
        let scene = Scene::counts(&["a", "b", "c"]);
        let backend = Backend::new("backend").adds_up().with_behaviour(behaviour);

        let [first] = scene.push(&[&backend]).await.try_into().unwrap();
        backend.set_behaviour(Behaviour::Accept);
        let [second] = scene.push(&[&backend]).await.try_into().unwrap();

        assert_eq!((first.unknown, first.left), (0, 3), "{behaviour:?}");
        assert_eq!((second.accepted, second.accepted_earlier, second.left), (3, 3, 0), "{behaviour:?}");
        assert_eq!(backend.stored().len(), 6, "{behaviour:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn additive_points_of_a_killed_run_are_not_sent_again() {
    let scene = Scene::counts(&["a"]);
    let backend = Backend::new("backend").adds_up().with_behaviour(Behaviour::StoreAndHang);
    let reporter = scene.builder(&[&backend]).without_self_metrics().build().unwrap();

    let killed = timeout(Duration::from_secs(5), scene.run(&reporter, Mode::Push)).await;
    backend.set_behaviour(Behaviour::Accept);
    let [next] = scene.push(&[&backend]).await.try_into().unwrap();

    assert!(killed.is_err());
    assert_eq!((next.accepted, next.accepted_earlier), (1, 0));
    assert_eq!(backend.stored().len(), 2, "one point from each run");
}

#[tokio::test(start_paused = true)]
async fn without_timestamps_only_points_of_this_run_are_delivered() {
    let scene = Scene::gauges(&["a", "b"]);
    let capabilities = Capabilities { keeps_timestamps: false, ..Capabilities::default() };
    let backend = Backend::new("backend").with_capabilities(capabilities).with_behaviour(Behaviour::Leave);

    let [first] = scene.push(&[&backend]).await.try_into().unwrap();
    backend.set_behaviour(Behaviour::Accept);
    let [second] = scene.push(&[&backend]).await.try_into().unwrap();

    assert_eq!(first.left, 2);
    assert_eq!((second.accepted, second.accepted_earlier, second.superseded, second.left), (2, 0, 2, 0));
    assert_eq!(second.status(), DeliveryStatus::Accepted);
}

#[tokio::test(start_paused = true)]
async fn without_timestamps_a_repeated_run_does_not_deliver_values_of_the_first() {
    let mut scene = Scene::with_metrics(["a", "b"].map(|key| metric(Facts::new(key, "For a test."), 1.0)));
    let capabilities = Capabilities { keeps_timestamps: false, ..Capabilities::default() };
    let backend = Backend::new("backend").with_capabilities(capabilities).with_behaviour(Behaviour::Leave);
    let slot = slot_before_previous();
    let push = async |scene: &Scene, start| {
        let reporter = scene.builder(&[&backend]).without_self_metrics().align(SLOT).build().unwrap();
        receipts(&reporter.run_at(Mode::Push, start).await.unwrap()).remove(0)
    };
    push(&scene, slot).await;

    backend.set_behaviour(Behaviour::Accept);
    scene.set_catalog(Catalog::new([metric(Facts::new("a", "For a test."), 2.0)]).unwrap());
    let second = push(&scene, slot + SLOT / 2).await;

    assert_eq!(backend.stored(), [("a".to_owned(), 2.0)], "the value of `b` is old");
    assert_eq!((second.accepted_earlier, second.superseded, second.left), (0, 1, 0), "{second:?}");
}

/// If the points were delivered in pages, some of the values of a run would be missing for a moment.
#[tokio::test(start_paused = true)]
async fn without_timestamps_all_points_are_delivered_at_once() {
    const COUNT: u32 = 20_001;
    let many = Metric::new(Facts::new("a", "For a test."), location!(), |_| {
        let sample = |number: u32| Sample::new(number)?.with_tag("number", &number.to_string());
        async move { (0..COUNT).map(sample).collect::<Result<Vec<_>, _>>().into_reading() }.boxed()
    });
    let scene = Scene::with_metrics([many]);
    let capabilities = Capabilities { keeps_timestamps: false, ..Capabilities::default() };
    let (at_once, in_pages) =
        (Backend::new("at_once").with_capabilities(capabilities), Backend::new("in_pages"));

    scene.push(&[&at_once, &in_pages]).await;

    assert_eq!(at_once.page_sizes()[0], 20_001);
    assert_eq!(in_pages.page_sizes()[..2], [20_000, 1]);
}

#[tokio::test(start_paused = true)]
async fn without_timestamps_a_run_without_values_clears_earlier_values() {
    let capabilities = Capabilities { keeps_timestamps: false, ..Capabilities::default() };
    for (behaviour, all_fail) in [(Behaviour::Accept, true), (Behaviour::Refuse, false)] {
        let mut scene = Scene::gauges(&["a"]);
        let without_times = Backend::new("without_times").with_capabilities(capabilities);
        let with_times = Backend::new("with_times");
        scene.push(&[&without_times, &with_times]).await;

        if all_fail {
            scene.set_catalog(Catalog::new([failing()]).unwrap());
        }
        without_times.set_behaviour(behaviour);
        let [receipt, _] = scene.push(&[&without_times, &with_times]).await.try_into().unwrap();

        assert_eq!(without_times.stored(), [], "{behaviour:?}");
        assert!(with_times.stored().contains(&("a".to_owned(), 1.0)), "its values keep their times");
        assert_eq!(receipt.status() == DeliveryStatus::Accepted, all_fail, "{receipt:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_timestamps_values_that_a_concurrent_run_has_delivered_stay() {
    let scene = Scene::gauges(&["a"]);
    let capabilities = Capabilities { keeps_timestamps: false, ..Capabilities::default() };
    let backend = Backend::new("backend").with_capabilities(capabilities);
    scene.push(&[&backend]).await;

    // The points of the next run leave the outbox at once, as if another process had delivered them.
    let file = Connection::open(scene.folder.path().join("state.db")).unwrap();
    file.execute_batch(
        "CREATE TRIGGER taken AFTER INSERT ON outbox BEGIN DELETE FROM outbox WHERE run = NEW.run; END",
    )
    .unwrap();
    let [receipt] = scene.push(&[&backend]).await.try_into().unwrap();

    assert_eq!(receipt.accepted, 0, "{receipt:?}");
    assert_eq!(backend.stored(), [("a".to_owned(), 1.0)]);
}

#[tokio::test(start_paused = true)]
async fn failing_to_clear_earlier_values_is_a_failed_delivery() {
    let mut scene = Scene::gauges(&["a"]);
    let capabilities = Capabilities { keeps_timestamps: false, ..Capabilities::default() };
    let backend = Backend::new("backend").with_capabilities(capabilities);
    scene.push(&[&backend]).await;

    scene.set_catalog(Catalog::new([failing()]).unwrap());
    backend.set_behaviour(Behaviour::Leave);
    let [receipt] = scene.push(&[&backend]).await.try_into().unwrap();

    assert_eq!(receipt.status(), DeliveryStatus::Failed);
    assert_eq!(receipt.error.as_deref(), Some("503"));
}

#[tokio::test(start_paused = true)]
async fn each_destination_has_its_own_age_limit() {
    let scene = Scene::gauges(&["a"]);
    let [young, old] = ["young", "old"].map(|name| Backend::new(name).with_behaviour(Behaviour::Leave));
    scene.push(&[&young, &old]).await;

    // The first run started 30 minutes ago, and the second one a minute later.
    let capabilities = Capabilities { max_age: Duration::from_secs(29 * 60 + 30), ..Capabilities::default() };
    let young = young.with_capabilities(capabilities);
    for backend in [&young, &old] {
        backend.set_behaviour(Behaviour::Accept);
    }
    let [of_young, of_old] = scene.push(&[&young, &old]).await.try_into().unwrap();

    assert_eq!((of_young.expired, of_young.accepted, of_young.accepted_earlier), (1, 1, 0));
    assert_eq!((of_old.expired, of_old.accepted, of_old.accepted_earlier), (0, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn additive_points_of_a_slot_are_delivered_once() {
    let scene = Scene::counts(&["a"]);
    let [adding, overwriting] = [Backend::new("adding").adds_up(), Backend::new("overwriting")];
    let backends = [&adding, &overwriting];
    let reporter = scene.builder(&backends).without_self_metrics().align(SLOT).build().unwrap();
    let slot = slot_before_previous();

    let mut repeated = Vec::new();
    for start in [slot, slot + SLOT / 2, slot + SLOT] {
        let receipts = receipts(&reporter.run_at(Mode::Push, start).await.unwrap());
        repeated
            .push(receipts.iter().map(|receipt| (receipt.accepted, receipt.repeated)).collect::<Vec<_>>());
        assert!(receipts.iter().all(|receipt| receipt.status() == DeliveryStatus::Accepted));
    }

    assert_eq!(repeated, [[(1, 0), (1, 0)], [(0, 1), (1, 0)], [(1, 0), (1, 0)]]);
    assert_eq!((adding.stored().len(), overwriting.stored().len()), (2, 3));
}

#[tokio::test(start_paused = true)]
async fn a_repeated_run_delivers_the_waiting_points_of_its_slot_once() {
    let scene = Scene::counts(&["a"]);
    let backend = Backend::new("adding").adds_up().with_behaviour(Behaviour::Leave);
    let reporter = scene.builder(&[&backend]).without_self_metrics().align(SLOT).build().unwrap();
    let slot = slot_before_previous();

    reporter.run_at(Mode::Push, slot).await.unwrap();
    backend.set_behaviour(Behaviour::Accept);
    let [second] = receipts(&reporter.run_at(Mode::Push, slot + SLOT / 2).await.unwrap()).try_into().unwrap();

    assert_eq!((second.accepted_earlier, second.repeated, second.left), (1, 1, 0));
    assert_eq!(backend.stored().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn points_of_a_removed_destination_are_dropped_after_30_days() {
    let scene = Scene::gauges(&["a"]);
    let capabilities = Capabilities { max_age: Duration::MAX, ..Capabilities::default() };
    let removed = Backend::new("removed").with_capabilities(capabilities).with_behaviour(Behaviour::Leave);
    let stays = Backend::new("stays");
    let days_ago = |days: u32| SystemTime::now() - days * Duration::from_hours(24);
    for days in [31, 29] {
        let reporter = scene.builder(&[&removed]).without_self_metrics().build().unwrap();
        reporter.run_at(Mode::Push, days_ago(days)).await.unwrap();
    }

    scene.push(&[&stays]).await;

    removed.set_behaviour(Behaviour::Accept);
    let [back] = scene.push(&[&removed]).await.try_into().unwrap();
    assert_eq!((back.accepted, back.accepted_earlier), (1, 1), "the point that is 29 days old");
}

/// The start of the slot before the previous one.
fn slot_before_previous() -> SystemTime {
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds - seconds % SLOT.as_secs()) - 2 * SLOT
}
