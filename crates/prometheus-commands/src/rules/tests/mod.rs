//! The rules of a catalog with metrics of all kinds, printed, checked and evaluated by promtool.

mod goals;
mod missing;
mod printed;
mod reporter;

use std::{path::Path, time::Duration};

use serde_json::{Value, json};
use system_health_monitor_settings::Monitors;
use system_health_registry::{
    Aggregate, Catalog, Facts, Kind, Metric, Monitoring, Settings, Unavailable, location, self_metrics,
};
use system_health_test_support::prometheus::{check_file, test_rules};

use super::{reporter_labels::ReporterLabels, rule_file::RuleFile};

/// The labels of all series of the reporter.
const REPORTER_LABELS: &str = "env=\"production\",service=\"system-health\"";

fn facts(key: &str, unit: &str, goal: &str) -> Facts {
    Facts::new(key, format!("The number of {key}.")).with_unit(unit).with_goal(goal.parse().unwrap())
}

fn metrics() -> Vec<Facts> {
    let count = Kind::Count { interval: Duration::from_mins(15) };
    let recovery = Monitoring { recovery: Some(200.0), ..Monitoring::default() };
    let with_owner = Monitoring {
        owner: Some("team-web".to_owned()),
        runbook: Some("https://wiki.example.com/hotfix".to_owned()),
        ..Monitoring::default()
    };
    vec![
        facts("build.duration_ms", "ms", "<= 250").with_monitoring(recovery),
        facts("build.waits_ms", "ms", "<= 300").with_aggregate(Aggregate::Sum),
        facts("ci.checks", "check", "== 2"),
        facts("ci.mode", "mode", "!= 3"),
        facts("commits.hotfix", "commit", "< 5").with_monitoring(with_owner).with_tags(["team:web"]),
        facts("coverage", "percent", ">= 80"),
        facts("deploys.failed", "deploy", "< 4").with_kind(count),
        Facts::new("jobs.errors", "Errors.").with_kind(count),
        Facts::new("jobs.runs", "Runs.").with_kind(count),
        Facts::new("wait.old_ms", "An old time.").with_unit("ms"),
        Facts::new("wait.new_ms", "A new time.").with_unit("ms"),
    ]
}

/// The rules with these settings.
fn rules(settings: &str) -> String {
    let about_reporter = [self_metrics::RUN_DURATION, self_metrics::COLLECTOR_SUCCESS, self_metrics::POINTS];
    let about_reporter = about_reporter.map(|metric| Facts::new(metric.key, metric.description));
    let metric =
        |facts| Metric::new(facts, location!(), |_| Box::pin(async { Err(Unavailable::no_data("never")) }));
    let catalog = Catalog::new(metrics().into_iter().chain(about_reporter).map(metric)).unwrap();
    let text = format!("{settings}\n[report]\nenv = 'production'\n");
    let settings = Settings::builder().toml(Path::new("s.toml"), &text).unwrap().build().unwrap();
    let monitors = Monitors::from_settings(&catalog, &settings).unwrap();
    let reporter_labels = ReporterLabels::from_settings(&settings).unwrap();
    let textfile = Some(Path::new("/var/lib/health.prom"));
    let dashboard = Some("https://grafana.example.com/d/system-health");
    let file = RuleFile::new("report", &monitors, &reporter_labels, textfile, dashboard).unwrap();
    let rules = file.to_string();
    let check = check_file("rules", &rules);
    assert_eq!(check.status, Some(0), "{}\n{rules}", check.output);
    rules
}

/// Evaluates rules every minute. `series` are in promtool's notation, with a value for each minute. `expected` has the alerts
/// that fire at some minutes, as `Alert` or `Alert{label="value"}` with the labels `repository` and `reporter`. Alerts
/// whose names do not start with the regular expression `prefix` are ignored.
fn assert_fires(rules: &str, prefix: &str, series: &[(&str, &str)], expected: &[(u32, &[&str])]) {
    let series: Vec<Value> =
        series.iter().map(|(series, values)| json!({"series": series, "values": values})).collect();
    let by = "alertname, repository, reporter";
    let firing = format!("count by ({by}) (ALERTS{{alertstate=\"firing\",alertname=~\"{prefix}.*\"}})");
    let at_minute = |(minute, alerts): &(u32, &[&str])| {
        let samples: Vec<Value> = alerts
            .iter()
            .map(|alert| {
                let (name, labels) = alert.trim_end_matches('}').split_once('{').unwrap_or((alert, ""));
                let separator = if labels.is_empty() { "" } else { "," };
                json!({"labels": format!("{{alertname=\"{name}\"{separator}{labels}}}"), "value": 1})
            })
            .collect();
        json!({"expr": firing, "eval_time": format!("{minute}m"), "exp_samples": samples})
    };
    let tests: Vec<Value> = expected.iter().map(at_minute).collect();
    let test = json!({"interval": "1m", "input_series": series, "promql_expr_test": tests});
    let result = test_rules(rules, json!({"evaluation_interval": "1m", "tests": [test]}));
    assert_eq!(result.status, Some(0), "{}\n{rules}", result.output);
}

/// A series of the reporter.
fn series(metric: &str, labels: &str) -> String {
    format!("{metric}{{{REPORTER_LABELS}{}{labels}}}", if labels.is_empty() { "" } else { "," })
}
