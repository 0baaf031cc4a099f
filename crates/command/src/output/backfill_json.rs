//! `report backfill` for programs: every reason, and every instant.

use std::time::SystemTime;

use humantime::format_rfc3339_seconds;
use serde::Serialize;
use system_health_registry::{OutcomeState, Tag};
use system_health_reporter::{Backfill, BackfillDifference, BackfilledMetric, WithoutValue};
use system_health_state::PastSample;

use super::{
    backfill::{NOT_DECLARED, SOURCE_REASON},
    distribution_summary::DistributionSummary,
    json::JsonRequestPlan,
    value::ExactValue,
};

/// A backfill as JSON for programs.
#[derive(Serialize)]
pub(crate) struct JsonBackfill<'a> {
    dry_run: bool,
    instants: JsonInstants,
    metrics: Vec<JsonMetric<'a>>,
    only_now: Vec<JsonOnlyNow<'a>>,
    requests: Vec<JsonRequestPlan<'a>>,
    interrupted: bool,
    complete_until: Option<String>,
}

#[derive(Serialize)]
struct JsonInstants {
    first: String,
    last: String,
    every_seconds: u64,
    count: usize,
}

#[derive(Serialize)]
struct JsonMetric<'a> {
    key: &'a str,
    added: u64,
    known: u64,
    kept_from_runs: u64,
    different: Vec<JsonDifference<'a>>,
    no_data: Vec<JsonReason<'a>>,
    errors: Vec<JsonReason<'a>>,
}

#[derive(Serialize)]
struct JsonReason<'a> {
    subject: &'a str,
    reason: &'a str,
    instants: Vec<String>,
}

#[derive(Serialize)]
struct JsonDifference<'a> {
    subject: &'a str,
    time: String,
    kept: Vec<JsonSample<'a>>,
    computed: Vec<JsonSample<'a>>,
}

#[derive(Serialize)]
struct JsonSample<'a> {
    value: Option<ExactValue>,
    // Left out for a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    distribution: Option<DistributionSummary>,
    tags: Vec<&'a str>,
}

#[derive(Serialize)]
struct JsonOnlyNow<'a> {
    /// The key of the metric. `None` for a source.
    key: Option<&'a str>,
    source: Option<&'a str>,
    reason: &'a str,
}

impl<'a> JsonBackfill<'a> {
    pub(crate) fn new(backfill: &'a Backfill, dry_run: bool) -> Self {
        let metrics = backfill.only_now.iter().map(|metric| {
            let reason = metric.only_now().unwrap_or(NOT_DECLARED);
            JsonOnlyNow { key: Some(metric.key()), source: None, reason }
        });
        let sources = backfill.sources.iter();
        let sources =
            sources.map(|source| JsonOnlyNow { key: None, source: Some(source), reason: SOURCE_REASON });
        Self {
            dry_run,
            instants: JsonInstants {
                first: time(backfill.instants.first()),
                last: time(backfill.instants.last()),
                every_seconds: backfill.instants.every().as_secs(),
                count: backfill.instants.len(),
            },
            metrics: backfill.metrics.iter().map(JsonMetric::from).collect(),
            only_now: metrics.chain(sources).collect(),
            requests: backfill.request_plans.iter().map(JsonRequestPlan::new).collect(),
            interrupted: backfill.is_interrupted,
            complete_until: backfill.complete_until.map(time),
        }
    }
}

impl<'a> From<&'a BackfilledMetric> for JsonMetric<'a> {
    fn from(metric: &'a BackfilledMetric) -> Self {
        let reasons = |state| {
            let reasons = metric.without_value.iter().filter(move |reason| reason.state == state);
            let json = |reason: &'a WithoutValue| JsonReason {
                subject: &reason.subject,
                reason: &reason.reason,
                instants: reason.instants.iter().copied().map(time).collect(),
            };
            reasons.map(json).collect()
        };
        let difference = |difference: &'a BackfillDifference| JsonDifference {
            subject: &difference.subject,
            time: time(difference.time),
            kept: difference.stored.iter().map(JsonSample::from).collect(),
            computed: difference.computed.iter().map(JsonSample::from).collect(),
        };
        Self {
            key: metric.metric.key(),
            added: metric.added,
            known: metric.known,
            kept_from_runs: metric.kept_from_runs,
            different: metric.differences.iter().map(difference).collect(),
            no_data: reasons(OutcomeState::NoData),
            errors: reasons(OutcomeState::Error),
        }
    }
}

impl<'a> From<&'a PastSample> for JsonSample<'a> {
    fn from(sample: &'a PastSample) -> Self {
        Self {
            value: sample.value.number().map(ExactValue),
            distribution: sample.value.distribution().map(DistributionSummary::from),
            tags: sample.tags.iter().map(Tag::as_str).collect(),
        }
    }
}

fn time(time: SystemTime) -> String {
    format_rfc3339_seconds(time).to_string()
}
