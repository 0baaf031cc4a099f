//! A dashboard from the catalog: what a metric says of itself is all that its widgets need.

use std::collections::BTreeMap;

use datadog_api_client::datadogV1::model::{
    Dashboard, DashboardLayoutType, DashboardReflowType, DashboardTemplateVariable,
    FormulaAndFunctionMetricAggregation, FormulaAndFunctionMetricDataSource,
    FormulaAndFunctionMetricQueryDefinition, FormulaAndFunctionQueryDefinition,
    FormulaAndFunctionResponseFormat, GroupWidgetDefinition, GroupWidgetDefinitionType,
    QueryValueWidgetDefinition, QueryValueWidgetDefinitionType, QueryValueWidgetRequest,
    TimeseriesWidgetDefinition, TimeseriesWidgetDefinitionType, TimeseriesWidgetRequest, Widget,
    WidgetComparator, WidgetConditionalFormat, WidgetDefinition, WidgetDisplayType, WidgetFormula,
    WidgetLayout, WidgetLayoutType, WidgetMarker, WidgetPalette,
};
use system_health_registry::{Catalog, Comparison, Goal, Kind, Metric};

/// What a reader may choose among: the tags that the reports carry.
const VARIABLES: [&str; 4] = ["env", "service", "repository", "branch"];
/// The columns of a dashboard.
/// See <https://docs.datadoghq.com/dashboards/guide/screenboard-api-doc/>.
const COLUMNS: i64 = 12;
const HEIGHT: i64 = 2;
const VALUE_WIDTH: i64 = 4;

/// The dashboard of a catalog: a group for each first word of the keys, and in it for each metric its last
/// value, coloured by its goal, beside its course with the goal as a line.
///
/// Of several series of one metric, as of several repositories, the value is the one farthest from the goal.
#[must_use]
pub fn dashboard(catalog: &Catalog, title: &str) -> Dashboard {
    let mut groups = BTreeMap::<&str, Vec<&Metric>>::new();
    for metric in catalog.metrics() {
        groups.entry(metric.key().split('.').next().unwrap_or_default()).or_default().push(metric);
    }
    let mut top = 0;
    let widgets = groups.into_iter().map(|(name, metrics)| {
        let height = HEIGHT * rows(&metrics) + 1;
        let layout = WidgetLayout::new(height, COLUMNS, 0, top);
        top += height;
        group(name, &metrics).layout(layout)
    });
    let variables = VARIABLES.map(|name| {
        DashboardTemplateVariable::new(name.to_owned())
            .prefix(Some(name.to_owned()))
            .defaults(vec!["*".to_owned()])
    });
    Dashboard::new(DashboardLayoutType::ORDERED, title.to_owned(), widgets.collect())
        .description(Some("Made by `report dashboard` from what the metrics say of themselves.".to_owned()))
        .reflow_type(DashboardReflowType::FIXED)
        .template_variables(Some(variables.into()))
}

fn rows(metrics: &[&Metric]) -> i64 {
    i64::try_from(metrics.len()).unwrap_or(i64::MAX / COLUMNS)
}

fn group(name: &str, metrics: &[&Metric]) -> Widget {
    let mut widgets = Vec::with_capacity(2 * metrics.len());
    let mut top = 0;
    for metric in metrics {
        widgets.push(value(metric).layout(WidgetLayout::new(HEIGHT, VALUE_WIDTH, 0, top)));
        let width = COLUMNS - VALUE_WIDTH;
        widgets.push(course(metric).layout(WidgetLayout::new(HEIGHT, width, VALUE_WIDTH, top)));
        top += HEIGHT;
    }
    let group =
        GroupWidgetDefinition::new(WidgetLayoutType::ORDERED, GroupWidgetDefinitionType::GROUP, widgets)
            .title(name.replace('_', " "))
            .show_title(true);
    Widget::new(WidgetDefinition::GroupWidgetDefinition(Box::new(group)))
}

fn value(metric: &Metric) -> Widget {
    let mut request = QueryValueWidgetRequest::new()
        .queries(vec![query(metric, Some(FormulaAndFunctionMetricAggregation::LAST))])
        .formulas(vec![WidgetFormula::new("value".to_owned())])
        .response_format(FormulaAndFunctionResponseFormat::SCALAR);
    if let Some(goal) = metric.goal() {
        request = request.conditional_formats(colours(goal));
    }
    let mut value =
        QueryValueWidgetDefinition::new(vec![request], QueryValueWidgetDefinitionType::QUERY_VALUE)
            .title(metric.key().to_owned())
            .autoscale(true)
            .precision(2);
    if let Some(unit) = metric.unit() {
        value = value.custom_unit(unit.to_owned());
    }
    Widget::new(WidgetDefinition::QueryValueWidgetDefinition(Box::new(value)))
}

fn course(metric: &Metric) -> Widget {
    let request = TimeseriesWidgetRequest::new()
        .queries(vec![query(metric, None)])
        .formulas(vec![WidgetFormula::new("value".to_owned())])
        .response_format(FormulaAndFunctionResponseFormat::TIMESERIES)
        .display_type(match metric.kind() {
            Kind::Count { .. } => WidgetDisplayType::BARS,
            Kind::Gauge | Kind::Rate { .. } => WidgetDisplayType::LINE,
        });
    let mut course =
        TimeseriesWidgetDefinition::new(vec![request], TimeseriesWidgetDefinitionType::TIMESERIES)
            .title(metric.description().trim().to_owned())
            .show_legend(false);
    if let Some(goal) = metric.goal() {
        let marker = WidgetMarker::new(format!("y = {}", goal.target()));
        let marker = marker.display_type("error dashed".to_owned()).label(format!("goal {goal}"));
        course = course.markers(vec![marker]);
    }
    Widget::new(WidgetDefinition::TimeseriesWidgetDefinition(Box::new(course)))
}

/// A query whose points an aggregator makes one value of, if there is one.
fn query(
    metric: &Metric,
    aggregator: Option<FormulaAndFunctionMetricAggregation>,
) -> FormulaAndFunctionQueryDefinition {
    let mut query = FormulaAndFunctionMetricQueryDefinition::new(
        FormulaAndFunctionMetricDataSource::METRICS,
        "value".to_owned(),
        metric_query(metric, &VARIABLES.map(|name| format!("${name}")).join(",")),
    );
    query.aggregator = aggregator;
    FormulaAndFunctionQueryDefinition::FormulaAndFunctionMetricQueryDefinition(Box::new(query))
}

/// A metric in Datadog's query language, over what is in scope.
/// See <https://docs.datadoghq.com/dashboards/querying/>.
fn metric_query(metric: &Metric, scope: &str) -> String {
    let key = metric.key();
    match (metric.kind(), metric.goal().map(|goal| goal.comparison())) {
        (Kind::Count { .. }, _) => format!("sum:{key}{{{scope}}}.as_count()"),
        (Kind::Rate { .. }, _) => format!("sum:{key}{{{scope}}}.as_rate()"),
        (Kind::Gauge, Some(Comparison::Less | Comparison::LessOrEqual)) => format!("max:{key}{{{scope}}}"),
        (Kind::Gauge, Some(Comparison::Greater | Comparison::GreaterOrEqual)) => {
            format!("min:{key}{{{scope}}}")
        }
        (Kind::Gauge, Some(Comparison::Equal | Comparison::NotEqual) | None) => {
            format!("avg:{key}{{{scope}}}")
        }
    }
}

/// Green where the goal is met, and red elsewhere. The first that fits counts.
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
