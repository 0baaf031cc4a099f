//! Where a repeated point adds up, one with an unclear outcome is never sent again. Where it overwrites, it is.

use std::time::Duration;

use system_health_registry::Limits;
use system_health_reporter::{Mode, DeliveryStatus};
use tokio::time::timeout;

use crate::backend::{Backend, Does, Scene};

#[tokio::test(start_paused = true)]
async fn what_adds_up_and_may_have_arrived_is_never_sent_again() {
    for does in [Does::StoreWithoutAnswer, Does::StoreAndHang, Does::StoreAndPanic] {
        let scene = Scene::counts(&["a", "b"]);
        let backend = Backend::new("backend").adds_up().does(does);

        let [first] = scene.push(&[&backend]).await.try_into().unwrap();
        backend.now(Does::Accept);
        let [second] = scene.push(&[&backend]).await.try_into().unwrap();

        assert_eq!((first.unknown, first.left, first.accepted), (2, 0, 0), "{does:?}: {first:?}");
        assert_ne!(first.success(), DeliveryStatus::Accepted, "{does:?}");
        assert_eq!((second.accepted, second.accepted_earlier, second.unknown), (2, 0, 0), "{does:?}");
        assert_eq!(backend.stored().len(), 4, "{does:?}: two points a run, each once");
    }
}

#[tokio::test(start_paused = true)]
async fn what_overwrites_and_may_have_arrived_is_sent_again() {
    for does in [Does::StoreWithoutAnswer, Does::StoreAndHang, Does::StoreAndPanic] {
        for scene in [Scene::gauges(&["a", "b"]), Scene::counts(&["a", "b"])] {
            let backend = Backend::new("backend").does(does);

            let [first] = scene.push(&[&backend]).await.try_into().unwrap();
            backend.now(Does::Accept);
            let [second] = scene.push(&[&backend]).await.try_into().unwrap();

            assert_eq!((first.unknown, first.left), (0, 2), "{does:?}");
            assert_eq!((second.accepted, second.accepted_earlier), (2, 2), "{does:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn gauges_of_a_backend_that_adds_up_counts_are_sent_again() {
    let scene = Scene::gauges(&["a"]);
    let backend = Backend::new("backend").adds_up().does(Does::StoreWithoutAnswer);

    let [first] = scene.push(&[&backend]).await.try_into().unwrap();

    assert_eq!((first.unknown, first.left), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn what_adds_up_and_has_certainly_not_arrived_is_sent_again() {
    for does in [Does::Leave, Does::SayNothing, Does::FailWhenConnecting] {
        let scene = Scene::counts(&["a", "b", "c"]);
        let backend = Backend::new("backend").adds_up().does(does);

        let [first] = scene.push(&[&backend]).await.try_into().unwrap();
        backend.now(Does::Accept);
        let [second] = scene.push(&[&backend]).await.try_into().unwrap();

        assert_eq!((first.unknown, first.left), (0, 3), "{does:?}");
        assert_eq!((second.accepted, second.accepted_earlier, second.left), (3, 3, 0), "{does:?}");
        assert_eq!(backend.stored().len(), 6, "{does:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_run_was_sending_is_not_sent_again_if_it_adds_up() {
    let scene = Scene::counts(&["a"]);
    let backend = Backend::new("backend").adds_up().does(Does::StoreAndHang);
    let reporter = scene.builder(&[&backend]).without_self_metrics().build().unwrap();

    let killed = timeout(Duration::from_secs(5), scene.run(&reporter, Mode::Push)).await;
    backend.now(Does::Accept);
    let [next] = scene.push(&[&backend]).await.try_into().unwrap();

    assert!(killed.is_err());
    assert_eq!((next.accepted, next.accepted_earlier), (1, 0));
    assert_eq!(backend.stored().len(), 2, "one of each run");
}

#[tokio::test(start_paused = true)]
async fn without_timestamps_only_points_of_this_run_are_delivered() {
    let scene = Scene::gauges(&["a", "b"]);
    let limits = Limits { keeps_timestamps: false, ..Limits::default() };
    let backend = Backend::new("backend").with_limits(limits).does(Does::Leave);

    let [first] = scene.push(&[&backend]).await.try_into().unwrap();
    backend.now(Does::Accept);
    let [second] = scene.push(&[&backend]).await.try_into().unwrap();

    assert_eq!(first.left, 2);
    assert_eq!((second.accepted, second.accepted_earlier, second.superseded, second.left), (2, 0, 2, 0));
    assert_eq!(second.success(), DeliveryStatus::Accepted);
}

#[tokio::test(start_paused = true)]
async fn each_destination_has_its_own_age_limit() {
    let scene = Scene::gauges(&["a"]);
    let [young, old] = ["young", "old"].map(|name| Backend::new(name).does(Does::Leave));
    scene.push(&[&young, &old]).await;

    // The first run started 30 minutes ago, and the second one a minute later.
    let limits = Limits { max_age: Duration::from_secs(29 * 60 + 30), ..Limits::default() };
    let young = young.with_limits(limits);
    for backend in [&young, &old] {
        backend.now(Does::Accept);
    }
    let [of_young, of_old] = scene.push(&[&young, &old]).await.try_into().unwrap();

    assert_eq!((of_young.expired, of_young.accepted, of_young.accepted_earlier), (1, 1, 0));
    assert_eq!((of_old.expired, of_old.accepted, of_old.accepted_earlier), (0, 1, 1));
}
