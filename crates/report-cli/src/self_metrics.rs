//! Metrics about the reporter itself, collected like all others once the run's metrics are delivered.
//! They are delivered even when every other metric failed: as long as they come, someone watches.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use system_health_registry::{
    ApiCalls, Catalog, CatalogError, Context, FromContext, Metric, Outcome, Sample, SampleError, Unavailable,
    system_health_metric,
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
    pub(crate) last_values: BTreeMap<String, SystemTime>,
    /// The requests that were made.
    pub(crate) api_calls: ApiCalls,
}

/// How a metric ended the run.
#[derive(Debug)]
pub(crate) struct Ending {
    key: &'static str,
    state: &'static str,
    duration: Duration,
}

impl From<&Outcome> for Ending {
    fn from(outcome: &Outcome) -> Self {
        Self { key: outcome.metric.key(), state: outcome.state.name(), duration: outcome.duration }
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
    metric.source().crate_name() == env!("CARGO_CRATE_NAME")
}

/// The metrics that a run collects, and those about the run.
pub(crate) fn split(catalog: &Catalog) -> Result<(Catalog, Catalog), CatalogError> {
    let part = |about_itself| {
        Catalog::new(
            catalog.metrics().iter().copied().filter(|metric| is_about_itself(metric) == about_itself),
        )
    };
    Ok((part(false)?, part(true)?))
}

impl FinishedRun {
    /// One sample for each metric of the run.
    fn by_metric(&self, value: impl Fn(&Ending) -> Option<f64>) -> Result<Vec<Sample>, SampleError> {
        let endings = self.0.endings.iter();
        endings
            .filter_map(|ending| Some((ending.key, value(ending)?)))
            .map(|(key, value)| Sample::new(value)?.with_tag("metric", key))
            .collect()
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

/// Metrics of the run by the state in which they ended: `value`, `no_data` or `error`.
#[system_health_metric(key = "system_health.reporter.metrics", aggregate = "sum", unit = "metric")]
fn metrics(run: FinishedRun) -> Result<Vec<Sample>, SampleError> {
    let count_in = |state| count(run.0.endings.iter().filter(|ending| ending.state == state).count() as u64);
    ["value", "no_data", "error"]
        .into_iter()
        .map(|state| Sample::new(count_in(state))?.with_tag("state", state))
        .collect()
}

/// How long each metric took to be collected.
#[system_health_metric(
    key = "system_health.reporter.collector_duration_seconds",
    aggregate = "max",
    unit = "second"
)]
fn collector_duration(run: FinishedRun) -> Result<Vec<Sample>, SampleError> {
    run.by_metric(|ending| Some(ending.duration.as_secs_f64()))
}

/// 1 for each metric that had a value or honestly no data, 0 for one that failed.
#[system_health_metric(key = "system_health.reporter.collector_success", aggregate = "min", goal = "== 1")]
fn collector_success(run: FinishedRun) -> Result<Vec<Sample>, SampleError> {
    run.by_metric(|ending| Some(if ending.state == "error" { 0.0 } else { 1.0 }))
}

/// The age of each metric's last value, from the history in the state folder, by the times of their points;
/// nothing for a metric that never had one, or one that is dated ahead.
#[system_health_metric(
    key = "system_health.reporter.last_value_age_seconds",
    aggregate = "max",
    unit = "second"
)]
fn last_value_age(run: FinishedRun) -> Result<Vec<Sample>, SampleError> {
    run.by_metric(|ending| {
        let last = run.0.last_values.get(ending.key)?;
        Some(run.0.timestamp.duration_since(*last).ok()?.as_secs_f64())
    })
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
