//! Pushes in the background.

use std::{
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
use tokio::sync::Notify;

use crate::backend::{Backend, Scene};

#[tokio::test]
async fn a_reporter_pushes_at_once_and_a_last_time_when_it_is_finished() {
    let collected = Arc::new(Notify::new());
    let notify = Arc::clone(&collected);
    let metric = Metric::new(Facts::new("a", "For a test."), location!(), move |_| {
        notify.notify_one();
        async { 1.0.into_reading() }.boxed()
    });
    let backend = Backend::new("backend");
    let reporter = Reporter::builder(Settings::default())
        .catalog(Catalog::new([metric]).unwrap())
        .destination(backend.clone())
        .without_state()
        .without_self_metrics()
        .build()
        .unwrap();

    let running = reporter.push_every(Duration::from_hours(1));
    collected.notified().await;
    let last = running.finish().await.unwrap();

    assert!(last.is_delivered());
    assert_eq!(last.deliveries[0].receipt().unwrap().accepted, 1);
    assert_eq!(backend.stored().len(), 2);
}

/// Both pushes are in one second, and in one schedule slot.
#[tokio::test(start_paused = true)]
async fn what_was_recorded_since_the_last_push_is_delivered_whatever_the_slot() {
    let collected = Arc::new(Notify::new());
    let (notify, total) = (Arc::clone(&collected), Arc::new(AtomicU64::new(0)));
    let start = SystemTime::now() + Duration::from_secs(1);
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
    let builder = scene.builder(&[&backend]).without_self_metrics().align(Duration::from_mins(15));

    let running = builder.build().unwrap().push_every(Duration::from_hours(1));
    collected.notified().await;
    let last = running.finish().await.unwrap();

    assert!(last.is_delivered());
    assert_eq!(last.deliveries[0].receipt().unwrap().repeated, 0);
    assert_eq!(backend.stored(), [("jobs".to_owned(), 10.0), ("jobs".to_owned(), 10.0)]);
    assert_eq!(backend.distributions().len(), 2);
}
