//! A destination that fails, hangs or panics does not affect another.

use std::time::Duration;

use system_health_reporter::{DeliveryStatus, Mode};
use tokio::time::Instant;

use crate::backend::{Backend, Behaviour, Scene, receipts};

#[tokio::test(start_paused = true)]
async fn a_failing_destination_does_not_affect_another() {
    for behaviour in [
        Behaviour::Refuse,
        Behaviour::Leave,
        Behaviour::StoreWithoutResponse,
        Behaviour::StoreAndHang,
        Behaviour::StoreAndPanic,
        Behaviour::ReportNoFate,
        Behaviour::Hang,
        Behaviour::Panic,
        Behaviour::PanicWhenConnecting,
        Behaviour::HangWhenConnecting,
        Behaviour::FailWhenConnecting,
    ] {
        let scene = Scene::gauges(&["a", "b", "c"]);
        let (good, bad) = (Backend::new("good"), Backend::new("bad").with_behaviour(behaviour));

        let finished = scene.run(&scene.reporter(&[&bad, &good]), Mode::Push).await;
        let [of_bad, of_good] = receipts(&finished).try_into().unwrap();

        assert_eq!(of_good.status(), DeliveryStatus::Accepted, "{behaviour:?}: {of_good:?}");
        assert_eq!((of_good.accepted, of_good.left), (3, 0), "{behaviour:?}");
        assert!(of_good.self_metrics > 0, "{behaviour:?}");
        assert_eq!(of_bad.status(), DeliveryStatus::Failed, "{behaviour:?}: {of_bad:?}");
        assert_eq!(of_bad.accepted, 0, "{behaviour:?}");
        let refused = behaviour == Behaviour::Refuse;
        assert_eq!((of_bad.left > 0, of_bad.refused_series() > 0), (!refused, refused), "{behaviour:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hanging_destination_does_not_delay_another() {
    for behaviour in [Behaviour::Hang, Behaviour::HangWhenConnecting] {
        let scene = Scene::gauges(&["a"]);
        let (good, bad) = (Backend::new("good"), Backend::new("bad").with_behaviour(behaviour));
        let started = Instant::now();

        scene.run(&scene.reporter(&[&bad, &good]), Mode::Push).await;

        assert_eq!(good.first_stored_at().unwrap() - started, Duration::ZERO, "{behaviour:?}");
        assert!(started.elapsed() <= Duration::from_mins(1), "{behaviour:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_later_run_delivers_the_waiting_points_of_each_destination() {
    let scene = Scene::gauges(&["a", "b"]);
    let (good, bad) = (Backend::new("good"), Backend::new("bad").with_behaviour(Behaviour::Leave));

    let first = scene.push(&[&good, &bad]).await;
    bad.set_behaviour(Behaviour::Accept);
    let second = scene.push(&[&good, &bad]).await;

    assert_eq!((first[0].left, first[1].left), (0, 2));
    assert_eq!((second[0].accepted, second[0].accepted_earlier), (2, 0));
    assert_eq!((second[1].accepted, second[1].accepted_earlier, second[1].left), (2, 2, 0));
    assert_eq!(good.stored().len(), 4);
    assert_eq!(bad.stored().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn each_address_of_a_sink_has_its_own_outbox() {
    let scene = Scene::gauges(&["a"]);
    let (one, other) =
        (Backend::new("same").at("one"), Backend::new("same").at("other").with_behaviour(Behaviour::Leave));

    let [of_one, of_other] = scene.push(&[&one, &other]).await.try_into().unwrap();

    assert_eq!((of_one.accepted, of_one.left), (1, 0));
    assert_eq!((of_other.accepted, of_other.left), (0, 1));
}
