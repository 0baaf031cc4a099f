//! An interrupted run delivers nothing more and loses nothing.

use std::time::Duration;

use futures::FutureExt;
use system_health_registry::{Catalog, Facts, Interruption, Metric, Outcome, OutcomeState, location};
use system_health_reporter::{DeliveryResult, FinishedRun, Mode};

use crate::backend::{Backend, Behaviour, Scene, metric};

fn keeps_points(finished: &FinishedRun) -> bool {
    let [delivery] = &finished.deliveries[..] else { panic!("{finished:?}") };
    matches!(delivery.result, DeliveryResult::Interrupted { kept: true }) && delivery.has_failed()
}

#[tokio::test(start_paused = true)]
async fn values_are_kept_if_the_collection_is_interrupted() {
    let hangs =
        Metric::new(Facts::new("b.hangs", "For a test."), location!(), |_| std::future::pending().boxed());
    let value = metric(Facts::new("a.value", "For a test."), 1.0);
    let scene = Scene::with(Catalog::new([value, hangs]).unwrap());
    let backend = Backend::new("backend");
    let interruption = Interruption::new(tokio::time::sleep(Duration::from_secs(1)));
    let reporter = scene.builder(&[&backend]).without_self_metrics().build().unwrap();
    let reporter = reporter.with_interruption(interruption);

    let finished = scene.run(&reporter, Mode::Push).await;

    let states: Vec<OutcomeState> = finished.report.run().outcomes().iter().map(Outcome::state).collect();
    assert_eq!(states, [OutcomeState::Value, OutcomeState::Error]);
    assert!(keeps_points(&finished), "{finished:?}");
    assert_eq!(backend.stored(), []);
    let next = scene.push(&[&backend]).await;
    assert_eq!((next[0].accepted, next[0].accepted_earlier), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_end_of_collection_does_not_replace_the_interruption() {
    let hangs =
        Metric::new(Facts::new("b.hangs", "For a test."), location!(), |_| std::future::pending().boxed());
    let scene = Scene::with(Catalog::new([hangs]).unwrap());
    let backend = Backend::new("backend");
    let interruption = || Interruption::new(async { tokio::time::sleep(Duration::from_secs(1)).await });
    let reporter = || scene.builder(&[&backend]).without_self_metrics().build().unwrap();
    let both = [
        reporter().with_interruption(interruption()).with_end_of_collection(Interruption::never()),
        reporter().with_end_of_collection(Interruption::never()).with_interruption(interruption()),
    ];

    for reporter in both {
        let finished = scene.run(&reporter, Mode::Push).await;

        assert_eq!(finished.report.run().duration().as_secs(), 1);
        assert!(keeps_points(&finished), "{finished:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_delivery_is_repeated_by_the_next_run() {
    let scene = Scene::gauges(&["a", "b"]);
    let backend = Backend::new("backend").with_behaviour(Behaviour::Hang);
    let interruption = Interruption::new(tokio::time::sleep(Duration::from_secs(1)));
    let reporter = scene.builder(&[&backend]).without_self_metrics().build().unwrap();
    let reporter = reporter.with_interruption(interruption);

    let finished = scene.run(&reporter, Mode::Push).await;

    assert!(keeps_points(&finished), "{finished:?}");
    backend.set_behaviour(Behaviour::Accept);
    let next = scene.push(&[&backend]).await;
    assert_eq!((next[0].accepted, next[0].accepted_earlier), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_dry_run_previews_nothing() {
    let scene = Scene::gauges(&["a"]);
    let backend = Backend::new("backend");
    let reporter = scene.reporter(&[&backend]).with_interruption(Interruption::new(async {}));

    let finished = scene.run(&reporter, Mode::DryRun).await;

    assert!(finished.deliveries.is_empty(), "{finished:?}");
}
