//! The metrics of the reporter about itself. They are declared only here. The reporter registers a collector for each of
//! them. Sinks, dashboards and monitors use this table to recognise them.

use std::fmt;

use crate::{Aggregate, Comparison, Facts, Goal, Monitoring};

const PREFIX: &str = "system_health.reporter.";

/// The start of the keys that are reserved for the metrics about the reporter.
pub const RESERVED_PREFIX: &str = "system_health.";

/// A metric of the reporter about itself: a gauge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SelfMetric {
    /// The key.
    pub key: &'static str,
    /// What it measures.
    pub description: &'static str,
    /// What the values count or measure.
    pub unit: Option<&'static str>,
    /// How several series become one value.
    pub aggregate: Aggregate,
    /// What the values should be.
    pub goal: Option<Goal>,
    /// The URL of the page that says what to do if the goal is missed or the metric's monitor alerts.
    pub runbook: Option<&'static str>,
    /// The names of the tags that distinguish the samples on dashboards, other than those of a destination.
    pub tags: &'static [&'static str],
}

/// The URL of a page in this project's `docs/runbooks`.
macro_rules! runbook {
    ($key:literal) => {
        Some(concat!("https://github.com/system-health/system-health/blob/main/docs/runbooks/", $key, ".md"))
    };
}

/// The average duration of a request.
pub const API_LATENCY: SelfMetric = SelfMetric {
    key: "system_health.reporter.api_latency_seconds",
    description: "The average duration of a request to the API of another system in the run.",
    unit: Some("second"),
    aggregate: Aggregate::Max,
    goal: None,
    runbook: None,
    tags: &["api"],
};

/// The number of requests.
pub const API_REQUESTS: SelfMetric = SelfMetric {
    key: "system_health.reporter.api_requests",
    description: "Requests to the APIs of other systems by the status of the response, `no_answer` without a response.",
    unit: Some("request"),
    aggregate: Aggregate::Sum,
    goal: None,
    runbook: None,
    tags: &["api", "status"],
};

/// How long the collection of each metric took.
pub const COLLECTOR_DURATION: SelfMetric = SelfMetric {
    key: "system_health.reporter.collector_duration_seconds",
    description: "How long the collection of each metric took, for the slowest of its subjects.",
    unit: Some("second"),
    aggregate: Aggregate::Max,
    goal: None,
    runbook: None,
    tags: &["metric"],
};

/// How much of each metric and each source was collected.
pub const COLLECTOR_SUCCESS: SelfMetric = SelfMetric {
    key: "system_health.reporter.collector_success",
    description: "The share of the subjects of each metric that had a value or no data, from 0 to 1. A subject with a \
                  failed item counts as failed. A metric without subjects has 1, or 0 if it failed or one of its items \
                  failed. A source has 1, or 0 if it failed, or if one of its metrics or a goal for one of them was \
                  refused.",
    unit: None,
    aggregate: Aggregate::Min,
    goal: Some(Goal::new(Comparison::Equal, 1.0)),
    runbook: runbook!("system_health.reporter.collector_success"),
    // The samples of sources have the tag `metric_source` instead, and Datadog may leave out series that lack one of the tags.
    tags: &["metric"],
};

/// The number of items that failed.
pub const FAILED_ITEMS: SelfMetric = SelfMetric {
    key: "system_health.reporter.failed_items",
    description: "Items of each metric that failed, such as one queue of many.",
    unit: Some("item"),
    aggregate: Aggregate::Sum,
    goal: None,
    runbook: None,
    tags: &["metric"],
};

/// The number of requests that GitHub's rate limit still allows.
/// See <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>.
pub const GITHUB_RATE_LIMIT_REMAINING: SelfMetric = SelfMetric {
    key: "system_health.reporter.github_rate_limit_remaining",
    description: "Requests that GitHub still allows until it resets its rate limit.",
    unit: Some("request"),
    aggregate: Aggregate::Min,
    goal: None,
    runbook: None,
    tags: &[],
};

/// The age of the last value of each metric.
pub const LAST_VALUE_AGE: SelfMetric = SelfMetric {
    key: "system_health.reporter.last_value_age_seconds",
    description: "The age of the last value of each metric, by the history in the state folder, for the subject with the \
                  oldest value. For a subject that never had a value, the time since the first run that collected it. \
                  There is no sample for a last value in the future.",
    unit: Some("second"),
    aggregate: Aggregate::Max,
    goal: None,
    runbook: None,
    tags: &["metric"],
};

/// The number of metrics in each state.
pub const METRICS: SelfMetric = SelfMetric {
    key: "system_health.reporter.metrics",
    description: "Metrics of the run by state: `value`, `no_data` or `error`. A metric with several subjects counts once \
                  for each subject.",
    unit: Some("metric"),
    aggregate: Aggregate::Sum,
    goal: None,
    runbook: None,
    tags: &["state"],
};

/// The number of points that wait for the next run.
pub const OUTBOX_POINTS: SelfMetric = SelfMetric {
    key: "system_health.reporter.outbox_points",
    description: "Points in the outbox of each destination, which the next run delivers.",
    unit: Some("point"),
    aggregate: Aggregate::Sum,
    goal: Some(Goal::new(Comparison::Equal, 0.0)),
    runbook: runbook!("system_health.reporter.outbox_points"),
    tags: &[],
};

/// The fates of the points that were to be delivered.
pub const POINTS: SelfMetric = SelfMetric {
    key: "system_health.reporter.points",
    description: "Points by their fate at each destination: `accepted`, `refused`, `left` for the next run, `unknown` if \
                  they may have arrived at a backend that adds up repeated points, or `lost` if they were neither delivered nor \
                  kept for the next run. Repeated points, which an earlier run had already sent, do not count.",
    unit: Some("point"),
    aggregate: Aggregate::Sum,
    goal: None,
    runbook: runbook!("system_health.reporter.points"),
    tags: &["result"],
};

/// The number of points that became too old.
pub const POINTS_EXPIRED: SelfMetric = SelfMetric {
    key: "system_health.reporter.points_expired",
    description: "Points that were dropped because they became too old for the destination.",
    unit: Some("point"),
    aggregate: Aggregate::Sum,
    goal: Some(Goal::new(Comparison::Equal, 0.0)),
    runbook: runbook!("system_health.reporter.points_expired"),
    tags: &[],
};

/// The number of metrics that sources returned and that were refused.
pub const REFUSED_METRICS: SelfMetric = SelfMetric {
    key: "system_health.reporter.refused_metrics",
    description: "Metrics of each source that were refused, because their keys are used elsewhere or their facts are not \
                  valid. Also counts refused goals for metrics of the source.",
    unit: Some("metric"),
    aggregate: Aggregate::Sum,
    goal: None,
    runbook: None,
    tags: &["metric_source"],
};

/// How long a run took. Every run has a value, so this metric shows whether runs happen.
pub const RUN_DURATION: SelfMetric = SelfMetric {
    key: "system_health.reporter.run_duration_seconds",
    description: "How long the run took, from its start until its values were delivered.",
    unit: Some("second"),
    aggregate: Aggregate::Max,
    goal: None,
    runbook: runbook!("system_health.reporter.run_duration_seconds"),
    tags: &[],
};

/// The number of slots in which a service did not run.
pub const SKIPPED_SLOTS: SelfMetric = SelfMetric {
    key: "system_health.reporter.skipped_slots",
    description: "Slots that passed without a run of the service, because the previous run was still in progress. No data for \
                  a run that is not part of a service.",
    unit: Some("slot"),
    aggregate: Aggregate::Sum,
    goal: None,
    runbook: None,
    tags: &[],
};

/// The number of sources in each state.
pub const SOURCES: SelfMetric = SelfMetric {
    key: "system_health.reporter.sources",
    description: "Sources of metrics by state: `value`, `no_data` or `error`.",
    unit: Some("source"),
    aggregate: Aggregate::Sum,
    goal: None,
    runbook: None,
    tags: &["state"],
};

/// The number of subjects in each state.
pub const SUBJECTS: SelfMetric = SelfMetric {
    key: "system_health.reporter.subjects",
    description: "Subjects of each metric by state: `value`, `no_data` or `error`. There are no samples for a metric without \
                  subjects, or if they could not be listed.",
    unit: Some("subject"),
    aggregate: Aggregate::Sum,
    goal: None,
    runbook: None,
    tags: &["metric", "state"],
};

/// All metrics of the reporter about itself, sorted by key.
pub const SELF_METRICS: [SelfMetric; 16] = [
    API_LATENCY,
    API_REQUESTS,
    COLLECTOR_DURATION,
    COLLECTOR_SUCCESS,
    FAILED_ITEMS,
    GITHUB_RATE_LIMIT_REMAINING,
    LAST_VALUE_AGE,
    METRICS,
    OUTBOX_POINTS,
    POINTS,
    POINTS_EXPIRED,
    REFUSED_METRICS,
    RUN_DURATION,
    SKIPPED_SLOTS,
    SOURCES,
    SUBJECTS,
];

/// Whether the metric with this key is about the reporter itself.
#[must_use]
pub fn is_self_metric(key: &str) -> bool {
    SelfMetric::from_key(key).is_some()
}

/// A metric that is not about the reporter has a key that starts with [`RESERVED_PREFIX`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the key `{0}` is reserved: only the metrics about the reporter have keys that start with `{RESERVED_PREFIX}`; start it \
     with another name, such as that of your team or product"
)]
pub struct ReservedKeyError(pub(crate) String);

impl SelfMetric {
    /// The metric with this key, if it is about the reporter itself.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        SELF_METRICS.into_iter().find(|metric| metric.key == key)
    }

    /// The last part of the key, such as `points`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.key.strip_prefix(PREFIX).unwrap_or(self.key)
    }

    /// The facts, to register the metric with.
    #[must_use]
    pub fn facts(&self) -> Facts {
        let mut facts = Facts::new(self.key, self.description).with_aggregate(self.aggregate);
        if let Some(unit) = self.unit {
            facts = facts.with_unit(unit);
        }
        if let Some(goal) = self.goal {
            facts = facts.with_goal(goal);
        }
        if let Some(runbook) = self.runbook {
            facts = facts
                .with_monitoring(Monitoring { runbook: Some(runbook.to_owned()), ..Monitoring::default() });
        }
        facts
    }
}

/// The key.
impl fmt::Display for SelfMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_and_have_one_prefix() {
        assert!(SELF_METRICS.is_sorted_by(|one, other| one.key < other.key));
        assert!(
            SELF_METRICS
                .iter()
                .all(|metric| metric.key.starts_with(PREFIX) && metric.facts().check().is_ok())
        );
        assert_eq!(POINTS.name(), "points");
    }

    #[test]
    fn a_metric_is_found_by_its_whole_key() {
        assert_eq!(SelfMetric::from_key(POINTS.key), Some(POINTS));
        assert!(!is_self_metric("system_health.reporter.points_of_mine"));
    }
}
