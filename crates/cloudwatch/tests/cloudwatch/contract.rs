//! Requests, compared with AWS's own description of CloudWatch and with what boto3 would send.

use serde_json::{Value as Json, json};
use system_health_registry::{Kind, Point};
use system_health_test_support::tools::run_contract_script;

use crate::harness::{accepting, body, deliver, distribution, gauge, sink};

/// The faults that the contract script finds in each request. It checks with botocore, and some limits itself.
fn faults(bodies: &[Json]) -> Vec<Vec<String>> {
    let output = run_contract_script("cloudwatch_check.py", &[], &serde_json::to_vec(bodies).unwrap());
    serde_json::from_str(&output).unwrap()
}

#[tokio::test]
#[ignore = "needs botocore: run cargo xtask test"]
async fn botocore_would_send_the_same_requests() {
    let server = accepting();
    let tags: Vec<String> = (0..30).map(|number| format!("t{number}:x")).collect();
    let tags: Vec<&str> = tags.iter().map(|tag| &**tag).collect();
    let minute = std::time::Duration::from_mins(1);
    let mut points =
        vec![gauge("a", -0.5, &tags), gauge("b", 1e108, &["nightly"]), distribution("c", [0.1, 7.0])];
    let units = [
        "second", "ms", "us", "byte", "kB", "MB", "GB", "TB", "bit", "kilobit", "megabit", "gigabit",
        "terabit", "%",
    ];
    for (unit, kind) in units
        .into_iter()
        .flat_map(|unit| [Kind::Gauge, Kind::Rate { interval: minute }].map(|kind| (unit, kind)))
    {
        points.push(Point { unit: Some(unit.to_owned()), kind, ..gauge("u", 1.0, &[]) });
    }
    points.push(distribution("d", (0..400).map(|power| 1.02_f64.powi(power))));
    points.extend((0..2000).map(|number| gauge("g", 0.1, &[&format!("n:{number}")])));
    let _ = deliver(&*sink(&server.url()).await, &points).await;

    let bodies: Vec<Json> = server.requests().iter().map(body).collect();

    assert!(bodies.len() > 2);
    assert!(faults(&bodies).iter().all(Vec::is_empty), "{:?}", faults(&bodies));
}

#[test]
#[ignore = "needs botocore: run cargo xtask test"]
fn the_contract_script_finds_every_mistake_in_a_request() {
    let request = |datum: Json| json!({"Namespace": "Shop", "MetricData": [datum]});
    let dimensions = |count: usize| -> Vec<Json> {
        (0..count).map(|n| json!({"Name": format!("n{n}"), "Value": "x"})).collect()
    };
    let wrong = [
        json!({"MetricData": [{"MetricName": "a", "Value": 1}]}),
        json!({"Namespace": ":a", "MetricData": [{"MetricName": "a", "Value": 1}]}),
        json!({"Namespace": "Shop", "MetricData": vec![json!({"MetricName": "a", "Value": 1}); 1001]}),
        request(json!({"Value": 1})),
        request(json!({"MetricName": "", "Value": 1})),
        request(json!({"MetricName": "a", "value": 1})),
        request(json!({"MetricName": "a", "Value": "1"})),
        request(json!({"MetricName": "a", "Value": 1, "Unit": "Second"})),
        request(json!({"MetricName": "a", "Value": 1, "Dimensions": dimensions(31)})),
        request(
            json!({"MetricName": "a", "Value": 1, "Dimensions": [{"Name": "a", "Value": "x".repeat(1025)}]}),
        ),
        request(json!({"MetricName": "a", "Value": 1, "StorageResolution": 0})),
        request(json!({"MetricName": "a", "Value": 1, "Timestamp": "2026-01-02T03:04:05Z"})),
        request(json!({"MetricName": "a", "Values": (0..151).collect::<Vec<_>>()})),
        request(json!({"MetricName": "a", "Values": [1, 1]})),
        request(json!({"MetricName": "a", "Values": [1, 2], "Counts": [1]})),
    ];
    for (faults, request) in faults(&wrong).iter().zip(&wrong) {
        assert!(!faults.is_empty(), "{request}");
    }
    let right = request(
        json!({"MetricName": "a", "Values": [1, 2.5], "Counts": [1, 2], "Dimensions": dimensions(30)}),
    );
    assert_eq!(faults(&[right]), [[""; 0]]);
}
