//! The metrics of the reporter about itself.

use system_health_registry::{Catalog, self_metrics};
use system_health_reporter::Mode;

use crate::backend::{Backend, Behaviour, Scene};

/// The points whose value is not 0.
fn results(points: Vec<(String, f64)>) -> Vec<(String, f64)> {
    points.into_iter().filter(|(_, value)| *value > 0.0).collect()
}

fn owned<const N: usize>(points: [(&str, f64); N]) -> Vec<(String, f64)> {
    points.map(|(tags, value)| (tags.to_owned(), value)).to_vec()
}

#[tokio::test(start_paused = true)]
async fn each_destination_gets_the_fates_of_points_at_all_destinations() {
    let scene = Scene::counts(&["a", "b"]);
    let good = Backend::new("good");
    let unclear = Backend::new("unclear").adds_up().with_behaviour(Behaviour::StoreWithoutResponse);

    scene.run(&scene.reporter(&[&good, &unclear]), Mode::Push).await;

    let expected = owned([("result:accepted sink:good", 2.0), ("result:unknown sink:unclear", 2.0)]);
    assert_eq!(results(good.about_reporter("points")), expected);
}

#[tokio::test(start_paused = true)]
async fn destinations_of_one_sink_have_different_tags() {
    let scene = Scene::gauges(&["a"]);
    let one = Backend::new("same").at("one");
    let other = Backend::new("same").at("other").with_behaviour(Behaviour::Leave);

    scene.run(&scene.reporter(&[&one, &other]), Mode::Push).await;

    let expected = owned([("destination:one sink:same", 0.0), ("destination:other sink:same", 1.0)]);
    assert_eq!(one.about_reporter("outbox_points"), expected);
}

#[test]
fn every_declared_metric_has_a_collector() {
    let catalog = Catalog::linked().unwrap();

    let collected = catalog.metrics().iter().map(|metric| metric.facts().clone());

    assert_eq!(collected.collect::<Vec<_>>(), self_metrics::ALL.map(|metric| metric.facts()));
}

#[tokio::test(start_paused = true)]
async fn samples_have_the_declared_tags() {
    let scene = Scene::gauges(&["a"]);
    let backend = Backend::new("good");

    scene.run(&scene.reporter(&[&backend]), Mode::Push).await;

    for metric in self_metrics::ALL {
        for (tags, _) in backend.about_reporter(metric.name()) {
            let names = tags.split_whitespace().filter_map(|tag| tag.split(':').next());
            let undeclared: Vec<_> =
                names.filter(|name| *name != "sink" && !metric.tags.contains(name)).collect();
            assert!(undeclared.is_empty(), "{metric}: {undeclared:?}");
        }
    }
    assert!(!backend.about_reporter(self_metrics::METRICS.name()).is_empty());
}
