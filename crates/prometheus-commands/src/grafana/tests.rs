//! The dashboard of a catalog with metrics of all kinds, read by Grafana's own models and by promtool.

use std::{fmt::Write, time::Duration};

use serde_json::{Value, json};
use system_health_prometheus::PrometheusMetric;
use system_health_registry::{Catalog, Facts, Kind, Metric, Monitoring, Unavailable, location, self_metrics};
use system_health_test_support::{prometheus::check_file, tools::run_contract_script};

use super::dashboard::dashboard;

fn catalog() -> Catalog {
    let interval = Duration::from_mins(15);
    let facts = |key: &str| Facts::new(key, format!("The number of {key}."));
    let runbook = Some("https://wiki.example.com/hotfix".to_owned());
    let metrics = [
        facts("commits.hotfix")
            .with_unit("commit")
            .with_goal("< 5".parse().unwrap())
            .with_monitoring(Monitoring { runbook, ..Monitoring::default() }),
        facts("commits.all").with_unit("commit"),
        facts("ci.pass_rate").with_unit("percent").with_goal(">= 90".parse().unwrap()),
        facts("ci.pass_rate_samples").with_unit("run"),
        facts("ci.duration_ms").with_unit("ms").with_by(["quantile"]),
        facts("deploys").with_kind(Kind::Count { interval }),
        facts("net.bytes").with_unit("byte").with_kind(Kind::Rate { interval }),
        facts("requests").with_kind(Kind::Counter),
        facts("waits").with_unit("second").with_kind(Kind::Distribution).with_by(["queue"]),
    ];
    let about = [self_metrics::RUN_DURATION, self_metrics::POINTS]
        .map(|metric| Facts::new(metric.key, metric.description));
    let metric =
        |facts| Metric::new(facts, location!(), |_| Box::pin(async { Err(Unavailable::no_data("never")) }));
    Catalog::new(metrics.into_iter().chain(about).map(metric)).unwrap()
}

fn faults(dashboards: &[Value]) -> Vec<Vec<String>> {
    let input = serde_json::to_vec(dashboards).unwrap();
    serde_json::from_str(&run_contract_script("grafana_check.py", &[], &input)).unwrap()
}

fn expressions(dashboard: &Value) -> Vec<&str> {
    let panels = dashboard["panels"].as_array().unwrap().iter();
    panels.filter_map(|panel| panel["targets"][0]["expr"].as_str()).collect()
}

#[test]
fn goals_come_first_then_groups_then_the_reporter() {
    let dashboard = dashboard(&catalog(), "System health");
    let panels = dashboard["panels"].as_array().unwrap().iter().map(|panel| {
        let text = |name: &str| panel[name].as_str().unwrap().to_owned();
        let (grid, unit) = (&panel["gridPos"], &panel["fieldConfig"]["defaults"]["unit"]);
        let unit = unit.as_str().map(|unit| format!(" [{unit}]")).unwrap_or_default();
        format!("{:>2} {:>2} {:>2} {} {}{unit}", grid["x"], grid["y"], grid["w"], text("type"), text("title"))
    });
    insta::assert_snapshot!(panels.collect::<Vec<_>>().join("\n"), @"
    0 0 24 row Goals
    0 1 6 stat ci.pass_rate [percentunit]
    6 1 6 stat commits.hotfix [suffix:commit]
    0 7 24 row Ci
    0 8 12 timeseries ci.duration_ms [s]
    0 14 16 timeseries ci.pass_rate [percentunit]
    16 14 8 timeseries ci.pass_rate_samples [suffix:run]
    0 20 24 row Commits
    0 21 12 timeseries commits.hotfix [suffix:commit]
    12 21 12 timeseries commits.all [suffix:commit]
    0 27 24 row Deploys
    0 28 12 timeseries deploys [short]
    0 34 24 row Net
    0 35 12 timeseries net.bytes [binBps]
    0 41 24 row Requests
    0 42 12 timeseries requests [suffix:/s]
    0 48 24 row Waits
    0 49 12 timeseries waits [s]
    0 55 24 row Reporter health
    0 56 6 stat run duration seconds now [short]
    6 56 8 timeseries points [short]
    14 56 8 timeseries run duration seconds [short]
    ");
}

#[test]
fn queries_are_in_the_units_and_names_of_prometheus() {
    let dashboard = dashboard(&catalog(), "System health");
    let queries = expressions(&dashboard)
        .join("\n")
        .replace("env=~\"$env\",service=~\"$service\",repository=~\"$repository\",branch=~\"$branch\"", "..");
    let counter = PrometheusMetric::from(&Facts::new("requests", "Requests.").with_kind(Kind::Counter));
    let queries = queries.replace(&format!("rate({}{{", counter.name()), "rate(COUNTER{");
    insta::assert_snapshot!(queries, @r#"
    last_over_time(min(ci_pass_rate_ratio{..})[$__rate_interval:1m])
    last_over_time(max(commits_hotfix{..})[$__rate_interval:1m])
    last_over_time(avg by (tag_quantile) (ci_duration_seconds{..})[$__rate_interval:1m])
    last_over_time(min(ci_pass_rate_ratio{..})[$__rate_interval:1m])
    last_over_time(avg(ci_pass_rate_samples{..})[$__rate_interval:1m])
    last_over_time(max(commits_hotfix{..})[$__rate_interval:1m])
    last_over_time(avg(commits_all{..})[$__rate_interval:1m])
    last_over_time(sum(deploys{..})[$__rate_interval:1m])
    last_over_time(sum(net_bytes_per_second{..})[$__rate_interval:1m])
    sum(rate(COUNTER{..}[1h]))
    histogram_quantile(0.95, sum by (queue) (rate(waits_seconds{..}[1h]))) or histogram_quantile(0.95, sum by (queue, le) (rate(waits_seconds_bucket{..}[1h])))
    last_over_time(avg(system_health_reporter_run_duration_seconds{env=~"$env",service=~"$service"})[$__rate_interval:1m])
    last_over_time(avg by (result) (system_health_reporter_points{env=~"$env",service=~"$service"})[$__rate_interval:1m])
    last_over_time(avg(system_health_reporter_run_duration_seconds{env=~"$env",service=~"$service"})[$__rate_interval:1m])
    "#);
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn prometheus_reads_every_query() {
    let dashboard = dashboard(&catalog(), "System health");
    let mut rules = String::from("groups:\n  - name: queries\n    rules:\n");
    for (number, query) in expressions(&dashboard).into_iter().enumerate() {
        // Grafana fills in its variables.
        let query = json!(query.replace("$__rate_interval", "5m"));
        let _ = writeln!(rules, "      - record: query_{number}\n        expr: {query}");
    }

    let check = check_file("rules", &rules);

    assert_eq!(check.status, Some(0), "{}\n{rules}", check.output);
}

#[test]
#[ignore = "needs Grafana's models: run cargo xtask test"]
fn grafanas_models_read_the_whole_dashboard() {
    let found = faults(&[dashboard(&catalog(), "System health")]);
    assert_eq!(found, [[""; 0]]);
}

#[test]
#[ignore = "needs Grafana's models: run cargo xtask test"]
fn a_mistake_in_any_part_of_a_dashboard_is_found() {
    let good = dashboard(&catalog(), "System health");
    let parts = [
        ("", "colour", json!("red")),
        ("", "title", json!(5)),
        ("/time", "until", json!("now")),
        ("/templating/list/0", "type", json!("data source")),
        ("/templating/list/1", "multi", json!("yes")),
        ("/panels/1", "titel", json!("x")),
        ("/panels/1/gridPos", "w", json!("6")),
        ("/panels/1/gridPos", "width", json!(6)),
        ("/panels/1/targets/0", "expression", json!("up")),
        ("/panels/1/options", "colorMode", json!("red")),
        ("/panels/1/options/reduceOptions", "calc", json!("last")),
        ("/panels/2/links/0", "href", json!("https://example.com")),
        ("/panels/1/fieldConfig/defaults", "unit", json!("hotfixes")),
        ("/panels/1/fieldConfig/defaults/thresholds/steps/0", "colour", json!("red")),
        ("/panels/4/fieldConfig/defaults/custom", "drawStyle", json!("columns")),
        ("/panels/4/fieldConfig/defaults/custom", "span", json!(true)),
        ("/panels/4/options/legend", "placement", json!("under")),
    ];
    let dashboards = parts.clone().map(|(part, name, value)| {
        let mut bad = good.clone();
        bad.pointer_mut(part).unwrap()[name] = value;
        bad
    });

    for ((part, name, value), faults) in parts.iter().zip(faults(&dashboards)) {
        assert!(!faults.is_empty(), "{name} = {value} in {part:?} is not found");
    }
}
