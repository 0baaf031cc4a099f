//! Runs: metrics do not affect each other, and outcomes are observed and sorted.

mod common;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use common::{lines, linked, run};
use insta::assert_snapshot;
use system_health_registry::{
    Catalog, Context, Engine, Facts, FromContext, Metric, Outcome, OutcomeState, Progress, Reading, Sample,
    SampleError, Unavailable, location, system_health_metric,
};
use tokio::sync::{Barrier, Notify};

/// A sync collector panics.
#[system_health_metric(key = "panic.sync")]
fn sync_panic() -> u64 {
    panic!("a text")
}

/// An async collector panics with a formatted message.
#[system_health_metric(key = "panic.async")]
async fn async_panic() -> u64 {
    let numbers: Vec<u64> = std::future::ready(vec![]).await;
    numbers[numbers.len()]
}

/// A panic may have any payload.
#[system_health_metric(key = "panic.odd")]
fn odd_panic() -> u64 {
    std::panic::panic_any(7_u8)
}

/// Does not panic.
#[system_health_metric(key = "panic.unharmed")]
fn unharmed() -> u64 {
    7
}

#[derive(Debug, thiserror::Error)]
#[error("cannot count commits")]
struct CountError(#[source] std::num::ParseIntError);

/// An error with a cause.
#[system_health_metric(key = "state.error")]
fn error() -> Result<u64, CountError> {
    "many".parse().map_err(CountError)
}

/// There is no data, for a stated reason.
#[system_health_metric(key = "state.no_data")]
fn no_data() -> Result<u64, Unavailable> {
    Err(Unavailable::no_data("the latest run was cancelled"))
}

/// Not a number.
#[system_health_metric(key = "state.nan")]
fn not_a_number() -> f64 {
    f64::NAN
}

/// Infinite.
#[system_health_metric(key = "state.infinite")]
fn infinite() -> f32 {
    1.0 / 0.0
}

/// Two samples without tags.
#[system_health_metric(key = "samples.untagged")]
fn untagged() -> Result<Vec<Sample>, SampleError> {
    Ok(vec![Sample::new(1.0)?, Sample::new(2.0)?])
}

/// Three samples, two of which have the same tags in Datadog's form.
#[system_health_metric(key = "samples.same")]
fn same_tags() -> Result<Vec<Sample>, SampleError> {
    let sample =
        |value: f64, queue: &str| Sample::new(value)?.with_tag("queue", queue)?.with_tag("host", "a");
    Ok(vec![sample(1.0, "Mail")?, sample(2.0, "print")?, sample(3.0, "mail")?])
}

/// Two samples that differ only by a tag that is also a tag of the metric.
#[system_health_metric(key = "samples.common", tags = ["team:platform"])]
fn common_tags() -> Result<Vec<Sample>, SampleError> {
    Ok(vec![Sample::new(1.0)?, Sample::new(2.0)?.with_tag("team", "platform")?])
}

/// Two samples, one of which has an additional tag.
#[system_health_metric(key = "samples.different")]
fn different_tags() -> Result<Vec<Sample>, SampleError> {
    Ok(vec![Sample::new(1.0)?, Sample::new(2.0)?.with_tag("queue", "mail")?])
}

/// The observer sends this signal when a metric has finished.
#[derive(Clone, Default)]
struct Signal(Arc<Notify>);

impl FromContext for Signal {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}

/// Is the first metric by key, and finishes last.
#[system_health_metric(key = "order.a")]
async fn last(signal: Signal) -> u64 {
    signal.0.notified().await;
    1
}

/// Is the last metric by key, and finishes first.
#[system_health_metric(key = "order.b")]
fn first() -> Result<u64, Unavailable> {
    Err("broken")?
}

#[tokio::test]
async fn a_panic_affects_only_its_own_metric() {
    let run = run("panic.", &Context::new()).await;

    assert_snapshot!(lines(&run), @"
    panic.async: error: the collector panicked: index out of bounds: the len is 0 but the index is 0
    panic.odd: error: the collector panicked: a value that is not text
    panic.sync: error: the collector panicked: a text
    panic.unharmed: value 7 []
    ");
}

#[tokio::test]
async fn a_failure_never_becomes_a_number() {
    let run = run("state.", &Context::new()).await;

    assert_snapshot!(lines(&run), @"
    state.error: error: cannot count commits: invalid digit found in string
    state.infinite: error: a value must be a finite number, this one is inf
    state.nan: error: a value must be a finite number, this one is NaN
    state.no_data: no data: the latest run was cancelled
    ");
}

#[tokio::test]
async fn samples_that_would_overwrite_each_other_are_an_error() {
    let run = run("samples.", &Context::new()).await;

    assert_snapshot!(lines(&run), @"
    samples.common: error: two samples have the same tags [team:platform]; each sample needs different tags
    samples.different: value 1 [] 2 [queue:mail]
    samples.same: error: two samples have the same tags [host:a, queue:mail]; each sample needs different tags
    samples.untagged: error: two samples have the same tags []; each sample needs different tags
    ");
}

#[tokio::test]
async fn progress_is_observed_and_outcomes_are_sorted_by_key() {
    let (signal, steps) = (Signal::default(), Arc::new(Mutex::new(Vec::new())));
    let context = Context::new().provide(signal.clone());
    let engine = Engine::new().with_observer({
        let steps = Arc::clone(&steps);
        move |progress| {
            let step = match progress {
                Progress::Planned { outcomes } => format!("{outcomes} planned"),
                Progress::Started(metric, _) => format!("{} started", metric.key()),
                Progress::Finished(outcome) => {
                    signal.0.notify_one();
                    let failed = outcome.state() == OutcomeState::Error;
                    format!("{} {}", outcome.metric.key(), if failed { "failed" } else { "finished" })
                }
                other => panic!("unexpected progress: {other:?}"),
            };
            steps.lock().unwrap().push(step);
        }
    });

    let run = engine.run(&linked("order."), &context).await;

    assert_eq!(
        *steps.lock().unwrap(),
        ["2 planned", "order.a started", "order.b started", "order.b failed", "order.a finished"]
    );
    assert_snapshot!(lines(&run), @"
    order.a: value 1 []
    order.b: error: broken
    ");
}

#[tokio::test]
async fn a_run_has_the_start_time_of_its_context() {
    let start = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);

    let run = run("samples.different", &Context::starting_at(start)).await;

    assert_eq!(run.started_at(), start);
    assert!(run.outcomes()[0].duration <= run.duration());
}

/// Makes a thousand collectors wait until all of them have started.
#[derive(Clone)]
struct Crowd(Arc<Barrier>);

impl FromContext for Crowd {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self(Arc::new(Barrier::new(1000))))
    }
}

// The clock is paused. If the collectors ran one after the other, it would jump to their timeouts.
#[tokio::test(start_paused = true)]
async fn a_thousand_metrics_run_concurrently() {
    let metrics = (0..1000).map(|number| {
        let facts = Facts::new(format!("crowd.metric_{number:04}"), "Meets the others.");
        Metric::new(facts, location!(), |context| {
            Box::pin(async move {
                context.get::<Crowd>().await?.0.wait().await;
                Reading::new(vec![Sample::new(1.0)?], vec![])
            })
        })
    });
    let catalog = Catalog::new(metrics).unwrap();

    let run = Engine::new().run(&catalog, &Context::new()).await;

    let values = run.outcomes().iter().flat_map(Outcome::samples).filter(|sample| *sample.value() != 0.0);
    assert_eq!(values.count(), 1000);
    assert!(run.outcomes().is_sorted_by(|one, next| one.metric.key() <= next.metric.key()));
    assert_eq!(run.outcomes().len(), 1000);
}
