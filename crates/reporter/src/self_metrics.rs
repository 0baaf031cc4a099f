//! Metrics about the reporter itself, collected like all others once the run's metrics are delivered.
//! They are delivered even when every other metric failed: as long as they come, someone watches.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use system_health_registry::{
    ApiCalls, Catalog, Context, FromContext, Outcome, Sample, SampleError, SourceOutcome, State, Tag,
    Unavailable, about_reporter, system_health_metric,
};

use crate::Receipt;

/// A run that is over but for the metrics about it.
#[derive(Debug, Clone)]
pub(crate) struct FinishedRun(Arc<RunFacts>);

#[derive(Debug)]
pub(crate) struct RunFacts {
    /// The time that the run's points carry.
    pub(crate) timestamp: SystemTime,
    /// How each metric ended the run.
    pub(crate) endings: Vec<Ending>,
    /// How each source ended the run.
    pub(crate) sources: Vec<SourceOutcome>,
    /// How long everything took until now.
    pub(crate) duration: Duration,
    /// What became of the deliveries, if there were any, with the tags of each destination.
    pub(crate) receipts: Vec<(Vec<Tag>, Receipt)>,
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

impl From<RunFacts> for FinishedRun {
    fn from(facts: RunFacts) -> Self {
        Self(Arc::new(facts))
    }
}

impl FromContext for FinishedRun {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Err(Unavailable::no_data("only known at the end of a run"))
    }
}

/// The metrics about a run.
pub(crate) fn of(catalog: Catalog) -> Catalog {
    catalog.filter(about_reporter::is_about)
}

/// The metrics that a run collects.
#[must_use]
pub fn without_self_metrics(catalog: Catalog) -> Catalog {
    catalog.filter(|key| !about_reporter::is_about(key))
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

    /// A sample for each destination that something was delivered to.
    fn by_destination(&self, value: impl Fn(&Receipt) -> u64) -> Result<Vec<Sample>, Unavailable> {
        let receipts = self.receipts()?.iter();
        let samples = receipts.map(|(tags, receipt)| tagged(Sample::new(count(value(receipt)))?, tags));
        Ok(samples.collect::<Result<_, SampleError>>()?)
    }

    fn receipts(&self) -> Result<&[(Vec<Tag>, Receipt)], Unavailable> {
        match self.0.receipts.as_slice() {
            [] => Err(Unavailable::no_data("nothing was delivered")),
            receipts => Ok(receipts),
        }
    }

    /// A sample for each source.
    fn by_source(&self, value: impl Fn(&SourceOutcome) -> f64) -> Result<Vec<Sample>, SampleError> {
        let sources = self.0.sources.iter();
        sources.map(|source| Sample::new(value(source))?.with_tag("metric_source", &source.name)).collect()
    }
}

fn tagged(sample: Sample, tags: &[Tag]) -> Result<Sample, SampleError> {
    tags.iter().try_fold(sample, |sample, tag| match tag.as_str().split_once(':') {
        Some((name, value)) => sample.with_tag(name, value),
        None => Ok(sample),
    })
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
    by_state(&run.0.endings.iter().map(|ending| ending.state))
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

/// 1 for each metric that had a value or honestly no data, 0 for one that failed, for any of its subjects or items. The
/// same for each source: 0 for one that failed, or of which a metric was refused.
#[system_health_metric(key = "system_health.reporter.collector_success", aggregate = "min", goal = "== 1")]
fn collector_success(run: FinishedRun) -> Result<Vec<Sample>, SampleError> {
    let of_metric = |ending: &Ending| f64::from(ending.state != State::Error && ending.failures == 0);
    let is_well =
        |source: &SourceOutcome| State::from(&source.result) != State::Error && source.refused.is_empty();
    let mut samples = run.by_metric(|ending| Some(of_metric(ending)), f64::min)?;
    samples.extend(run.by_source(|source| f64::from(is_well(source)))?);
    Ok(samples)
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

/// Sources of metrics by the state in which they ended: `value`, `no_data` or `error`.
#[system_health_metric(key = "system_health.reporter.sources", aggregate = "sum", unit = "source")]
fn sources(run: FinishedRun) -> Result<Vec<Sample>, SampleError> {
    by_state(&run.0.sources.iter().map(|source| State::from(&source.result)))
}

/// Metrics of each source that were refused, because their keys are in use elsewhere or their facts are not valid.
#[system_health_metric(key = "system_health.reporter.refused_metrics", aggregate = "sum", unit = "metric")]
fn refused_metrics(run: FinishedRun) -> Result<Vec<Sample>, SampleError> {
    run.by_source(|source| count(source.refused.len() as u64))
}

/// What became of the points, at each destination: `accepted` or `refused` by it, `left` for the next run, `unknown`
/// where a backend that adds up may have them, or `lost` because no state is kept.
#[system_health_metric(key = "system_health.reporter.points", aggregate = "sum", unit = "point")]
fn points(run: FinishedRun) -> Result<Vec<Sample>, Unavailable> {
    let mut samples = Vec::new();
    for (tags, receipt) in run.receipts()? {
        for (result, points) in [
            ("accepted", receipt.accepted + receipt.accepted_earlier),
            ("refused", receipt.refused_series()),
            ("left", receipt.left),
            ("unknown", receipt.unknown),
            ("lost", receipt.lost),
        ] {
            samples.push(tagged(Sample::new(count(points))?, tags)?.with_tag("result", result)?);
        }
    }
    Ok(samples)
}

/// Points that wait in the outbox of each destination for the next run.
#[system_health_metric(
    key = "system_health.reporter.outbox_points",
    aggregate = "sum",
    unit = "point",
    goal = "== 0"
)]
fn outbox_points(run: FinishedRun) -> Result<Vec<Sample>, Unavailable> {
    run.by_destination(|receipt| receipt.left)
}

/// Points that were dropped because they had become too old for the destination.
#[system_health_metric(
    key = "system_health.reporter.points_expired",
    aggregate = "sum",
    unit = "point",
    goal = "== 0"
)]
fn points_expired(run: FinishedRun) -> Result<Vec<Sample>, Unavailable> {
    run.by_destination(|receipt| receipt.expired)
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

/// A sample for each state.
fn by_state(states: &(impl Iterator<Item = State> + Clone)) -> Result<Vec<Sample>, SampleError> {
    let number = |state| states.clone().filter(|other| *other == state).count() as u64;
    [State::Value, State::NoData, State::Error]
        .into_iter()
        .map(|state| Sample::new(count(number(state)))?.with_tag("state", state.name()))
        .collect()
}

/// A count as a value.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
fn count(number: u64) -> f64 {
    number as f64
}
