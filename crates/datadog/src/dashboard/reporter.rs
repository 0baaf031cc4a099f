//! The group about the reporter itself: as long as it is well, the rest can be believed.

use system_health_registry::{
    Metric,
    self_metrics::{RUN_DURATION, SelfMetric},
};

use super::widgets::{self, Group, course, value};

/// The tags that all of them carry. They are of no repository.
const VARIABLES: [&str; 2] = ["env", "service"];
const VALUE_WIDTH: i64 = 3;
const COURSE_WIDTH: i64 = 4;

/// The group; none without metrics. First come the values of those that have a goal, and how long a run takes.
pub(super) fn group(metrics: &[&Metric]) -> Option<Group> {
    let known = metrics.iter().filter_map(|metric| Some((*metric, SelfMetric::from_key(metric.key())?)));
    let is_shown = |(_, about): &(&Metric, SelfMetric)| about.goal.is_some() || *about == RUN_DURATION;
    let values = known.clone().filter(is_shown).map(|(metric, about)| {
        let title = format!("{} now", title(about));
        (VALUE_WIDTH, value(metric, title, &VARIABLES))
    });
    let courses = known
        .clone()
        .map(|(metric, about)| (COURSE_WIDTH, course(metric, title(about), about.tags, &VARIABLES)));
    (!metrics.is_empty()).then(|| widgets::group("Reporter health", values.chain(courses)))
}

fn title(metric: SelfMetric) -> String {
    metric.name().replace('_', " ")
}
