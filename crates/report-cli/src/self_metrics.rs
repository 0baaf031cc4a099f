//! Metrics about the reporter itself, collected like all others once the run's metrics are delivered.
//! They are delivered even when every other metric failed: as long as they come, someone watches.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, SystemTime},
};

use system_health_registry::{
    ApiCalls, Catalog, CatalogError, Context, FromContext, Metric, Outcome, Sample, SampleError, State,
    Unavailable, system_health_metric,
};

use crate::delivery::{DATADOG, Receipt};

/// A run that is over but for the metrics about it.
#[derive(Debug, Clone)]
pub(crate) struct FinishedRun(Arc<Facts>);

#[derive(Debug)]
pub(crate) struct Facts {
    /// The time that the run's points carry.
    pub(crate) timestamp: SystemTime,
    /// How each metric ended the run.
    pub(crate) endings: Vec<Ending>,
    /// How long everything took until now.
    pub(crate) duration: Duration,
    /// What became of the delivery, if there was one.
    pub(crate) receipt: Option<Receipt>,
    /// When each metric last had a value.
    pub(crate) last_values: BTreeMap<(String, String), SystemTime>,
    /// The requests that were made.
    pub(crate) api_calls: ApiCalls,
}

/// How a metric ended the run.
#[derive(Debug)]
pub(crate) struct Ending {
    key: String,
    /// The name of the metric's subject; empty if it has none.
    subject: String,
    state: State,
    /// The number of items that failed beside the samples.
    failures: usize,
    duration: Duration,
}

impl From<&Outcome> for Ending {
    fn from(outcome: &Outcome) -> Self {
        Self {
            key: outcome.metric.key().to_owned(),
            subject: outcome.subject.as_ref().map_or_else(String::new, |subject| subject.name().to_owned()),
            state: outcome.state(),
            failures: outcome.failures().len(),
            duration: outcome.duration,
        }
    }
}

impl From<Facts> for FinishedRun {
    fn from(facts: Facts) -> Self {
        Self(Arc::new(facts))
    }
}

impl FromContext for FinishedRun {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Err(Unavailable::no_data("only known at the end of a run"))
    }
}

/// Whether a metric is one of these.
pub(crate) fn is_about_itself(metric: &Metric) -> bool {
    metric.location().crate_name() == Some(env!("CARGO_CRATE_NAME"))
}

/// The metrics that a run collects, and those about the run.
pub(crate) fn split(catalog: &Catalog) -> Result<(Catalog, Catalog), CatalogError> {
    let about_itself = catalog.metrics().iter().filter(|metric| is_about_itself(metric)).cloned();
    let about_itself = Catalog::new(about_itself)?;
    let keys: BTreeSet<String> =
        about_itself.metrics().iter().map(|metric| metric.key().to_owned()).collect();
    Ok((catalog.clone().filter(move |key| !keys.contains(key)), about_itself))
}

impl FinishedRun {
    /// One sample for each metric of the run. Of a metric with several subjects, the value that `worse` prefers counts.
    fn by_metric(
        &self,
        value: impl Fn(&Ending) -> Option<f64>,
        worse: fn(f64, f64) -> f64,
    ) -> Result<Vec<Sample>, SampleError> {
        let mut by_metric = BTreeMap::<&str, f64>::new();
        for ending in &self.0.endings {
            if let Some(value) = value(ending) {
                by_metric
                    .entry(&ending.key)
                    .and_modify(|worst| *worst = worse(*worst, value))
                    .or_insert(value);
            }
        }
        by_metric.into_iter().map(|(key, value)| Sample::new(value)?.with_tag("metric", key)).collect()
    }

    fn receipt(&self) -> Result<&Receipt, Unavailable> {
        self.0.receipt.as_ref().ok_or_else(|| Unavailable::no_data("nothing was delivered"))
    }
}

/// How long the run took, from its start until its values were delivered.
#[system_health_metric(
    key = "system_health.reporter.run_duration_seconds",
    aggregate = "max",
    unit = "second"
)]
fn run_duration(run: FinishedRun) -> Duration {
    run.0.duration
}

/// Metrics of the run by the state in which they ended: `value`, `no_data` or `error`. A metric with several subjects
/// counts once for each.
#[system_health_metric(key = "system_health.reporter.metrics", aggregate = "sum", unit = "metric")]
fn metrics(run: FinishedRun) -> Result<Vec<Sample>, SampleError> {
    let count_in = |state| count(run.0.endings.iter().filter(|ending| ending.state == state).count() as u64);
    [State::Value, State::NoData, State::Error]
        .into_iter()
        .map(|state| Sample::new(count_in(state))?.with_tag("state", state.name()))
        .collect()
}

/// How long each metric took to be collected, for the slowest of its subjects.
#[system_health_metric(
    key = "system_health.reporter.collector_duration_seconds",
    aggregate = "max",
    unit = "second"
)]
fn collector_duration(run: FinishedRun) -> Result<Vec<Sample>, SampleError> {
    run.by_metric(|ending| Some(ending.duration.as_secs_f64()), f64::max)
}

/// 1 for each metric that had a value or honestly no data, 0 for one that failed, for any of its subjects or items.
#[system_health_metric(key = "system_health.reporter.collector_success", aggregate = "min", goal = "== 1")]
fn collector_success(run: FinishedRun) -> Result<Vec<Sample>, SampleError> {
    let success = |ending: &Ending| f64::from(ending.state != State::Error && ending.failures == 0);
    run.by_metric(|ending| Some(success(ending)), f64::min)
}

/// The age of each metric's last value, from the history in the state folder, by the times of their points, for the
/// subject of the run with the oldest one; nothing for a metric that never had one, or one that is dated ahead.
#[system_health_metric(
    key = "system_health.reporter.last_value_age_seconds",
    aggregate = "max",
    unit = "second"
)]
fn last_value_age(run: FinishedRun) -> Result<Vec<Sample>, SampleError> {
    let age = |ending: &Ending| {
        let last = run.0.last_values.get(&(ending.key.clone(), ending.subject.clone()))?;
        Some(run.0.timestamp.duration_since(*last).ok()?.as_secs_f64())
    };
    run.by_metric(age, f64::max)
}

/// Items that failed beside the samples of a metric, such as one queue of many.
#[system_health_metric(key = "system_health.reporter.failed_items", aggregate = "sum", unit = "item")]
fn failed_items(run: FinishedRun) -> Result<Vec<Sample>, SampleError> {
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 items")]
    let failures = |ending: &Ending| ending.failures as f64;
    run.by_metric(|ending| Some(failures(ending)), |sum, more| sum + more)
}

/// What became of the points: `accepted` or `refused` by the sink, `left` for the next run, or `lost` because no
/// state is kept.
#[system_health_metric(key = "system_health.reporter.points", aggregate = "sum", unit = "point")]
fn points(run: FinishedRun) -> Result<Vec<Sample>, Unavailable> {
    let receipt = run.receipt()?;
    let results = [
        ("accepted", count(receipt.accepted + receipt.accepted_earlier)),
        ("refused", count(receipt.refused_series())),
        ("left", count(receipt.left)),
        ("lost", count(receipt.lost)),
    ];
    let samples: Result<Vec<Sample>, SampleError> = results
        .into_iter()
        .map(|(result, count)| Sample::new(count)?.with_tag("sink", DATADOG)?.with_tag("result", result))
        .collect();
    Ok(samples?)
}

/// Points that wait in the outbox for the next run.
#[system_health_metric(
    key = "system_health.reporter.outbox_points",
    aggregate = "sum",
    unit = "point",
    goal = "== 0"
)]
fn outbox_points(run: FinishedRun) -> Result<Sample, Unavailable> {
    Ok(Sample::new(count(run.receipt()?.left))?.with_tag("sink", DATADOG)?)
}

/// Points that were dropped because they had become too old for the sink.
#[system_health_metric(
    key = "system_health.reporter.points_expired",
    aggregate = "sum",
    unit = "point",
    goal = "== 0"
)]
fn points_expired(run: FinishedRun) -> Result<Sample, Unavailable> {
    Ok(Sample::new(count(run.receipt()?.expired))?.with_tag("sink", DATADOG)?)
}

/// Requests to other systems' APIs by the status of their answers; `no_answer` where none came.
#[system_health_metric(key = "system_health.reporter.api_requests", aggregate = "sum", unit = "request")]
fn api_requests(run: FinishedRun) -> Result<Vec<Sample>, SampleError> {
    let calls = run.0.api_calls.by_status().into_iter();
    calls
        .map(|calls| {
            let status = calls.status.map_or_else(|| "no_answer".to_owned(), |status| status.to_string());
            Sample::new(count(calls.count))?.with_tag("api", calls.api)?.with_tag("status", &status)
        })
        .collect()
}

/// How long a request to another system's API took, on average over the run.
#[system_health_metric(
    key = "system_health.reporter.api_latency_seconds",
    aggregate = "max",
    unit = "second"
)]
fn api_latency(run: FinishedRun) -> Result<Vec<Sample>, SampleError> {
    let mut totals = BTreeMap::<&str, (u64, Duration)>::new();
    for calls in run.0.api_calls.by_status() {
        let (requests, duration) = totals.entry(calls.api).or_default();
        *requests += calls.count;
        *duration += calls.duration;
    }
    totals
        .into_iter()
        .map(|(api, (requests, duration))| {
            Sample::new(duration.as_secs_f64() / count(requests))?.with_tag("api", api)
        })
        .collect()
}

/// Requests that GitHub still grants in its current window.
/// See <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>.
#[system_health_metric(
    key = "system_health.reporter.github_rate_limit_remaining",
    aggregate = "min",
    unit = "request"
)]
fn github_rate_limit_remaining(run: FinishedRun) -> Option<u64> {
    run.0.api_calls.quota("github")
}

/// A count as a value.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
fn count(number: u64) -> f64 {
    number as f64
}
