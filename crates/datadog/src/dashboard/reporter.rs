//! The group about the reporter itself: as long as it is well, the rest can be believed.

use system_health_registry::{
    Facts, Metric,
    about_reporter::{self, RUN_DURATION},
};

use super::widgets::{self, Group, course, value};

/// The tags by which their samples differ.
const BY: [(&str, &[&str]); 10] = [
    ("api_latency_seconds", &["api"]),
    ("api_requests", &["api", "status"]),
    ("collector_duration_seconds", &["metric"]),
    ("collector_success", &["metric"]),
    ("failed_items", &["metric"]),
    ("last_value_age_seconds", &["metric"]),
    ("metrics", &["state"]),
    ("points", &["result"]),
    ("refused_metrics", &["metric_source"]),
    ("sources", &["state"]),
];

/// The tags that all of them carry. They are of no repository.
const VARIABLES: [&str; 2] = ["env", "service"];
const VALUE_WIDTH: i64 = 3;
const COURSE_WIDTH: i64 = 4;

/// The group; none without metrics. First come the values of those that have a goal, and how long a run takes.
pub(super) fn group(metrics: &[&Metric]) -> Option<Group> {
    let is_shown = |metric: &&&Metric| metric.goal().is_some() || metric.key() == RUN_DURATION;
    let values = metrics.iter().filter(is_shown).map(|metric| {
        let title = format!("{} now", name(metric));
        (VALUE_WIDTH, value(metric, title, &VARIABLES))
    });
    let courses = metrics.iter().map(|metric| {
        let word = about_reporter::name(metric.key()).unwrap_or_default();
        let by = BY.iter().find(|(known, _)| *known == word).map_or(&[][..], |(_, by)| by);
        (COURSE_WIDTH, course(metric, name(metric), by, &VARIABLES))
    });
    (!metrics.is_empty()).then(|| widgets::group("Reporter health", values.chain(courses)))
}

fn name(metric: &Facts) -> String {
    about_reporter::name(metric.key()).unwrap_or(metric.key()).replace('_', " ")
}
