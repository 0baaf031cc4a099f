//! The dashboard of a catalog.

use std::collections::BTreeMap;

use datadog_api_client::datadogV1::model::{
    Dashboard, DashboardLayoutType, DashboardReflowType, DashboardTemplateVariable, WidgetLayout,
};
use system_health_registry::{Catalog, Metric, self_metrics::is_self_metric};

use super::{
    reporter,
    widgets::{COLUMNS, VARIABLES, group, timeseries, value},
};

const VALUE_WIDTH: i64 = 4;

/// The dashboard of a catalog. Metrics are grouped by the first word of their keys. Each metric has two widgets: the last
/// value, coloured by its goal, and a time series with the goal as a line. The metrics about the reporter come last, in a
/// group of small widgets.
///
/// If a metric has several series, such as one per repository, the value is the one farthest from the goal, unless the metric
/// has an aggregate.
#[must_use]
pub fn dashboard(catalog: &Catalog, title: &str) -> Dashboard {
    let (about_reporter, others): (Vec<&Metric>, Vec<&Metric>) =
        catalog.metrics().iter().partition(|metric| is_self_metric(metric.key()));
    let mut by_word = BTreeMap::<&str, Vec<&Metric>>::new();
    for metric in others {
        by_word.entry(metric.key().split('.').next().unwrap_or_default()).or_default().push(metric);
    }
    let groups = by_word.into_iter().map(|(word, metrics)| {
        let widgets = metrics.into_iter().flat_map(|metric| {
            let value = value(metric, metric.key().to_owned(), &VARIABLES);
            let timeseries = timeseries(metric, metric.description().trim().to_owned(), &[], &VARIABLES);
            [(VALUE_WIDTH, value), (COLUMNS - VALUE_WIDTH, timeseries)]
        });
        group(&word.replace('_', " "), widgets)
    });
    let mut top = 0;
    let widgets = groups.chain(reporter::group(&about_reporter)).map(|group| {
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
            "Created by `report dashboard` from the metrics' descriptions, units and goals.".to_owned(),
        ))
        .reflow_type(DashboardReflowType::FIXED)
        .template_variables(Some(variables.into()))
}
