//! Pushes in the background.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use futures::FutureExt;
use system_health_registry::{
    Capabilities, Catalog, Distribution, Facts, IntoReading, Kind, Metric, Repeat, Sample, Settings,
    Temporality, location,
};
use system_health_reporter::Reporter;
use tokio::{
    runtime::Builder,
    sync::{Notify, mpsc::unbounded_channel},
};

use crate::backend::{Backend, Behaviour, Scene, metric};

/// A reporter without state.
fn reporter(backend: &Backend, metric: Metric) -> Reporter {
    Reporter::builder(Settings::default())
        .catalog(Catalog::new([metric]).unwrap())
        .destination(backend.clone())
        .without_state()
        .without_self_metrics()
        .build()
        .unwrap()
}

fn reporter_of_a() -> Reporter {
    reporter(&Backend::new("backend"), metric(Facts::new("a", "For a test."), 1.0))
}

/// The message of a panic.
fn message(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap()
}

#[tokio::test]
async fn a_reporter_pushes_at_once_and_a_last_time_when_it_is_finished() {
    let collected = Arc::new(Notify::new());
    let notify = Arc::clone(&collected);
    let metric = Metric::new(Facts::new("a", "For a test."), location!(), move |_| {
        notify.notify_one();
        async { 1.0.into_reading() }.boxed()
    });
    let backend = Backend::new("backend");

    let running = reporter(&backend, metric).push_every(Duration::from_hours(1));
    collected.notified().await;
    let last = running.finish().await.unwrap();

    assert!(last.is_delivered());
    assert_eq!(last.deliveries[0].receipt().unwrap().accepted, 1);
    assert_eq!(backend.stored().len(), 2);
}

#[tokio::test]
async fn a_program_gets_the_result_of_each_push() {
    let backend = Backend::new("backend").with_behaviour(Behaviour::Leave);
    let reporter = reporter(&backend, metric(Facts::new("a", "For a test."), 1.0));
    let (results, mut received) = unbounded_channel();

    let running = reporter.push_every_with(Duration::from_hours(1), move |result| {
        results.send(result.as_ref().unwrap().is_delivered()).unwrap();
    });
    assert_eq!(received.recv().await, Some(false));
    backend.set_behaviour(Behaviour::Accept);
    let last = running.finish().await.unwrap();

    assert!(last.is_delivered());
    assert_eq!(received.recv().await, Some(true));
    assert_eq!(received.recv().await, None, "there was no other push");
}

/// The second push follows at once, so usually in the same second and in the same schedule slot. If its points had the time of
/// the first push, its values would count as repeated and not be delivered.
#[tokio::test(start_paused = true)]
async fn a_second_push_in_a_slot_delivers_what_was_recorded_since_the_first() {
    let collected = Arc::new(Notify::new());
    let (notify, total) = (Arc::clone(&collected), Arc::new(AtomicU64::new(0)));
    let start = SystemTime::now();
    let jobs =
        Metric::new(Facts::new("jobs", "For a test.").with_kind(Kind::Counter), location!(), move |_| {
            notify.notify_one();
            let total = total.fetch_add(10, Ordering::Relaxed) + 10;
            async move { Sample::new(total)?.with_start(start).into_reading() }.boxed()
        });
    let facts = Facts::new("seconds", "For a test.").with_kind(Kind::Distribution);
    let seconds = Metric::new(facts, location!(), |_| {
        async { Distribution::from_values([1.0])?.into_reading() }.boxed()
    });
    let scene = Scene::with_metrics([jobs, seconds]);
    let backend = Backend::new("backend").with_capabilities(Capabilities {
        counter_temporality: Temporality::Delta,
        distributions: Repeat::AddsUp,
        ..Capabilities::default()
    });
    // The counter starts while the reporter is already watching, so its first total is an increase and not a baseline.
    let builder = scene.builder(&[&backend]).without_self_metrics().watching_since(SystemTime::UNIX_EPOCH);
    let reporter = builder.align(Duration::from_mins(15)).build().unwrap();

    let running = reporter.push_every(Duration::from_hours(1));
    collected.notified().await;
    let last = running.finish().await.unwrap();

    assert!(last.is_delivered());
    assert_eq!(last.deliveries[0].receipt().unwrap().repeated, 0);
    assert_eq!(backend.stored(), [("jobs".to_owned(), 10.0), ("jobs".to_owned(), 10.0)]);
    assert_eq!(backend.distributions().len(), 2);
}

#[test]
fn push_every_without_a_runtime_with_timers_panics_and_says_what_is_missing() {
    let push = || catch_unwind(AssertUnwindSafe(|| reporter_of_a().push_every(Duration::from_hours(1))));

    let without_runtime = push().unwrap_err();
    let runtime = Builder::new_current_thread().build().unwrap();
    let entered = runtime.enter();
    let without_timers = push().unwrap_err();
    drop(entered);

    assert_eq!(
        message(&*without_runtime),
        "`push_every` and `push_every_with` must be called inside a Tokio runtime"
    );
    let text = message(&*without_timers);
    assert!(text.contains("Call `enable_time` on the runtime builder"), "{text}");
}

#[test]
fn the_last_push_needs_the_runtime_of_the_earlier_pushes() {
    let runtime = || Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    let running = first.block_on(async { reporter_of_a().push_every(Duration::from_hours(1)) });
    drop(first);

    let error = runtime().block_on(running.finish()).unwrap_err();

    assert_eq!(
        error.to_string(),
        "the last push did not happen: the runtime of the periodic pushes has ended; call `finish` before that"
    );
}
