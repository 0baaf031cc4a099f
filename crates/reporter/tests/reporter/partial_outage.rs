//! What waits must not keep the reporter from saying that it waits.

use system_health_reporter::Mode;

use crate::backend::{Backend, Does, Scene, receipts};

#[tokio::test(start_paused = true)]
async fn in_a_partial_outage_the_reporter_says_what_waits() {
    let scene = Scene::gauges(&["a", "b", "c"]);
    let backend = Backend::new("backend").does(Does::LeaveKey("c"));

    let [receipt] = receipts(&scene.run(&scene.reporter(&[&backend]), Mode::Push).await).try_into().unwrap();

    assert_eq!((receipt.accepted, receipt.left), (2, 1));
    assert!(receipt.self_metrics > 0, "{receipt:?}");
    assert_eq!(backend.stored(), [("a".to_owned(), 1.0), ("b".to_owned(), 1.0)]);
    assert_eq!(backend.about_reporter("outbox_points"), [("sink:backend".to_owned(), 1.0)]);
}

#[tokio::test(start_paused = true)]
async fn in_a_full_outage_everything_waits() {
    let scene = Scene::gauges(&["a", "c"]);
    let backend = Backend::new("backend").does(Does::LeaveKey("a"));

    let [receipt] = receipts(&scene.run(&scene.reporter(&[&backend]), Mode::Push).await).try_into().unwrap();

    assert_eq!((receipt.accepted, receipt.self_metrics), (0, 0));
    assert!(receipt.left > 2, "the metrics about the reporter wait, too: {receipt:?}");
    assert_eq!(backend.about_reporter("points"), []);
}
