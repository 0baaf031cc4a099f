//! The group of metrics about the reporter itself, which show whether the other values can be trusted.

use system_health_registry::{
    Metric,
    self_metrics::{RUN_DURATION, SelfMetric},
};

use super::widgets::{self, WidgetGroup, timeseries, value};

/// The template variables for these metrics. The metrics have no tags `repository` and `branch`.
const VARIABLES: [&str; 2] = ["env", "service"];
const VALUE_WIDTH: i64 = 3;
const TIMESERIES_WIDTH: i64 = 4;

/// The group, or `None` if there are no metrics. Widgets with a value come first: those of metrics with goals, and that of the
/// duration of runs.
pub(super) fn group(metrics: &[&Metric]) -> Option<WidgetGroup> {
    let known = metrics.iter().filter_map(|metric| Some((*metric, SelfMetric::from_key(metric.key())?)));
    let has_value_widget =
        |(_, self_metric): &(&Metric, SelfMetric)| self_metric.goal.is_some() || *self_metric == RUN_DURATION;
    let values = known.clone().filter(has_value_widget).map(|(metric, self_metric)| {
        let title = format!("{} now", title(self_metric));
        (VALUE_WIDTH, value(metric, title, &VARIABLES))
    });
    let timeseries_widgets = known.clone().map(|(metric, self_metric)| {
        (TIMESERIES_WIDTH, timeseries(metric, title(self_metric), self_metric.tags, &VARIABLES))
    });
    (!metrics.is_empty()).then(|| widgets::group("Reporter health", values.chain(timeseries_widgets)))
}

fn title(metric: SelfMetric) -> String {
    metric.name().replace('_', " ")
}
