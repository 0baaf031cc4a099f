//! Alerts about the reporter itself.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use system_health_registry::self_metrics::{COLLECTOR_SUCCESS, RUN_DURATION, SelfMetric};
use system_health_test_support::prometheus::test_rules;

use super::{assert_fires, rules, series};

/// Checks that exactly one alert with this name fires after an hour in which all series are 0.
fn assert_alert(
    (alert, metric): (&str, SelfMetric),
    series: &[&str],
    labels: &[(&str, &str)],
    [summary, description]: [&str; 2],
) {
    let own = [("env", "production"), ("service", "system-health"), ("severity", "warning")];
    let labels: BTreeMap<_, _> = own.iter().chain(labels).copied().collect();
    let annotations = json!({
        "summary": summary,
        "description": description,
        "runbook_url": metric.runbook,
        "dashboard_url": "https://grafana.example.com/d/system-health",
    });
    let alerts = json!([{"exp_labels": labels, "exp_annotations": annotations}]);
    let series: Vec<Value> =
        series.iter().map(|series| json!({"series": series, "values": "0x60"})).collect();
    let test = json!({
        "interval": "1m",
        "input_series": series,
        "alert_rule_test": [{"eval_time": "60m", "alertname": alert, "exp_alerts": alerts}],
    });
    let result = test_rules(&rules(""), json!({"evaluation_interval": "1m", "tests": [test]}));
    assert_eq!(result.status, Some(0), "{}", result.output);
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn an_alert_fires_if_a_reporter_stops_pushing_although_its_values_stay() {
    // The times are seconds since the start. The last push is after 15 minutes.
    let values = "push_time_seconds{job=\"system-health\",reporter=\"shop\"}";
    let self_metrics = "push_time_seconds{job=\"system-health-reporter\",reporter=\"shop\"}";
    let backup = "push_time_seconds{job=\"backup\",reporter=\"other\"}";
    let run = series("system_health_reporter_run_duration_seconds", "reporter=\"shop\"");
    let series = [(values, "0x14 900x120"), (self_metrics, "0x120"), (backup, "0x120"), (&run, "1x120")];

    let fires: &[&str] = &["ReporterHasStopped{reporter=\"shop\"}"];
    // It fires after three missed runs and half an interval.
    assert_fires(&rules(""), "Reporter", &series, &[(60, &[]), (67, &[]), (68, fires)]);
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn a_reporter_that_never_delivered_or_whose_values_ended_is_missing() {
    let run = series("system_health_reporter_run_duration_seconds", "reporter=\"shop\"");
    let other = series("system_health_reporter_run_duration_seconds", "reporter=\"other\"");

    assert_fires(&rules(""), "ReporterIs", &[], &[(1, &["ReporterIsMissing"])]);
    let series = [(&*run, "1 _x14 1 _x14 1"), (&*other, "1x200")];
    let fires: &[&str] = &["ReporterIsMissing{reporter=\"shop\"}"];
    assert_fires(&rules(""), "ReporterIs", &series, &[(1, &[]), (60, &[]), (80, &[]), (90, fires)]);
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn an_old_textfile_alerts() {
    let file = "node_textfile_mtime_seconds{file=\"/node/health.prom\",instance=\"a\"}";
    let other = "node_textfile_mtime_seconds{file=\"/node/backup.prom\",instance=\"b\"}";
    let similar = "node_textfile_mtime_seconds{file=\"/node/healthXprom\",instance=\"c\"}";
    let series = [(file, "0x120"), (other, "0x120"), (similar, "0x120")];

    assert_fires(&rules(""), "ReporterTextfile", &series, &[(52, &[]), (53, &["ReporterTextfileIsOld"])]);
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn three_bad_runs_in_a_row_alert_and_fewer_do_not() {
    let success =
        series("system_health_reporter_collector_success", "metric=\"commits.hotfix\",reporter=\"shop\"");
    let points = series("system_health_reporter_points", "result=\"left\",reporter=\"shop\"");
    let accepted = series("system_health_reporter_points", "result=\"accepted\",reporter=\"shop\"");

    let good = (&*accepted, "9x120");
    let two = [(&*success, "1x14 0.999x29 1x60"), (&*points, "0x14 5x29 0x60"), good];
    assert_fires(&rules(""), "[MP]", &two, &[(44, &[]), (46, &[]), (60, &[])]);
    let three = [(&*success, "1x14 0.999x44 1x60"), (&*points, "0x14 5x44 0x60"), good];
    let fires: &[&str] = &["MetricFails{reporter=\"shop\"}", "PointsAreNotDelivered{reporter=\"shop\"}"];
    assert_fires(&rules(""), "[MP]", &three, &[(51, &[]), (54, fires), (59, fires), (60, &[])]);
    // With `missed = 1`, the first bad run fires the alerts.
    let strict = rules("[monitors]\nmissed = 1");
    assert_fires(&strict, "[MP]", &two, &[(14, &[]), (15, fires), (45, &[])]);
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn the_alert_of_a_failing_source_names_the_source() {
    let description = "A failed metric, subject or source has no value. The reporter's log and the command `history` say why.";
    for (label, value, summary) in [
        (
            "metric_source",
            "warehouse",
            "The source warehouse, or one of its metrics, fails in 3 runs in a row",
        ),
        ("metric", "a.b", "a.b, or one of its subjects such as a repository, fails in 3 runs in a row"),
    ] {
        let labels = format!("{label}=\"{value}\",reporter=\"shop\"");
        let failing = series("system_health_reporter_collector_success", &labels);

        let expected = [(label, value), ("reporter", "shop")];
        let alert = ("MetricFails", COLLECTOR_SUCCESS);
        assert_alert(alert, &[failing.as_str()], &expected, [summary, description]);
    }
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn the_alert_about_a_reporter_that_never_delivered_names_no_reporter() {
    let summary = "Prometheus has had no values of a reporter for 52 minutes 30 seconds";
    let description = "The reporter has never delivered, its group was deleted, or Prometheus does not read what it delivers. \
                       The command `doctor` says what is wrong.";
    assert_alert(("ReporterIsMissing", RUN_DURATION), &[], &[], [summary, description]);
}
