//! The metrics of the reporter about itself.

use std::fmt;

use futures::FutureExt;
use system_health_registry::{
    Catalog, Context, Facts, IntoReading, ItemError, Metric, Sample, Subject, Tag, TagError, Unavailable,
    location, self_metrics,
};
use system_health_reporter::Mode;

use crate::backend::{Backend, Behaviour, Scene, metric};

/// The points whose value is not 0.
fn nonzero(points: Vec<(String, f64)>) -> Vec<(String, f64)> {
    points.into_iter().filter(|(_, value)| *value > 0.0).collect()
}

fn owned<const N: usize>(points: [(&str, f64); N]) -> Vec<(String, f64)> {
    points.map(|(tags, value)| (tags.to_owned(), value)).to_vec()
}

#[tokio::test(start_paused = true)]
async fn a_destination_gets_the_fates_of_points_at_all_destinations() {
    let scene = Scene::counts(&["a", "b"]);
    let good = Backend::new("good");
    let unclear = Backend::new("unclear").adds_up().with_behaviour(Behaviour::StoreWithoutResponse);

    scene.run(&scene.reporter(&[&good, &unclear]), Mode::Push).await;

    let expected = owned([("result:accepted sink:good", 2.0), ("result:unknown sink:unclear", 2.0)]);
    assert_eq!(nonzero(good.about_reporter("points")), expected);
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

    assert_eq!(collected.collect::<Vec<_>>(), self_metrics::SELF_METRICS.map(|metric| metric.facts()));
}

#[tokio::test(start_paused = true)]
async fn samples_have_only_declared_tags() {
    let scene = Scene::gauges(&["a"]);
    let backend = Backend::new("good");

    scene.run(&scene.reporter(&[&backend]), Mode::Push).await;

    for metric in self_metrics::SELF_METRICS {
        for (tags, _) in backend.about_reporter(metric.name()) {
            let names = tags.split_whitespace().filter_map(|tag| tag.split(':').next());
            let undeclared: Vec<_> =
                names.filter(|name| *name != "sink" && !metric.tags.contains(name)).collect();
            assert!(undeclared.is_empty(), "{metric}: {undeclared:?}");
        }
    }
    assert!(!backend.about_reporter(self_metrics::METRICS.name()).is_empty());
}

/// A numbered repository. The first has a value, the second has no data, the third has a value and a failed item, and all items
/// of the fourth fail.
#[derive(Clone)]
struct Repository(u32);

impl Subject for Repository {
    async fn list(_context: &Context) -> Result<Vec<Self>, Unavailable> {
        Ok((1..=4).map(Repository).collect())
    }

    fn tags(&self) -> Result<Vec<Tag>, TagError> {
        Ok(vec![Tag::new("repository", &self.to_string())?])
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "acme/{}", self.0)
    }
}

fn of_repositories() -> Metric {
    let collect = |context: Context| {
        async move {
            match context.get::<Repository>().await?.0 {
                1 => 1.into_reading(),
                2 => Err(Unavailable::no_data("no runs")),
                3 => {
                    vec![Ok(Sample::new(1)?), Err(ItemError::new("404").with_tag("job", "a"))].into_reading()
                }
                _ => {
                    let failed = |job| Err(ItemError::new("401").with_tag("job", job));
                    ["a", "b"].map(failed).to_vec().into_reading()
                }
            }
        }
        .boxed()
    };
    Metric::new(Facts::new("of.repositories", "For a test."), location!(), collect).each::<Repository>()
}

#[tokio::test(start_paused = true)]
async fn a_failed_subject_lowers_the_success_of_its_metric_and_is_counted() {
    let broken = Metric::new(Facts::new("broken", "For a test."), location!(), |_| {
        async { Err(Unavailable::from("401")) }.boxed()
    });
    let scene =
        Scene::with_metrics([of_repositories(), broken, metric(Facts::new("good", "For a test."), 1.0)]);
    let backend = Backend::new("good");

    scene.run(&scene.reporter(&[&backend]), Mode::Push).await;

    let success = backend.about_reporter("collector_success");
    assert_eq!(
        success,
        owned([("metric:broken", 0.0), ("metric:good", 1.0), ("metric:of.repositories", 0.5)])
    );
    let subjects = backend.about_reporter("subjects");
    assert_eq!(
        subjects,
        owned([
            ("metric:of.repositories state:value", 2.0),
            ("metric:of.repositories state:no_data", 1.0),
            ("metric:of.repositories state:error", 1.0),
        ])
    );
    let items = backend.about_reporter("failed_items");
    assert_eq!(items, owned([("metric:broken", 0.0), ("metric:good", 0.0), ("metric:of.repositories", 3.0)]));
}

#[tokio::test(start_paused = true)]
async fn the_age_of_a_subject_without_a_value_counts_from_the_first_run() {
    let scene = Scene::with_metrics([of_repositories(), metric(Facts::new("good", "For a test."), 1.0)]);
    let backend = Backend::new("good");

    for _ in 0..3 {
        scene.run(&scene.reporter(&[&backend]), Mode::Push).await;
    }

    let ages = backend.about_reporter("last_value_age_seconds");
    let ages_of = |metric: &str| -> Vec<f64> {
        ages.iter().filter(|(tags, _)| tags == metric).map(|(_, age)| *age).collect()
    };
    let [first, second, third] = ages_of("metric:of.repositories")[..] else { panic!("{ages:?}") };
    assert!(
        first == 0.0 && second >= 60.0 && third >= 120.0,
        "runs start a minute after each other: {ages:?}"
    );
    assert_eq!(ages_of("metric:good"), [0.0, 0.0, 0.0]);
}
