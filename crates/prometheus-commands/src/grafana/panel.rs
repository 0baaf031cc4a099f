//! Panels for a metric, from its description, unit and goal.

use serde_json::{Value, json};
use system_health_registry::{Facts, Kind};

use super::{query::query, thresholds::thresholds, unit::unit, variables::datasource};

/// A panel with its width in columns. Ids and places are set by the row.
pub(super) struct Panel {
    pub(super) json: Value,
    pub(super) width: u32,
}

/// What a panel shows.
pub(super) struct PanelSource<'a> {
    pub(super) metric: &'a Facts,
    pub(super) title: String,
    /// Names of tags. Each combination of their values has its own line.
    pub(super) by: &'a [&'a str],
    /// The variables that select series.
    pub(super) variables: &'a [&'a str],
}

/// The last value, coloured by the goal.
/// See <https://grafana.com/docs/grafana/latest/panels-visualizations/visualizations/stat/>.
pub(super) fn stat(source: &PanelSource<'_>, width: u32) -> Panel {
    let mut json = panel(source, "stat");
    json["options"] = json!({
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": false},
        "orientation": "auto",
        "textMode": "auto",
        "colorMode": if source.metric.goal().is_some() { "background" } else { "value" },
        "graphMode": "area",
        "justifyMode": "auto",
    });
    Panel { json, width }
}

/// The values over time, with the goal as a line.
/// See <https://grafana.com/docs/grafana/latest/panels-visualizations/visualizations/time-series/>.
pub(super) fn timeseries(source: &PanelSource<'_>, width: u32) -> Panel {
    let metric = source.metric;
    let mut json = panel(source, "timeseries");
    let draw = match metric.kind() {
        Kind::Count { .. } => "bars",
        Kind::Gauge | Kind::Rate { .. } | Kind::Counter | Kind::Distribution => "line",
    };
    let goal_line = if metric.goal().is_some() { "dashed" } else { "off" };
    json["fieldConfig"]["defaults"]["color"] = json!({"mode": "palette-classic"});
    json["fieldConfig"]["defaults"]["custom"] = json!({
        "drawStyle": draw,
        "fillOpacity": if draw == "bars" { 80 } else { 0 },
        "showPoints": "auto",
        // A run without a value is a gap.
        "spanNulls": false,
        "thresholdsStyle": {"mode": goal_line},
    });
    json["options"] = json!({
        "legend": {
            "showLegend": !source.by.is_empty(),
            "displayMode": "list",
            "placement": "bottom",
            "calcs": [],
        },
        "tooltip": {"mode": "multi", "sort": "desc"},
    });
    Panel { json, width }
}

fn panel(source: &PanelSource<'_>, panel_type: &str) -> Value {
    let PanelSource { metric, title, by, variables } = source;
    let goal = metric.goal().map(|goal| match metric.unit() {
        Some(unit) => format!("\n\nGoal: {goal} (unit: {unit})"),
        None => format!("\n\nGoal: {goal}"),
    });
    let legend: Vec<String> =
        by.iter().map(|tag| format!("{{{{{}}}}}", crate::promql::label_name(tag))).collect();
    let legend = if legend.is_empty() { metric.key().to_owned() } else { legend.join(" ") };
    let mut json = json!({
        "type": panel_type,
        "title": title,
        "description": format!("{}{}", metric.description().trim(), goal.unwrap_or_default()),
        "datasource": datasource(),
        // At most one point for each minute, so that the window of a point contains at least one value.
        "interval": "1m",
        "targets": [{
            "refId": "A",
            "datasource": datasource(),
            "expr": query(metric, by, variables),
            "legendFormat": legend,
            "range": true,
        }],
        "fieldConfig": {
            "defaults": {"unit": unit(metric), "thresholds": thresholds(metric)},
            "overrides": [],
        },
    });
    if let Some(runbook) = &metric.monitoring().runbook {
        json["links"] = json!([{"title": "Runbook", "url": runbook, "targetBlank": true}]);
    }
    json
}
