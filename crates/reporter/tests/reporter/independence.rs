//! A destination that is down, slow, hanging or panicking does not affect another.

use std::time::Duration;

use system_health_reporter::{DeliveryStatus, Mode};
use tokio::time::Instant;

use crate::backend::{Backend, Does, Scene, receipts};

#[tokio::test(start_paused = true)]
async fn a_destination_that_fails_in_any_way_affects_no_other() {
    for does in [
        Does::Refuse,
        Does::Leave,
        Does::StoreWithoutAnswer,
        Does::StoreAndHang,
        Does::StoreAndPanic,
        Does::SayNothing,
        Does::Hang,
        Does::Panic,
        Does::PanicWhenConnecting,
        Does::HangWhenConnecting,
        Does::FailWhenConnecting,
    ] {
        let scene = Scene::gauges(&["a", "b", "c"]);
        let (good, bad) = (Backend::new("good"), Backend::new("bad").does(does));

        let finished = scene.run(&scene.reporter(&[&good, &bad]), Mode::Push).await;
        let [of_good, of_bad] = receipts(&finished).try_into().unwrap();

        assert_eq!(of_good.success(), DeliveryStatus::Accepted, "{does:?}: {of_good:?}");
        assert_eq!((of_good.accepted, of_good.left), (3, 0), "{does:?}");
        assert!(of_good.self_metrics > 0, "{does:?}");
        assert_eq!(of_bad.success(), DeliveryStatus::Failed, "{does:?}: {of_bad:?}");
        assert_eq!(of_bad.accepted, 0, "{does:?}");
        let refused = does == Does::Refuse;
        assert_eq!((of_bad.left > 0, of_bad.refused_series() > 0), (!refused, refused), "{does:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_with_points_for_a_destination_that_hangs() {
    for does in [Does::Hang, Does::HangWhenConnecting] {
        let scene = Scene::gauges(&["a"]);
        let (good, bad) = (Backend::new("good"), Backend::new("bad").does(does));
        let started = Instant::now();

        scene.run(&scene.reporter(&[&good, &bad]), Mode::Push).await;

        assert_eq!(good.first_at().unwrap() - started, Duration::ZERO, "{does:?}");
        assert!(started.elapsed() <= Duration::from_mins(1), "{does:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_destination_has_an_outbox_and_a_later_run_delivers_what_waits_there() {
    let scene = Scene::gauges(&["a", "b"]);
    let (good, bad) = (Backend::new("good"), Backend::new("bad").does(Does::Leave));

    let first = scene.push(&[&good, &bad]).await;
    bad.now(Does::Accept);
    let second = scene.push(&[&good, &bad]).await;

    assert_eq!((first[0].left, first[1].left), (0, 2));
    assert_eq!((second[0].accepted, second[0].accepted_earlier), (2, 0));
    assert_eq!((second[1].accepted, second[1].accepted_earlier, second[1].left), (2, 2, 0));
    assert_eq!(good.stored().len(), 4);
    assert_eq!(bad.stored().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn destinations_of_one_sink_at_several_addresses_have_outboxes_of_their_own() {
    let scene = Scene::gauges(&["a"]);
    let (one, other) = (Backend::new("same").at("one"), Backend::new("same").at("other").does(Does::Leave));

    let [of_one, of_other] = scene.push(&[&one, &other]).await.try_into().unwrap();

    assert_eq!((of_one.accepted, of_one.left), (1, 0));
    assert_eq!((of_other.accepted, of_other.left), (0, 1));
}
