//! The dashboard of a catalog.

use std::collections::BTreeMap;

use datadog_api_client::datadogV1::model::{
    Dashboard, DashboardLayoutType, DashboardReflowType, DashboardTemplateVariable, Widget, WidgetLayout,
};
use system_health_registry::{
    Catalog, Metric, group_title, pair_with_sample_counts, self_metrics::is_self_metric,
};

use super::{
    reporter,
    widgets::{COLUMNS, VARIABLES, WidgetGroup, group, timeseries, value},
};

/// The widths of widgets, in columns.
const VALUE_WIDTH: i64 = 3;
const TIMESERIES_WIDTH: i64 = 6;
const SAMPLES_WIDTH: i64 = 4;

/// The dashboard of a catalog, for a person who has to find out quickly what is wrong. The first group has the last value
/// of each metric with a goal, coloured by the goal. Then each [group of metrics](fn@group_title) has a time series for each
/// metric, with the goal as a line. Metrics without a sample count come first. Then come metrics with a sample count, each beside
/// that count. Among both, metrics with goals come first. A widget's menu links to the metric's runbook, if there is one. The
/// metrics about the reporter come last.
///
/// If a metric has several series, such as one per repository, its aggregate or the
/// [default](system_health_registry::Facts::aggregate_or_default) combines them. For example, the value of a gauge with the goal
/// `< 5` is that of the worst series. The metric's option `by` lists tags, and a time series has a line for each combination of
/// their values.
#[must_use]
pub fn dashboard(catalog: &Catalog, title: &str) -> Dashboard {
    let (about_reporter, others): (Vec<&Metric>, Vec<&Metric>) =
        catalog.metrics().iter().partition(|metric| is_self_metric(metric.key()));
    let mut by_title = BTreeMap::<String, Vec<&Metric>>::new();
    for metric in &others {
        by_title.entry(group_title(metric.group())).or_default().push(metric);
    }
    let groups = by_title.iter().map(|(title, metrics)| group(title, group_timeseries(metrics)));
    let groups = goals(&others).into_iter().chain(groups).chain(reporter::group(&about_reporter));
    let mut top = 0;
    let widgets = groups.map(|group| {
        let layout = WidgetLayout::new(group.height, COLUMNS, 0, top);
        top += group.height;
        group.widget.layout(layout)
    });
    let variables = VARIABLES.map(|name| {
        DashboardTemplateVariable::new(name.to_owned())
            .prefix(Some(name.to_owned()))
            .defaults(vec!["*".to_owned()])
    });
    Dashboard::new(DashboardLayoutType::ORDERED, title.to_owned(), widgets.collect())
        .description(Some(
            "Created by system-health from the metrics' descriptions, units and goals.".to_owned(),
        ))
        .reflow_type(DashboardReflowType::FIXED)
        .template_variables(Some(variables.into()))
}

/// The group with the value of each metric that has a goal.
fn goals(metrics: &[&Metric]) -> Option<WidgetGroup> {
    let with_goals = metrics.iter().filter(|metric| metric.goal().is_some());
    let mut values =
        with_goals.map(|metric| (VALUE_WIDTH, value(metric, metric.key().to_owned(), &VARIABLES))).peekable();
    values.peek().is_some().then(|| group("Goals", values))
}

/// The time series of a group of metrics, with their widths.
fn group_timeseries(metrics: &[&Metric]) -> Vec<(i64, Widget)> {
    let widgets = pair_with_sample_counts(metrics).into_iter().flat_map(|(metric, samples)| match samples {
        None => vec![(TIMESERIES_WIDTH, metric_timeseries(metric))],
        Some(samples) => vec![
            (COLUMNS - SAMPLES_WIDTH, metric_timeseries(metric)),
            (SAMPLES_WIDTH, metric_timeseries(samples)),
        ],
    });
    widgets.collect()
}

fn metric_timeseries(metric: &Metric) -> Widget {
    let by: Vec<&str> = metric.by().iter().map(String::as_str).collect();
    timeseries(metric, metric.key().to_owned(), &by, &VARIABLES)
}
