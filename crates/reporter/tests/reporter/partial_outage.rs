//! If some points cannot be delivered, the reporter still delivers the metrics about itself.

use system_health_reporter::{DeliveryStatus, Mode};

use crate::backend::{Backend, Behaviour, Scene, receipts};

#[tokio::test(start_paused = true)]
async fn self_metrics_are_delivered_in_a_partial_outage() {
    let scene = Scene::gauges(&["a", "b", "c"]);
    let backend = Backend::new("backend").with_behaviour(Behaviour::LeaveKey("c"));

    let [receipt] = receipts(&scene.run(&scene.reporter(&[&backend]), Mode::Push).await).try_into().unwrap();

    assert_eq!((receipt.accepted, receipt.left), (2, 1));
    assert!(receipt.self_metrics > 0, "{receipt:?}");
    assert_eq!(receipt.error.as_deref(), Some("503"), "the second attempt failed, too");
    assert_eq!(backend.stored(), [("a".to_owned(), 1.0), ("b".to_owned(), 1.0)]);
    assert_eq!(backend.about_reporter("outbox_points"), [("sink:backend".to_owned(), 1.0)]);
}

#[tokio::test(start_paused = true)]
async fn points_that_are_delivered_after_the_self_metrics_are_counted() {
    let scene = Scene::gauges(&["a", "b", "c"]);
    let backend = Backend::new("backend").with_behaviour(Behaviour::LeaveKeyOnce("c"));

    let [receipt] = receipts(&scene.run(&scene.reporter(&[&backend]), Mode::Push).await).try_into().unwrap();

    assert_eq!((receipt.accepted, receipt.accepted_earlier, receipt.left), (3, 0, 0), "{receipt:?}");
    assert_eq!((receipt.error.as_deref(), receipt.status()), (None, DeliveryStatus::Accepted), "{receipt:?}");
    assert!(receipt.self_metrics > 0, "{receipt:?}");
    assert_eq!(backend.stored().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn self_metrics_wait_in_a_full_outage() {
    let scene = Scene::gauges(&["a", "c"]);
    let backend = Backend::new("backend").with_behaviour(Behaviour::LeaveKey("a"));

    let [receipt] = receipts(&scene.run(&scene.reporter(&[&backend]), Mode::Push).await).try_into().unwrap();

    assert_eq!((receipt.accepted, receipt.self_metrics), (0, 0));
    assert!(receipt.left > 2, "the metrics about the reporter also wait: {receipt:?}");
    assert_eq!(backend.about_reporter("points"), []);
}
