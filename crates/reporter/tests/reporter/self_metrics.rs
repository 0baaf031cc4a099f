//! What the reporter says about itself.

use system_health_registry::{Catalog, about_reporter};
use system_health_reporter::Mode;

use crate::backend::{Backend, Does, Scene};

/// Results and numbers of points, but for those that are 0.
fn results(points: Vec<(String, f64)>) -> Vec<(String, f64)> {
    points.into_iter().filter(|(_, value)| *value > 0.0).collect()
}

fn owned<const N: usize>(points: [(&str, f64); N]) -> Vec<(String, f64)> {
    points.map(|(tags, value)| (tags.to_owned(), value)).to_vec()
}

#[tokio::test(start_paused = true)]
async fn each_destination_learns_what_became_of_the_points_at_all_of_them() {
    let scene = Scene::counts(&["a", "b"]);
    let good = Backend::new("good");
    let unclear = Backend::new("unclear").adds_up().does(Does::StoreWithoutAnswer);

    scene.run(&scene.reporter(&[&good, &unclear]), Mode::Push).await;

    let expected = owned([("result:accepted sink:good", 2.0), ("result:unknown sink:unclear", 2.0)]);
    assert_eq!(results(good.about_reporter("points")), expected);
}

#[tokio::test(start_paused = true)]
async fn destinations_of_one_sink_are_told_apart() {
    let scene = Scene::gauges(&["a"]);
    let one = Backend::new("same").at("one");
    let other = Backend::new("same").at("other").does(Does::Leave);

    scene.run(&scene.reporter(&[&one, &other]), Mode::Push).await;

    let expected = owned([("destination:one sink:same", 0.0), ("destination:other sink:same", 1.0)]);
    assert_eq!(one.about_reporter("outbox_points"), expected);
}

#[test]
fn the_keys_that_others_know_are_those_of_metrics() {
    let catalog = Catalog::linked().unwrap();
    for key in [
        about_reporter::RUN_DURATION,
        about_reporter::COLLECTOR_SUCCESS,
        about_reporter::POINTS,
        about_reporter::OUTBOX_POINTS,
    ] {
        assert!(catalog.metrics().iter().any(|metric| metric.key() == key), "{key}");
    }
    assert!(catalog.metrics().iter().all(|metric| about_reporter::is_about(metric.key())));
}
