//! Pushes in the background.

use std::{sync::Arc, time::Duration};

use futures::FutureExt;
use system_health_registry::{Catalog, Facts, IntoReading, Metric, Settings, location};
use system_health_reporter::Reporter;
use tokio::sync::Notify;

use crate::backend::Backend;

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
