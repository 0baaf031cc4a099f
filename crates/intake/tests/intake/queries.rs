//! Queries and monitors over what was submitted.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use system_health_intake::{Intake, Request, Rule, Treatment};

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap()
}

fn answer(intake: &Intake, request: &Request) -> Value {
    let answer = intake.handle(request);
    assert!(answer.status < 300, "{answer:?}");
    serde_json::from_slice(&answer.body).unwrap()
}

/// The last value of each group.
fn last_values(intake: &Intake, query: &str) -> Vec<f64> {
    let (from, to) = (now() - 600, now() + 1);
    let target = format!("/api/v1/query?from={from}&to={to}&query={}", query.replace(' ', "+"));
    let response = answer(intake, &Request::json("GET", &target, &Value::Null));
    let series = response["series"].as_array().unwrap().iter();
    let last = |series: &Value| {
        let points = series["pointlist"].as_array().unwrap();
        points[points.len() - 1][1].as_f64().unwrap()
    };
    series.map(last).collect()
}

#[test]
fn all_values_of_a_distribution_are_aggregated() {
    let intake = Intake::in_memory().unwrap();
    let time = now() - 60;
    let series =
        |tag: &str, values: &[f64]| json!({ "metric": "latency", "points": [[time, values]], "tags": [tag] });
    let body = json!({ "series": [series("env:a", &[1.0, 2.0, 3.0]), series("env:b", &[10.0])] });
    let _ = answer(&intake, &Request::json("POST", "/api/v1/distribution_points", &body));

    for (query, expected) in [
        ("avg:latency{*}", vec![4.0]),
        ("sum:latency{*}", vec![16.0]),
        ("count:latency{*}", vec![4.0]),
        ("max:latency{*}", vec![10.0]),
        ("p50:latency{*}", vec![2.0]),
        ("p99:latency{*}", vec![10.0]),
        ("p50:latency{*} by {env}", vec![2.0, 10.0]),
        ("p95:latency{env:c}", vec![]),
        ("max:latency{env:*}", vec![10.0]),
        ("max:latency{!env:b*}", vec![3.0]),
    ] {
        assert_eq!(last_values(&intake, query), expected, "{query}");
    }
}

#[test]
fn a_metric_without_a_stored_value_is_unknown() {
    let intake = Intake::in_memory().unwrap();
    // A value of 1970 is too old, so it is dropped.
    let body = json!({ "series": [{ "metric": "latency", "points": [[0, [1.0]]] }] });
    let _ = answer(&intake, &Request::json("POST", "/api/v1/distribution_points", &body));

    assert_eq!(intake.metadata("latency"), None);
}

#[test]
fn the_list_of_metrics_contains_those_with_a_point_since_a_time() {
    let intake = Intake::in_memory().unwrap();
    let (now, from) = (now(), now() - 300);
    let gauge = |metric: &str, time: i64| json!({ "metric": metric, "type": 3, "points": [{ "timestamp": time, "value": 1.0 }] });
    let body = json!({ "series": [gauge("new", now - 60), gauge("old", now - 600)] });
    let _ = answer(&intake, &Request::json("POST", "/api/v2/series", &body));
    let list = |query: &str| Request::json("GET", &format!("/api/v1/metrics{query}"), &Value::Null);

    let listed = answer(&intake, &list(&format!("?from={from}")));

    assert_eq!(listed, json!({ "metrics": ["new"], "from": from.to_string() }));
    assert_eq!(intake.handle(&list("")).status, 400, "`from` is required");
}

#[test]
fn a_gauge_has_no_percentiles() {
    let intake = Intake::in_memory().unwrap();
    let body = json!({ "series": [{ "metric": "jobs", "type": 3, "points": [{ "timestamp": now(), "value": 1.0 }] }] });
    let _ = answer(&intake, &Request::json("POST", "/api/v2/series", &body));

    assert_eq!(last_values(&intake, "avg:jobs{*}"), [1.0]);
    assert!(last_values(&intake, "p95:jobs{*}").is_empty());
}

#[test]
fn statsd_counts_whose_total_is_not_finite_are_refused() {
    let intake = Intake::in_memory().unwrap();

    intake.receive(b"jobs:1e308|c\njobs:1e308|c\nother:1e10|c|@1e-300").unwrap();

    assert!(intake.points().unwrap().iter().all(|point| point.value.is_finite()));
    let refused = intake.findings().into_iter().filter(|found| found.finding.rule == Rule::Value);
    assert_eq!(refused.count(), 2);
}

#[test]
fn distribution_values_whose_sample_rate_is_too_small_are_refused() {
    let intake = Intake::in_memory().unwrap();

    intake.receive(b"latency:1|d|@1e-310").unwrap();

    assert!(intake.distributions().unwrap().is_empty());
    let findings = intake.findings();
    let message = "a value divided by the sample rate is not a finite number";
    assert!(findings.iter().any(|found| found.finding.message == message), "{findings:?}");
}

#[test]
fn a_count_whose_interval_is_not_positive_has_an_interval_of_one_second() {
    let intake = Intake::in_memory().unwrap();
    let series = |metric: &str, interval: i64| {
        let point = json!({ "timestamp": now(), "value": 6.0 });
        json!({ "metric": metric, "type": 1, "interval": interval, "points": [point] })
    };
    let body = json!({ "series": [series("zero", 0), series("negative", -2), series("jobs", 2)] });
    let _ = answer(&intake, &Request::json("POST", "/api/v2/series", &body));

    assert_eq!(last_values(&intake, "avg:zero{*}.as_rate()"), [6.0]);
    assert_eq!(last_values(&intake, "avg:negative{*}.as_rate()"), [6.0]);
    assert_eq!(last_values(&intake, "avg:jobs{*}.as_rate()"), [3.0]);
}

#[test]
fn a_changed_type_is_a_finding_even_if_the_name_is_invalid() {
    for treatment in [Treatment::LikeDatadog, Treatment::AsSent] {
        let intake = Intake::in_memory().unwrap().with_treatment(treatment);
        for kind in [3, 1] {
            let point = json!({ "timestamp": now(), "value": 1.0 });
            let series = json!({ "metric": "jobs open", "type": kind, "interval": 60, "points": [point] });
            let _ = answer(&intake, &Request::json("POST", "/api/v2/series", &json!({ "series": [series] })));
        }

        let findings = intake.findings();
        assert!(findings.iter().any(|found| found.finding.rule == Rule::Type), "{treatment:?}: {findings:?}");
    }
}

#[test]
fn only_metric_monitors_are_evaluated() {
    let intake = Intake::in_memory().unwrap();
    let body = json!({ "series": [{ "metric": "jobs", "type": 3, "points": [{ "timestamp": now(), "value": 9.0 }] }] });
    let _ = answer(&intake, &Request::json("POST", "/api/v2/series", &body));
    let query = "max(last_5m):max:jobs{*} > 5";
    let monitor = json!({ "type": "log alert", "name": "Jobs", "message": "", "query": query });
    let _ = answer(&intake, &Request::json("POST", "/api/v1/monitor", &monitor));

    assert_eq!(intake.evaluate_all_at(now()).unwrap(), []);
}

#[test]
fn a_monitor_that_has_lost_its_groups_has_no_data() {
    let other_groups = json!({ "query": "max(last_5m):max:jobs{*} by {env} > 5" });
    let other_type = json!({ "type": "log alert" });
    for edit in [other_groups, other_type] {
        let intake = Intake::in_memory().unwrap();
        let point = json!([{ "timestamp": now(), "value": 9.0 }]);
        let body = json!({ "series": [{ "metric": "jobs", "type": 3, "points": point }] });
        let _ = answer(&intake, &Request::json("POST", "/api/v2/series", &body));
        let query = "max(last_5m):max:jobs{*} > 5";
        let create = json!({ "type": "query alert", "name": "Jobs", "query": query });
        let created = answer(&intake, &Request::json("POST", "/api/v1/monitor", &create));
        let target = format!("/api/v1/monitor/{}", created["id"]);
        let state = || {
            intake.evaluate_monitors().unwrap();
            answer(&intake, &Request::json("GET", &target, &Value::Null))["overall_state"].clone()
        };
        assert_eq!(state(), "Alert");

        let _ = answer(&intake, &Request::json("PUT", &target, &edit));

        assert_eq!(state(), "No Data", "{edit}");
    }
}

#[test]
fn a_monitor_that_is_grouped_in_another_way_forgets_its_old_groups() {
    let intake = Intake::in_memory().unwrap();
    let point = json!([{ "timestamp": now(), "value": 9.0 }]);
    let body = json!({ "series": [{ "metric": "jobs", "type": 3, "points": point, "tags": ["env:prod", "team:web"] }] });
    let _ = answer(&intake, &Request::json("POST", "/api/v2/series", &body));
    let monitor =
        |query: &str| json!({ "type": "query alert", "name": "Jobs", "message": "", "query": query });
    let create = monitor("max(last_5m):max:jobs{*} by {env} > 5");
    let created = answer(&intake, &Request::json("POST", "/api/v1/monitor", &create));
    let groups = || {
        let monitors = answer(&intake, &Request::json("GET", "/api/v1/intake/monitors", &Value::Null));
        monitors["monitors"][0]["groups"].clone()
    };
    assert_eq!(groups()[0]["tags"], json!(["env:prod"]));

    let edit = monitor("max(last_5m):max:jobs{*} by {team} > 100");
    let target = format!("/api/v1/monitor/{}", created["id"]);
    let _ = answer(&intake, &Request::json("PUT", &target, &edit));

    assert_eq!(groups(), json!([{ "tags": ["team:web"], "state": "OK" }]));
}

/// Without limits, each of these queries would overflow the stack, and that aborts the process.
#[test]
fn a_query_with_too_many_parentheses_or_operators_is_refused() {
    let intake = Intake::in_memory().unwrap();
    let repeated = |part: &str| part.repeat(16 * 1024 / part.len());

    for start in ["(", "abs(", "clamp_max(", "1%2B", "1*", "(1)-"].map(repeated) {
        let target = format!("/api/v1/query?from=0&to=1&query={start}max:jobs{{*}}");
        let refused = intake.handle(&Request::json("GET", &target, &Value::Null));
        let text = String::from_utf8_lossy(&refused.body);
        assert_eq!(refused.status, 400, "{text}");
        assert!(text.contains("Error parsing query"), "{text}");
    }
    let query = format!("max(last_5m):{}max:jobs{{*}} > 5", "1+".repeat(8 * 1024));
    let monitor = json!({ "type": "query alert", "name": "Jobs", "message": "", "query": query });
    assert_eq!(intake.handle(&Request::json("POST", "/api/v1/monitor", &monitor)).status, 400);
}

#[test]
fn a_nested_query_within_the_limits_is_answered() {
    let intake = Intake::in_memory().unwrap();
    let body = json!({ "series": [{ "metric": "jobs", "type": 3, "points": [{ "timestamp": now(), "value": 1.0 }] }] });
    let _ = answer(&intake, &Request::json("POST", "/api/v2/series", &body));

    let nested = format!("{}max:jobs{{*}}{}", "abs(".repeat(64), ")".repeat(64));
    let long = format!("{}max:jobs{{*}}", "1%2B".repeat(256));
    assert_eq!(last_values(&intake, &nested), [1.0]);
    assert_eq!(last_values(&intake, &long), [257.0]);
}
