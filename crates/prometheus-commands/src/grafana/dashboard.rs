//! The dashboard of a catalog. It shows the same as the dashboard for Datadog.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use system_health_registry::{
    Catalog, Metric, group_title, pair_with_sample_counts,
    self_metrics::{RUN_DURATION, SelfMetric, is_self_metric},
};

use super::{
    panel::{Panel, PanelSource, stat, timeseries},
    row::{COLUMNS, Row, placed},
    variables::{LABELS, REPORTER_LABELS, variables},
};

/// The version of the dashboard's JSON model that the schema of Grafana 10.1 declares. Grafana itself converts it to a newer
/// version, such as 41 in Grafana 11.6.
/// See <https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/>.
const SCHEMA_VERSION: u32 = 36;

const STAT_WIDTH: u32 = 6;
const LINES_WIDTH: u32 = 12;
const SAMPLES_WIDTH: u32 = 8;
const REPORTER_WIDTH: u32 = 8;

/// The dashboard of a catalog. The first row has the last value of each metric with a goal, coloured by the goal. Then each
/// [group of metrics](group_title) has a row with a time series for each metric, with the goal as a line: metrics with goals
/// come first, and the number of samples stands beside each ratio or quantile. The metrics about the reporter come last.
pub(super) fn dashboard(catalog: &Catalog, title: &str) -> Value {
    let (about_reporter, others): (Vec<&Metric>, Vec<&Metric>) =
        catalog.metrics().iter().partition(|metric| is_self_metric(metric.key()));
    let mut by_title = BTreeMap::<String, Vec<&Metric>>::new();
    for metric in &others {
        by_title.entry(group_title(metric.group())).or_default().push(metric);
    }
    let goals = Row { title: "Goals".to_owned(), panels: goals(&others) };
    let groups = by_title.into_iter().map(|(title, metrics)| Row { title, panels: all_lines(&metrics) });
    let reporter = Row { title: "Reporter health".to_owned(), panels: reporter(&about_reporter) };
    let rows = std::iter::once(goals).chain(groups).chain([reporter]);
    let rows = rows.filter(|row| !row.panels.is_empty()).collect();
    json!({
        "title": title,
        "uid": "system-health",
        "description": "Created by system-health from the metrics' descriptions, units and goals.",
        "tags": ["system-health"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": true,
        "graphTooltip": 1,
        "refresh": "5m",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {"list": variables()},
        "panels": placed(rows),
    })
}

/// The values of all metrics with goals.
fn goals(metrics: &[&Metric]) -> Vec<Panel> {
    let with_goals = metrics.iter().filter(|metric| metric.goal().is_some());
    with_goals.map(|metric| stat(&source(metric, &[]), STAT_WIDTH)).collect()
}

/// The time series of a group.
fn all_lines(metrics: &[&Metric]) -> Vec<Panel> {
    let panels = pair_with_sample_counts(metrics).into_iter().flat_map(|(metric, samples)| match samples {
        None => vec![line(metric, LINES_WIDTH)],
        Some(samples) => vec![line(metric, COLUMNS - SAMPLES_WIDTH), line(samples, SAMPLES_WIDTH)],
    });
    panels.collect()
}

fn line(metric: &Metric, width: u32) -> Panel {
    let by: Vec<&str> = metric.by().iter().map(String::as_str).collect();
    timeseries(&source(metric, &by), width)
}

fn source<'a>(metric: &'a Metric, by: &'a [&'a str]) -> PanelSource<'a> {
    PanelSource { metric, title: metric.key().to_owned(), by, variables: &LABELS }
}

/// The metrics about the reporter. The values of metrics with goals, and the duration of runs, come first.
fn reporter(metrics: &[&Metric]) -> Vec<Panel> {
    let with_self_metric =
        metrics.iter().filter_map(|metric| Some((*metric, SelfMetric::from_key(metric.key())?)));
    let panel_source = |metric, title, by| PanelSource { metric, title, by, variables: &REPORTER_LABELS };
    let has_stat = |(_, about): &(&Metric, SelfMetric)| about.goal.is_some() || *about == RUN_DURATION;
    let title = |about: SelfMetric| about.name().replace('_', " ");
    let stats = with_self_metric
        .clone()
        .filter(has_stat)
        .map(|(metric, about)| stat(&panel_source(metric, format!("{} now", title(about)), &[]), STAT_WIDTH));
    let lines = with_self_metric
        .clone()
        .map(|(metric, about)| timeseries(&panel_source(metric, title(about), about.tags), REPORTER_WIDTH));
    stats.chain(lines).collect()
}
