//! Collectors of the reporter's metrics about itself, which [`self_metrics`] declares. They run after the delivery of the
//! run's points, even if all other metrics failed. As long as their values arrive, the reporter works.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use system_health_registry::{
    ApiCalls, Catalog, Context, FromContext, IntoReading, Metric, Outcome, OutcomeState, Sample, SampleError,
    SampleValue, SourceOutcome, Tag, Unavailable, location, register_metric,
    self_metrics::{self, is_self_metric},
};

use crate::Receipt;

/// Registers a function as the collector of a metric that is declared in [`self_metrics`].
macro_rules! self_metric {
    ($metric:ident, $collect:path) => {
        register_metric!(Metric::new(self_metrics::$metric.facts(), location!(), |context| {
            Box::pin(async move { $collect(&context.get().await?).into_reading() })
        }));
    };
}

self_metric!(API_LATENCY, api_latency);
self_metric!(API_REQUESTS, api_requests);
self_metric!(COLLECTOR_DURATION, collector_duration);
self_metric!(COLLECTOR_SUCCESS, collector_success);
self_metric!(FAILED_ITEMS, failed_items);
self_metric!(GITHUB_RATE_LIMIT_REMAINING, github_rate_limit_remaining);
self_metric!(LAST_VALUE_AGE, last_value_age);
self_metric!(METRICS, metrics);
self_metric!(OUTBOX_POINTS, outbox_points);
self_metric!(POINTS, points);
self_metric!(POINTS_EXPIRED, points_expired);
self_metric!(REFUSED_METRICS, refused_metrics);
self_metric!(RUN_DURATION, run_duration);
self_metric!(SKIPPED_SLOTS, skipped_slots);
self_metric!(SOURCES, sources);
self_metric!(SUBJECTS, subjects);

/// The result of a run, from which the collectors compute their values.
#[derive(Debug, Clone)]
pub(crate) struct SelfMetricsInput(Arc<RunResult>);

#[derive(Debug)]
pub(crate) struct RunResult {
    /// The time of the run's points.
    pub(crate) timestamp: SystemTime,
    /// The result of each metric, sorted by key.
    pub(crate) metric_results: Vec<MetricResult>,
    /// The result of each source.
    pub(crate) sources: Vec<SourceOutcome>,
    /// How long the run has taken so far.
    pub(crate) duration: Duration,
    /// The receipts of the deliveries, if there were any, with the tags of each destination.
    pub(crate) receipts: Vec<(Vec<Tag>, Receipt)>,
    /// When each metric last had a value, or was first collected if it never had one, by key and name of the subject.
    pub(crate) last_value_times: BTreeMap<(String, String), SystemTime>,
    /// The requests of the run.
    pub(crate) api_calls: ApiCalls,
    /// The number of slots that were skipped before the run, if it is part of a service.
    pub(crate) skipped_slots: Option<u64>,
}

/// The result of a metric, for one subject if it has subjects.
#[derive(Debug)]
pub(crate) struct MetricResult {
    key: String,
    /// The name of the metric's subject; empty if it has none.
    subject: String,
    state: OutcomeState,
    /// The number of failed items.
    failed_items: usize,
    duration: Duration,
}

impl From<&Outcome> for MetricResult {
    fn from(outcome: &Outcome) -> Self {
        Self {
            key: outcome.metric.key().to_owned(),
            subject: outcome.subject.as_ref().map_or_else(String::new, |subject| subject.name().to_owned()),
            state: outcome.state(),
            failed_items: outcome.failed_items().len(),
            duration: outcome.duration,
        }
    }
}

impl From<RunResult> for SelfMetricsInput {
    fn from(result: RunResult) -> Self {
        Self(Arc::new(result))
    }
}

impl FromContext for SelfMetricsInput {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Err(Unavailable::no_data("only known at the end of a run"))
    }
}

/// The metrics of a catalog that are about the reporter itself.
pub(crate) fn only_self_metrics(catalog: Catalog) -> Catalog {
    catalog.filter(is_self_metric)
}

/// The metrics of a catalog that are not about the reporter itself.
#[must_use]
pub fn without_self_metrics(catalog: Catalog) -> Catalog {
    catalog.filter(|key| !is_self_metric(key))
}

impl SelfMetricsInput {
    /// A sample for each metric of the run. `combine` combines the values of a metric with several subjects.
    fn by_metric<V: SampleValue>(
        &self,
        value: impl Fn(&MetricResult) -> Option<V>,
        combine: fn(f64, f64) -> f64,
    ) -> Result<Vec<Sample>, SampleError> {
        let mut by_metric = BTreeMap::<&str, f64>::new();
        for result in &self.0.metric_results {
            if let Some(value) = value(result).map(SampleValue::into_f64) {
                by_metric
                    .entry(&result.key)
                    .and_modify(|combined| *combined = combine(*combined, value))
                    .or_insert(value);
            }
        }
        by_metric.into_iter().map(|(key, value)| Sample::new(value)?.with_tag("metric", key)).collect()
    }

    /// A sample for each destination.
    fn by_destination(&self, value: impl Fn(&Receipt) -> u64) -> Result<Vec<Sample>, Unavailable> {
        let receipts = self.receipts()?.iter();
        let samples = receipts.map(|(tags, receipt)| with_tags(Sample::new(value(receipt))?, tags));
        Ok(samples.collect::<Result<_, SampleError>>()?)
    }

    fn receipts(&self) -> Result<&[(Vec<Tag>, Receipt)], Unavailable> {
        match self.0.receipts.as_slice() {
            [] => Err(Unavailable::no_data("nothing was delivered")),
            receipts => Ok(receipts),
        }
    }

    /// A sample for each source.
    fn by_source<V: SampleValue>(
        &self,
        value: impl Fn(&SourceOutcome) -> V,
    ) -> Result<Vec<Sample>, SampleError> {
        let sources = self.0.sources.iter();
        sources.map(|source| Sample::new(value(source))?.with_tag("metric_source", &source.name)).collect()
    }
}

fn with_tags(sample: Sample, tags: &[Tag]) -> Result<Sample, SampleError> {
    tags.iter().try_fold(sample, |sample, tag| match tag.as_str().split_once(':') {
        Some((name, value)) => sample.with_tag(name, value),
        None => Ok(sample),
    })
}

const STATES: [OutcomeState; 3] = [OutcomeState::Value, OutcomeState::NoData, OutcomeState::Error];

/// A sample for each state.
fn by_state(states: &(impl Iterator<Item = OutcomeState> + Clone)) -> Result<Vec<Sample>, SampleError> {
    let count = |state| states.clone().filter(|other| *other == state).count();
    STATES.into_iter().map(|state| Sample::new(count(state))?.with_tag("state", state.name())).collect()
}

fn run_duration(run: &SelfMetricsInput) -> Duration {
    run.0.duration
}

fn skipped_slots(run: &SelfMetricsInput) -> Result<u64, Unavailable> {
    run.0.skipped_slots.ok_or_else(|| Unavailable::no_data("the run is not part of a service"))
}

fn metrics(run: &SelfMetricsInput) -> Result<Vec<Sample>, SampleError> {
    by_state(&run.0.metric_results.iter().map(|result| result.state))
}

fn collector_duration(run: &SelfMetricsInput) -> Result<Vec<Sample>, SampleError> {
    run.by_metric(|result| Some(result.duration), f64::max)
}

fn collector_success(run: &SelfMetricsInput) -> Result<Vec<Sample>, SampleError> {
    let source_succeeded = |source: &SourceOutcome| {
        OutcomeState::from(&source.result) != OutcomeState::Error && source.refused.is_empty()
    };
    let by_metric = run.0.metric_results.chunk_by(|one, other| one.key == other.key);
    let of_metrics = by_metric.map(|results| {
        let good = results
            .iter()
            .filter(|result| result.state != OutcomeState::Error && result.failed_items == 0)
            .count();
        Sample::new(good.into_f64() / results.len().into_f64())?.with_tag("metric", &results[0].key)
    });
    let mut samples = of_metrics.collect::<Result<Vec<_>, _>>()?;
    samples.extend(run.by_source(source_succeeded)?);
    Ok(samples)
}

fn subjects(run: &SelfMetricsInput) -> Result<Vec<Sample>, SampleError> {
    let about_subjects = run.0.metric_results.iter().filter(|result| !result.subject.is_empty());
    let mut counts = BTreeMap::<&str, [usize; STATES.len()]>::new();
    for result in about_subjects {
        let of_metric = counts.entry(&result.key).or_default();
        for (count, state) in of_metric.iter_mut().zip(STATES) {
            *count += usize::from(result.state == state);
        }
    }
    let samples = counts.into_iter().flat_map(|(key, of_metric)| {
        of_metric.into_iter().zip(STATES).map(move |(count, state)| {
            Sample::new(count)?.with_tag("metric", key)?.with_tag("state", state.name())
        })
    });
    samples.collect()
}

fn last_value_age(run: &SelfMetricsInput) -> Result<Vec<Sample>, SampleError> {
    let age = |result: &MetricResult| {
        let last = run.0.last_value_times.get(&(result.key.clone(), result.subject.clone()))?;
        run.0.timestamp.duration_since(*last).ok()
    };
    run.by_metric(age, f64::max)
}

fn failed_items(run: &SelfMetricsInput) -> Result<Vec<Sample>, SampleError> {
    run.by_metric(|result| Some(result.failed_items), |sum, more| sum + more)
}

fn sources(run: &SelfMetricsInput) -> Result<Vec<Sample>, SampleError> {
    by_state(&run.0.sources.iter().map(|source| OutcomeState::from(&source.result)))
}

fn refused_metrics(run: &SelfMetricsInput) -> Result<Vec<Sample>, SampleError> {
    run.by_source(|source| source.refused.len())
}

fn points(run: &SelfMetricsInput) -> Result<Vec<Sample>, Unavailable> {
    let mut samples = Vec::new();
    for (tags, receipt) in run.receipts()? {
        for (result, points) in [
            ("accepted", receipt.accepted + receipt.accepted_earlier),
            ("refused", receipt.refused_series()),
            ("left", receipt.left),
            ("unknown", receipt.unknown),
            ("lost", receipt.lost),
        ] {
            samples.push(with_tags(Sample::new(points)?, tags)?.with_tag("result", result)?);
        }
    }
    Ok(samples)
}

fn outbox_points(run: &SelfMetricsInput) -> Result<Vec<Sample>, Unavailable> {
    run.by_destination(|receipt| receipt.left)
}

fn points_expired(run: &SelfMetricsInput) -> Result<Vec<Sample>, Unavailable> {
    run.by_destination(|receipt| receipt.expired)
}

fn api_requests(run: &SelfMetricsInput) -> Result<Vec<Sample>, SampleError> {
    let calls = run.0.api_calls.by_status().into_iter();
    calls
        .map(|calls| {
            let status = calls.status.map_or_else(|| "no_answer".to_owned(), |status| status.to_string());
            Sample::new(calls.count)?.with_tag("api", calls.api)?.with_tag("status", &status)
        })
        .collect()
}

fn api_latency(run: &SelfMetricsInput) -> Result<Vec<Sample>, SampleError> {
    let mut totals = BTreeMap::<&str, (u64, Duration)>::new();
    for calls in run.0.api_calls.by_status() {
        let (requests, duration) = totals.entry(calls.api).or_default();
        *requests += calls.count;
        *duration += calls.duration;
    }
    totals
        .into_iter()
        .map(|(api, (requests, duration))| {
            Sample::new(duration.as_secs_f64() / requests.into_f64())?.with_tag("api", api)
        })
        .collect()
}

fn github_rate_limit_remaining(run: &SelfMetricsInput) -> Option<u64> {
    run.0.api_calls.remaining("github")
}
