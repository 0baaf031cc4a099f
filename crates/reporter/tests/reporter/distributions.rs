//! Distributions for backends that get the values of each run, and for backends that get those of all runs.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use futures::FutureExt;
use rusqlite::Connection;
use system_health_registry::{
    Capabilities, Distribution, Facts, IntoReading, Kind, Metric, Repeat, Temporality, location,
};
use system_health_reporter::{DeliveryStatus, Mode};

use crate::backend::{Backend, Behaviour, Scene, receipts};

/// A distribution that has one value in the first run, two in the second, and so on. All values of a run are its number.
fn growing() -> Metric {
    let runs = Arc::new(AtomicU32::new(0));
    let facts = Facts::new("jobs.seconds", "For a test.").with_kind(Kind::Distribution);
    Metric::new(facts, location!(), move |_| {
        let run = runs.fetch_add(1, Ordering::Relaxed) + 1;
        async move { of_run(run).into_reading() }.boxed()
    })
}

fn of_run(run: u32) -> Distribution {
    Distribution::from_values((0..run).map(|_| f64::from(run))).unwrap()
}

/// The values of the runs up to this one.
fn up_to(run: u32) -> Distribution {
    let mut all = Distribution::new();
    for run in 1..=run {
        all.merge(&of_run(run));
    }
    all
}

/// A backend that adds up the values of each run.
fn deltas() -> Backend {
    let capabilities = Capabilities { distributions: Repeat::AddsUp, ..Capabilities::default() };
    Backend::new("deltas").with_capabilities(capabilities)
}

/// A backend that gets the values of all runs, and overwrites a repeated point.
fn totals() -> Backend {
    let capabilities =
        Capabilities { distribution_temporality: Temporality::Cumulative, ..Capabilities::default() };
    Backend::new("totals").with_capabilities(capabilities)
}

#[tokio::test(start_paused = true)]
async fn each_backend_gets_the_values_of_each_run_or_of_all_runs() {
    let scene = Scene::with_metrics([growing()]);
    let (deltas, totals) = (deltas(), totals());

    for _ in 0..3 {
        scene.push(&[&deltas, &totals]).await;
    }

    assert_eq!(deltas.distributions(), [1, 2, 3].map(of_run));
    assert_eq!(totals.distributions(), [1, 2, 3].map(up_to));
}

#[tokio::test(start_paused = true)]
async fn values_of_a_failed_delivery_are_delivered_by_the_next_run() {
    let scene = Scene::with_metrics([growing()]);
    let (deltas, totals) = (deltas(), totals());
    scene.push(&[&deltas, &totals]).await;
    for backend in [&deltas, &totals] {
        backend.set_behaviour(Behaviour::Leave);
    }
    scene.push(&[&deltas, &totals]).await;
    for backend in [&deltas, &totals] {
        backend.set_behaviour(Behaviour::Accept);
    }

    scene.push(&[&deltas, &totals]).await;

    assert_eq!(deltas.distributions(), [1, 2, 3].map(of_run));
    assert_eq!(totals.distributions(), [1, 2, 3].map(up_to));
}

#[tokio::test(start_paused = true)]
async fn only_totals_are_sent_again_if_the_response_is_lost() {
    let scene = Scene::with_metrics([growing()]);
    let (deltas, totals) = (deltas(), totals());
    for backend in [&deltas, &totals] {
        backend.set_behaviour(Behaviour::StoreWithoutResponse);
    }
    let first = scene.push(&[&deltas, &totals]).await;
    for backend in [&deltas, &totals] {
        backend.set_behaviour(Behaviour::Accept);
    }

    scene.push(&[&deltas, &totals]).await;

    assert_eq!(
        first.iter().map(|receipt| (receipt.unknown, receipt.left)).collect::<Vec<_>>(),
        [(1, 0), (0, 1)]
    );
    assert_eq!(deltas.distributions(), [1, 2].map(of_run));
    assert_eq!(totals.distributions(), [1, 1, 2].map(up_to));
}

#[tokio::test(start_paused = true)]
async fn the_total_of_a_run_that_cannot_be_recorded_is_not_sent() {
    let scene = Scene::with_metrics([growing()]);
    let (deltas, totals) = (deltas(), totals());
    let push = async || scene.push(&[&deltas, &totals]).await;
    push().await;

    let file = Connection::open(scene.folder.path().join("state.db")).unwrap();
    file.execute_batch(
        "CREATE TRIGGER failing BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'a full disk'); END",
    )
    .unwrap();
    let failed = push().await;
    file.execute_batch("DROP TRIGGER failing").unwrap();
    push().await;

    assert_eq!(deltas.distributions(), [1, 2, 3].map(of_run));
    let mut without_second = of_run(1);
    without_second.merge(&of_run(3));
    assert_eq!(totals.distributions(), [of_run(1), without_second]);
    assert_eq!(
        (failed[0].lost, failed[1].lost, failed[1].status()),
        (0, 1, DeliveryStatus::Failed),
        "{failed:?}"
    );
    assert_eq!(
        failed[1].error.as_deref(),
        Some(
            "the run could not be recorded in the state folder, so counts since the previous run and distributions of all runs \
             are not sent"
        )
    );
}

#[tokio::test(start_paused = true)]
async fn without_state_the_values_of_all_runs_are_not_known() {
    let scene = Scene::with_metrics([growing()]);
    let (deltas, totals) = (deltas(), totals());
    let builder = scene.builder(&[&deltas, &totals]).without_state().without_self_metrics();

    let pushed = receipts(&scene.run(&builder.build().unwrap(), Mode::Push).await);

    assert_eq!((deltas.distributions(), totals.distributions()), (vec![of_run(1)], vec![]));
    assert_eq!((pushed[0].lost, pushed[1].lost), (0, 1));
    let error = pushed[1].error.as_deref();
    assert_eq!(
        error,
        Some("without state, the distributions of all runs are not known, so they are not sent")
    );
}
