//! Distributions for backends that get the values of each run, and for backends that get those of all runs.

use futures::FutureExt;
use rusqlite::Connection;
use system_health_registry::{
    Capabilities, Distribution, Facts, IntoReading, Kind, Metric, Repeat, Temporality, location,
};
use system_health_reporter::{DeliveryStatus, Mode};

use crate::backend::{Backend, Behaviour, Scene, receipts};

/// A distribution of ten equal values in each run.
fn durations() -> Metric {
    let facts = Facts::new("jobs.seconds", "For a test.").with_kind(Kind::Distribution);
    Metric::new(facts, location!(), |_| {
        async { Distribution::from_values([2.0; 10])?.into_reading() }.boxed()
    })
}

/// A backend that adds up the values of each run.
fn each_run() -> Backend {
    Backend::new("each_run")
        .with_capabilities(Capabilities { distributions: Repeat::AddsUp, ..Capabilities::default() })
}

/// A backend that gets the values of all runs.
fn all_runs() -> Backend {
    let distribution_temporality = Temporality::Cumulative;
    Backend::new("all_runs")
        .with_capabilities(Capabilities { distribution_temporality, ..Capabilities::default() })
}

/// The number of values of each stored distribution.
fn counts(backend: &Backend) -> Vec<u64> {
    backend.distributions().iter().map(Distribution::count).collect()
}

#[tokio::test(start_paused = true)]
async fn each_backend_gets_the_values_of_each_run_or_of_all_runs_and_none_twice() {
    let scene = Scene::with_metrics([durations()]);
    let (each_run, all_runs) = (each_run(), all_runs());
    for behaviour in [Behaviour::Accept, Behaviour::StoreWithoutResponse, Behaviour::Leave, Behaviour::Accept]
    {
        each_run.set_behaviour(behaviour);
        all_runs.set_behaviour(behaviour);
        scene.push(&[&each_run, &all_runs]).await;
    }

    assert_eq!(
        counts(&each_run),
        [10; 4],
        "the values of the third run were delivered with those of the fourth"
    );
    assert_eq!(counts(&all_runs).into_iter().max(), Some(40));
}

#[tokio::test(start_paused = true)]
async fn if_a_run_cannot_be_recorded_its_values_do_not_look_like_a_restart() {
    let scene = Scene::with_metrics([durations()]);
    let (each_run, all_runs) = (each_run(), all_runs());
    let push = async || scene.push(&[&each_run, &all_runs]).await;
    push().await;

    let file = Connection::open(scene.folder.path().join("state.db")).unwrap();
    file.execute_batch(
        "CREATE TRIGGER failing BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'a full disk'); END",
    )
    .unwrap();
    let failed = push().await;
    file.execute_batch("DROP TRIGGER failing").unwrap();
    push().await;

    assert_eq!(counts(&each_run), [10; 3]);
    assert_eq!(counts(&all_runs), [10, 20], "the values of the second run are lost");
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
    let scene = Scene::with_metrics([durations()]);
    let (each_run, all_runs) = (each_run(), all_runs());
    let builder = scene.builder(&[&each_run, &all_runs]).without_state().without_self_metrics();

    let pushed = receipts(&scene.run(&builder.build().unwrap(), Mode::Push).await);

    assert_eq!((counts(&each_run), counts(&all_runs)), (vec![10], vec![]));
    assert_eq!((pushed[0].lost, pushed[1].lost), (0, 1));
    let error = pushed[1].error.as_deref();
    assert_eq!(
        error,
        Some("without state, the distributions of all runs are not known, so they are not sent")
    );
}
