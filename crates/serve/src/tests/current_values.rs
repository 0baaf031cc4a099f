//! No outdated number is shown: not after a failure, not if runs stop, and not if the settings have removed the metric.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::FutureExt;
use system_health_registry::{Catalog, Facts, IntoReading, Metric, Unavailable};
use system_health_reporter::FinishedRun;

use super::stage::{Stage, at, builder, configuration, metric, one};
use crate::latest::Latest;

/// A metric that has a value in its first collections only.
fn failing_after(collections: u64, facts: Facts) -> Metric {
    let count = Arc::new(AtomicU64::new(0));
    metric(facts, move || {
        let has_value = count.fetch_add(1, Ordering::Relaxed) < collections;
        async move { if has_value { 7.0.into_reading() } else { Err(Unavailable::from("503")) } }.boxed()
    })
}

async fn after(runs: usize, metrics: Vec<Metric>) -> Arc<Latest> {
    let stage = Stage::new(at(0));
    let catalog = Catalog::new(metrics.clone()).unwrap();
    stage.runs(configuration(builder(metrics, &[]), 60, catalog), runs).await.1
}

fn keys(latest: &Latest, seconds: u64) -> Vec<String> {
    let keys = latest.points(at(seconds)).0.into_iter().map(|point| point.key);
    keys.filter(|key| !key.starts_with("system_health.")).collect()
}

#[tokio::test(start_paused = true)]
async fn a_metric_that_fails_disappears() {
    let metrics = || vec![one("a"), failing_after(1, Facts::new("b", "For a test."))];

    assert_eq!(keys(&*after(1, metrics()).await, 1), ["a", "b"]);
    assert_eq!(keys(&*after(2, metrics()).await, 61), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn values_disappear_after_three_slots_without_a_run() {
    let latest = after(1, vec![one("a")]).await;

    assert_eq!(keys(&latest, 180), ["a"]);
    assert!(latest.readiness(at(180)).is_ok());
    assert!(latest.points(at(181)).0.is_empty());
    assert!(latest.readiness(at(181)).is_err());
}

#[tokio::test(start_paused = true)]
async fn values_disappear_if_the_clock_is_set_back_and_no_run_follows() {
    let latest = after(1, vec![one("a")]).await;
    let before = |seconds| at(0) - Duration::from_secs(seconds);

    assert!(latest.readiness(before(180)).is_ok());
    assert_eq!(
        latest.readiness(before(181)).unwrap_err().to_string(),
        "not ready: the clock was set back, and no run has finished since"
    );
    assert!(latest.points(before(181)).0.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_rare_metric_keeps_its_value_between_its_collections() {
    let rarely = |facts: Facts| facts.with_every(Duration::from_mins(5));
    let rare = || vec![one("a"), failing_after(1, rarely(Facts::new("rare", "For a test.")))];

    assert_eq!(keys(&*after(5, rare()).await, 241), ["a", "rare"]);
    assert_eq!(keys(&*after(6, rare()).await, 301), ["a"], "it failed when it was due");
}

#[tokio::test(start_paused = true)]
async fn a_metric_that_the_settings_removed_disappears_with_the_next_run() {
    let stage = Stage::new(at(0));
    let rare = metric(Facts::new("rare", "For a test.").with_every(Duration::from_hours(1)), || {
        async { 1.0.into_reading() }.boxed()
    });
    let catalog = || Catalog::new([one("a")]).unwrap();
    let reload = async || Some(configuration(builder([one("a")], &[]), 60, catalog()));
    let next = |runs, _: &FinishedRun| match runs {
        1 => stage.reload.send(()).unwrap(),
        _ => stage.stop(),
    };

    let first = configuration(builder([one("a"), rare], &[]), 60, catalog());
    let (_, latest) = stage.run(first, reload, next).await;

    assert_eq!(keys(&latest, 61), ["a"]);
}
