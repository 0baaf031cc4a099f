//! The JSON document of a run. `docs/report.schema.json` describes it, and tests validate it against that schema.

use std::{collections::BTreeSet, rc::Rc, time::SystemTime};

use serde::{Serialize, Serializer};
use system_health_registry::{
    Event, Evidence, EvidenceItem, ItemError, Outcome, Report, RequestEstimate, RequestPlan, Sample,
    SourceOutcome, Tag, Unavailable, Value, overlay_tags, trace::TraceId,
};
use system_health_reporter::{Delivery, DeliveryResult, DeliveryStatus, Receipt, Refusal};

use super::{distribution_summary::DistributionSummary, events::JsonEvent, value::ExactValue};

/// A report and its deliveries as JSON.
#[derive(Serialize)]
pub struct JsonReport<'a> {
    run: JsonRun<'a>,
    metrics: Vec<JsonOutcome<'a>>,
    goals: Vec<JsonOutcome<'a>>,
    sources: Vec<JsonSource<'a>>,
    events: Vec<JsonEvent<'a>>,
    deliveries: Vec<JsonDelivery<'a>>,
}

#[derive(Serialize)]
struct JsonRun<'a> {
    #[serde(serialize_with = "rfc3339_millis")]
    started_at: SystemTime,
    timestamp: String,
    duration_ms: u64,
    tags: Vec<&'a str>,
    // Left out if spans were not collected.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<TraceId>,
    // Left out if no requests were estimated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requests: Vec<JsonRequestPlan<'a>>,
}

/// The requests to an API that were expected before the run.
#[derive(Serialize)]
pub(super) struct JsonRequestPlan<'a> {
    api: &'a str,
    total: u64,
    groups: Vec<JsonRequestEstimate<'a>>,
    limits: &'a [String],
}

#[derive(Serialize)]
struct JsonRequestEstimate<'a> {
    group: &'a str,
    requests: u64,
    basis: &'a str,
    skipped: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonOutcome<'a> {
    key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    tags: Vec<String>,
    #[serde(flatten)]
    state: JsonState<'a>,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval_seconds: Option<u64>,
    unit: Option<&'a str>,
    description: &'a str,
    goal: Option<JsonGoal>,
    duration_ms: u64,
    // Left out if the outcome is of the document's run.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<JsonEarlierRun>,
}

/// A run before the run of the document.
#[derive(Serialize, Clone, Copy)]
struct JsonEarlierRun {
    #[serde(serialize_with = "rfc3339_millis")]
    started_at: SystemTime,
    // Left out if spans were not collected.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<TraceId>,
}

#[derive(Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum JsonState<'a> {
    Value {
        samples: TaggedItems<'a, Sample>,
        // Left out if there are none.
        #[serde(skip_serializing_if = "TaggedItems::is_empty")]
        failures: TaggedItems<'a, ItemError>,
    },
    NoData {
        reason: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        evidence: Option<JsonEvidence<'a>>,
    },
    Error {
        error: String,
        causes: Vec<String>,
        #[serde(skip_serializing_if = "TaggedItems::is_empty")]
        failures: TaggedItems<'a, ItemError>,
    },
}

/// Samples or failed items. Their tags are combined only while they are written, because a run may have 100,000 of them.
struct TaggedItems<'a, T> {
    common: Rc<BTreeSet<Tag>>,
    items: &'a [T],
}

/// An item that failed.
#[derive(Serialize)]
struct JsonFailure<'a> {
    tags: Vec<&'a str>,
    error: String,
}

#[derive(Serialize)]
struct JsonSource<'a> {
    name: &'a str,
    #[serde(flatten)]
    state: JsonSourceState<'a>,
    duration_ms: u64,
}

#[derive(Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum JsonSourceState<'a> {
    Value { metrics: usize, refused: Vec<String> },
    NoData { reason: &'a str },
    Error { error: String },
}

#[derive(Serialize)]
struct JsonGoal {
    condition: String,
    met: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum JsonValue {
    Value(ExactValue),
    Distribution(DistributionSummary),
}

#[derive(Serialize)]
struct JsonSample<'a> {
    #[serde(flatten)]
    value: JsonValue,
    tags: Vec<&'a str>,
    link: Option<&'a str>,
    // Left out if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<JsonEvidence<'a>>,
}

#[derive(Serialize)]
struct JsonEvidence<'a> {
    counted: usize,
    total: usize,
    items: Vec<JsonItem<'a>>,
}

#[derive(Serialize)]
struct JsonItem<'a> {
    title: &'a str,
    counted: bool,
    reason: &'a str,
    link: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonDelivery<'a> {
    sink: &'a str,
    address: &'a str,
    #[serde(flatten)]
    result: JsonDeliveryResult<'a>,
}

#[derive(Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum JsonDeliveryResult<'a> {
    Accepted(JsonReceipt<'a>),
    Partial(JsonReceipt<'a>),
    Failed(JsonReceipt<'a>),
    Interrupted {
        kept: bool,
    },
    DryRun {
        series: usize,
        self_metrics: usize,
        payload: &'a serde_json::Value,
        events: &'a [serde_json::Value],
    },
}

#[derive(Serialize)]
struct JsonReceipt<'a> {
    series: u64,
    points_of_earlier_runs: u64,
    self_metrics: u64,
    refused: Vec<JsonRefusal<'a>>,
    left: u64,
    unknown: u64,
    lost: u64,
    expired: u64,
    superseded: u64,
    repeated: u64,
    baselines: u64,
    events: u64,
    events_left: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonRefusal<'a> {
    series: u64,
    error: &'a str,
}

impl<'a> JsonReport<'a> {
    /// Describes a report.
    pub fn new(report: &'a Report, deliveries: &'a [Delivery]) -> Self {
        let run = report.run();
        Self {
            run: JsonRun {
                started_at: run.started_at(),
                timestamp: humantime::format_rfc3339_seconds(report.timestamp()).to_string(),
                duration_ms: millis(run.duration()),
                tags: tag_texts(report.tags()),
                trace_id: report.trace_id(),
                requests: run.request_plans().iter().map(JsonRequestPlan::new).collect(),
            },
            metrics: run.outcomes().iter().map(|outcome| JsonOutcome::new(report, outcome)).collect(),
            goals: report.goals().iter().map(|goal| JsonOutcome::new(report, goal)).collect(),
            sources: run.sources().iter().map(JsonSource::new).collect(),
            events: Vec::new(),
            deliveries: deliveries.iter().map(JsonDelivery::new).collect(),
        }
    }

    /// Adds the events of the run.
    #[must_use]
    pub fn with_events(mut self, events: &'a [Event]) -> Self {
        self.events = events.iter().map(JsonEvent::from).collect();
        self
    }

    /// Adds outcomes of an earlier run, such as those of metrics that are collected less often. Each says when its run started.
    #[must_use]
    pub fn with_earlier(
        mut self,
        report: &Report,
        metrics: impl IntoIterator<Item = &'a Outcome>,
        goals: impl IntoIterator<Item = &'a Outcome>,
    ) -> Self {
        let run = JsonEarlierRun { started_at: report.run().started_at(), trace_id: report.trace_id() };
        let entry =
            |outcome: &'a Outcome| JsonOutcome { run: Some(run), ..JsonOutcome::new(report, outcome) };
        for (entries, earlier) in [
            (&mut self.metrics, metrics.into_iter().map(entry).collect::<Vec<_>>()),
            (&mut self.goals, goals.into_iter().map(entry).collect()),
        ] {
            entries.extend(earlier);
            entries.sort_by_key(|entry| (entry.key, entry.subject));
        }
        self
    }
}

impl<'a> JsonRequestPlan<'a> {
    pub(super) fn new(plan: &'a RequestPlan) -> Self {
        let group = |group: &'a RequestEstimate| JsonRequestEstimate {
            group: &group.group,
            requests: group.requests,
            basis: &group.basis,
            skipped: group.skipped.as_deref(),
        };
        Self {
            api: plan.api,
            total: plan.total(),
            groups: plan.groups.iter().map(group).collect(),
            limits: &plan.limits,
        }
    }
}

impl<'a> JsonOutcome<'a> {
    fn new(report: &Report, outcome: &'a Outcome) -> Self {
        let metric = &outcome.metric;
        let common = Rc::new(report.common_tags(outcome));
        let failures = TaggedItems { common: Rc::clone(&common), items: outcome.failed_items() };
        Self {
            key: metric.key(),
            subject: outcome.subject.as_ref().map(|subject| subject.name()),
            tags: common.iter().map(Tag::to_string).collect(),
            state: match &outcome.result {
                Ok(reading) => JsonState::Value {
                    samples: TaggedItems { common: Rc::clone(&common), items: reading.samples() },
                    failures,
                },
                Err(Unavailable::NoData(no_data)) => JsonState::NoData {
                    reason: no_data.reason(),
                    evidence: JsonEvidence::new(no_data.evidence()),
                },
                Err(Unavailable::Error(error)) => {
                    JsonState::Error { error: error.to_string(), causes: error.messages(), failures }
                }
            },
            kind: metric.kind().name(),
            interval_seconds: metric.kind().interval().map(|interval| interval.as_secs()),
            unit: metric.unit(),
            description: metric.description(),
            goal: metric.condition().map(|condition| JsonGoal { condition, met: outcome.goal_met() }),
            duration_ms: millis(outcome.duration),
            run: None,
        }
    }
}

impl<T> TaggedItems<'_, T> {
    fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    fn tags<'t>(&'t self, own: &'t BTreeSet<Tag>) -> Vec<&'t str> {
        let mut tags: Vec<&str> = overlay_tags(&self.common, own).map(Tag::as_str).collect();
        tags.sort_unstable();
        tags.dedup();
        tags
    }
}

impl From<&Value> for JsonValue {
    fn from(value: &Value) -> Self {
        match value {
            Value::Number(number) => Self::Value(ExactValue(*number)),
            Value::Distribution(values) => Self::Distribution((&**values).into()),
        }
    }
}

impl Serialize for TaggedItems<'_, Sample> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.items.iter().map(|sample| JsonSample {
            value: sample.value().into(),
            tags: self.tags(sample.tags()),
            link: sample.link(),
            evidence: JsonEvidence::new(sample.evidence()),
        }))
    }
}

impl Serialize for TaggedItems<'_, ItemError> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            self.items
                .iter()
                .map(|item| JsonFailure { tags: self.tags(item.tags()), error: item.error().to_string() }),
        )
    }
}

impl<'a> JsonSource<'a> {
    fn new(source: &'a SourceOutcome) -> Self {
        Self {
            name: &source.name,
            state: match &source.result {
                Ok(metrics) => JsonSourceState::Value {
                    metrics: *metrics,
                    refused: source.refused.iter().map(ItemError::to_string).collect(),
                },
                Err(Unavailable::NoData(no_data)) => JsonSourceState::NoData { reason: no_data.reason() },
                Err(Unavailable::Error(error)) => JsonSourceState::Error { error: error.to_string() },
            },
            duration_ms: millis(source.duration),
        }
    }
}

impl<'a> JsonEvidence<'a> {
    fn new(evidence: &'a Evidence) -> Option<Self> {
        let item = |item: &'a EvidenceItem| JsonItem {
            title: item.title(),
            counted: item.is_counted(),
            reason: item.reason(),
            link: item.link(),
        };
        (!evidence.is_empty()).then(|| Self {
            counted: evidence.counted(),
            total: evidence.total(),
            items: evidence.items().iter().map(item).collect(),
        })
    }
}

impl<'a> JsonDelivery<'a> {
    fn new(delivery: &'a Delivery) -> Self {
        let result = match &delivery.result {
            DeliveryResult::Pushed(receipt) => {
                let json = JsonReceipt::new(receipt);
                match receipt.status() {
                    DeliveryStatus::Accepted => JsonDeliveryResult::Accepted(json),
                    DeliveryStatus::Partial => JsonDeliveryResult::Partial(json),
                    DeliveryStatus::Failed => JsonDeliveryResult::Failed(json),
                }
            }
            DeliveryResult::Interrupted { kept } => JsonDeliveryResult::Interrupted { kept: *kept },
            DeliveryResult::DryRun(preview) => JsonDeliveryResult::DryRun {
                series: preview.series,
                self_metrics: preview.self_metrics,
                payload: &preview.payload,
                events: &preview.events,
            },
        };
        Self { sink: delivery.sink, address: &delivery.address, result }
    }
}

impl<'a> JsonReceipt<'a> {
    fn new(receipt: &'a Receipt) -> Self {
        let refusal = |refusal: &'a Refusal| JsonRefusal { series: refusal.series, error: &refusal.error };
        Self {
            series: receipt.accepted,
            points_of_earlier_runs: receipt.accepted_earlier,
            self_metrics: receipt.self_metrics,
            refused: receipt.refused.iter().map(refusal).collect(),
            left: receipt.left,
            unknown: receipt.unknown,
            lost: receipt.lost,
            expired: receipt.expired,
            superseded: receipt.superseded,
            repeated: receipt.repeated,
            baselines: receipt.baselines,
            events: receipt.events,
            events_left: receipt.events_left,
            error: receipt.error.as_deref(),
        }
    }
}

fn tag_texts(tags: &BTreeSet<Tag>) -> Vec<&str> {
    tags.iter().map(Tag::as_str).collect()
}

/// Writes a time as text in RFC 3339, with milliseconds.
fn rfc3339_millis<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&humantime::format_rfc3339_millis(*time))
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
