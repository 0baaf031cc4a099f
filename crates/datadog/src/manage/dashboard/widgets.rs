//! Widgets for a metric, from its description, unit and goal.

use datadog_api_client::datadogV1::model::{
    FormulaAndFunctionMetricAggregation, FormulaAndFunctionMetricDataSource,
    FormulaAndFunctionMetricQueryDefinition, FormulaAndFunctionQueryDefinition,
    FormulaAndFunctionResponseFormat, GroupWidgetDefinition, GroupWidgetDefinitionType,
    QueryValueWidgetDefinition, QueryValueWidgetDefinitionType, QueryValueWidgetRequest,
    TimeseriesWidgetDefinition, TimeseriesWidgetDefinitionType, TimeseriesWidgetRequest, Widget,
    WidgetComparator, WidgetConditionalFormat, WidgetCustomLink, WidgetDefinition, WidgetDisplayType,
    WidgetFormula, WidgetLayout, WidgetLayoutType, WidgetMarker, WidgetPalette,
};
use system_health_registry::{Comparison, Facts, Goal, Kind};

use crate::manage::query::{group_by_clause, metric_query};

/// The template variables. Each filters by the tag of the same name.
pub(super) const VARIABLES: [&str; 4] = ["env", "service", "repository", "branch"];
/// Number of columns of a dashboard.
/// See <https://docs.datadoghq.com/dashboards/guide/screenboard-api-doc/>.
pub(super) const COLUMNS: i64 = 12;
/// The quantiles of a distribution that are shown over time.
const QUANTILES: [&str; 3] = ["p50", "p95", "p99"];
/// Height of a widget, in rows.
pub(super) const HEIGHT: i64 = 2;

/// A group of widgets, and its height in rows, including the title.
pub(super) struct WidgetGroup {
    pub(super) widget: Widget,
    pub(super) height: i64,
}

/// Places widgets from left to right, in as many rows as needed. Each has a width in columns.
pub(super) fn group(title: &str, widgets: impl IntoIterator<Item = (i64, Widget)>) -> WidgetGroup {
    let (mut left, mut top) = (0, 0);
    let mut placed = Vec::new();
    for (width, widget) in widgets {
        if left + width > COLUMNS {
            left = 0;
            top += HEIGHT;
        }
        placed.push(widget.layout(WidgetLayout::new(HEIGHT, width, left, top)));
        left += width;
    }
    let group =
        GroupWidgetDefinition::new(WidgetLayoutType::ORDERED, GroupWidgetDefinitionType::GROUP, placed)
            .title(title.to_owned())
            .show_title(true);
    let widget = Widget::new(WidgetDefinition::GroupWidgetDefinition(Box::new(group)));
    WidgetGroup { widget, height: top + HEIGHT + 1 }
}

/// Names of template variables.
pub(super) type Variables = [&'static str];

/// The last value, coloured by the goal.
pub(super) fn value(metric: &Facts, title: String, variables: &Variables) -> Widget {
    let mut request = QueryValueWidgetRequest::new()
        .queries(vec![query(metric, &[], variables, Some(FormulaAndFunctionMetricAggregation::LAST))])
        .formulas(vec![WidgetFormula::new("value".to_owned())])
        .response_format(FormulaAndFunctionResponseFormat::SCALAR);
    if let Some(goal) = metric.goal() {
        request = request.conditional_formats(colours(goal));
    }
    let mut value =
        QueryValueWidgetDefinition::new(vec![request], QueryValueWidgetDefinitionType::QUERY_VALUE)
            .title(title)
            .description(metric.description().trim().to_owned())
            .autoscale(true)
            .precision(2);
    if let Some(links) = runbook(metric) {
        value = value.custom_links(links);
    }
    if let Some(unit) = metric.unit() {
        value = value.custom_unit(unit.to_owned());
    }
    Widget::new(WidgetDefinition::QueryValueWidgetDefinition(Box::new(value)))
}

/// The values over time, or the quantiles of a distribution, with the goal as a line. Each combination of the tags' values has
/// lines of its own.
pub(super) fn timeseries(metric: &Facts, title: String, by: &[&str], variables: &Variables) -> Widget {
    let (queries, formulas) = match metric.kind() {
        Kind::Distribution => QUANTILES
            .map(|name| {
                (
                    quantile_query(metric, name, by, variables),
                    WidgetFormula::new(name.to_owned()).alias(name.to_owned()),
                )
            })
            .into_iter()
            .unzip(),
        _ => (vec![query(metric, by, variables, None)], vec![WidgetFormula::new("value".to_owned())]),
    };
    let request = TimeseriesWidgetRequest::new()
        .queries(queries)
        .formulas(formulas)
        .response_format(FormulaAndFunctionResponseFormat::TIMESERIES)
        .display_type(match metric.kind() {
            Kind::Count { .. } | Kind::Counter => WidgetDisplayType::BARS,
            Kind::Gauge | Kind::Rate { .. } | Kind::Distribution => WidgetDisplayType::LINE,
        });
    let mut timeseries =
        TimeseriesWidgetDefinition::new(vec![request], TimeseriesWidgetDefinitionType::TIMESERIES)
            .title(title)
            .description(metric.description().trim().to_owned())
            .show_legend(!by.is_empty());
    if let Some(links) = runbook(metric) {
        timeseries = timeseries.custom_links(links);
    }
    if let Some(goal) = metric.goal() {
        let marker = WidgetMarker::new(format!("y = {}", goal.target()));
        let marker = marker.display_type("error dashed".to_owned()).label(format!("goal {goal}"));
        timeseries = timeseries.markers(vec![marker]);
    }
    Widget::new(WidgetDefinition::TimeseriesWidgetDefinition(Box::new(timeseries)))
}

/// A link to the runbook, in the menu of a widget.
fn runbook(metric: &Facts) -> Option<Vec<WidgetCustomLink>> {
    let url = metric.monitoring().runbook.clone()?;
    Some(vec![WidgetCustomLink::new().label("Runbook".to_owned()).link(url)])
}

/// A query. The aggregator, if there is one, combines its points into one value.
fn query(
    metric: &Facts,
    by: &[&str],
    variables: &Variables,
    aggregator: Option<FormulaAndFunctionMetricAggregation>,
) -> FormulaAndFunctionQueryDefinition {
    let by: Vec<String> = by.iter().map(ToString::to_string).collect();
    let mut query = FormulaAndFunctionMetricQueryDefinition::new(
        FormulaAndFunctionMetricDataSource::METRICS,
        "value".to_owned(),
        metric_query(metric, &scope(variables), &by),
    );
    query.aggregator = aggregator;
    FormulaAndFunctionQueryDefinition::FormulaAndFunctionMetricQueryDefinition(Box::new(query))
}

/// A query for a quantile of a distribution. Datadog has quantiles only if percentiles are enabled for the metric.
fn quantile_query(
    metric: &Facts,
    quantile: &str,
    by: &[&str],
    variables: &Variables,
) -> FormulaAndFunctionQueryDefinition {
    let tags: Vec<String> = by.iter().map(ToString::to_string).collect();
    let text = format!("{quantile}:{}{{{}}}{}", metric.key(), scope(variables), group_by_clause(&tags));
    let query = FormulaAndFunctionMetricQueryDefinition::new(
        FormulaAndFunctionMetricDataSource::METRICS,
        quantile.to_owned(),
        text,
    );
    FormulaAndFunctionQueryDefinition::FormulaAndFunctionMetricQueryDefinition(Box::new(query))
}

/// The template variables as a scope of a query.
fn scope(variables: &Variables) -> String {
    variables.iter().map(|name| format!("${name}")).collect::<Vec<_>>().join(",")
}

/// Green if the goal is met, otherwise red. The first matching format applies.
fn colours(goal: Goal) -> Vec<WidgetConditionalFormat> {
    use WidgetComparator::{
        EQUAL_TO, GREATER_THAN, GREATER_THAN_OR_EQUAL_TO, LESS_THAN, LESS_THAN_OR_EQUAL_TO,
    };
    let (met, missed) = (WidgetPalette::WHITE_ON_GREEN, WidgetPalette::WHITE_ON_RED);
    let formats = match goal.comparison() {
        Comparison::Less => vec![(LESS_THAN, met), (GREATER_THAN_OR_EQUAL_TO, missed)],
        Comparison::LessOrEqual => vec![(LESS_THAN_OR_EQUAL_TO, met), (GREATER_THAN, missed)],
        Comparison::Greater => vec![(GREATER_THAN, met), (LESS_THAN_OR_EQUAL_TO, missed)],
        Comparison::GreaterOrEqual => vec![(GREATER_THAN_OR_EQUAL_TO, met), (LESS_THAN, missed)],
        Comparison::Equal => vec![(EQUAL_TO, met), (GREATER_THAN, missed.clone()), (LESS_THAN, missed)],
        Comparison::NotEqual => vec![(EQUAL_TO, missed), (GREATER_THAN, met.clone()), (LESS_THAN, met)],
    };
    let format = |(comparator, palette)| WidgetConditionalFormat::new(comparator, palette, goal.target());
    formats.into_iter().map(format).collect()
}
