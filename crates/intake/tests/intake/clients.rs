//! Datadog's own clients.

use std::path::Path;

use serde_json::{Value, json};
use system_health_intake::Rule;
use system_health_test_support::tools;

use super::running::Running;

/// Runs a script with Datadog's clients.
fn run_script(script: &str, arguments: &[&str]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/intake/scripts").join(script);
    let clients = tools::folder().join("datadog-clients");
    assert!(clients.is_dir(), "{} is missing; run `cargo xtask tools`", clients.display());
    let output = tools::python()
        .arg(path)
        .args(arguments)
        .env("PYTHONPATH", clients)
        .env("NO_PROXY", "*")
        .output()
        .expect("start python");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success(),
        "{script}: {}\n--- stdout\n{stdout}\n--- stderr\n{stderr}",
        output.status
    );
}

/// The last value and the type of each metric.
fn values(intake: &Running) -> Value {
    let metrics = intake.get("/api/v1/intake/metrics");
    let value_and_type = |metric: &Value| {
        (metric["metric"].as_str().unwrap().to_owned(), json!([metric["value"], metric["type"]]))
    };
    metrics["metrics"].as_array().unwrap().iter().map(value_and_type).collect()
}

#[test]
#[ignore = "needs Datadog's clients: run cargo xtask test"]
fn the_intake_stores_what_datadogpy_sends() {
    let intake = Running::start();

    run_script("datadogpy.py", &[&intake.url(), &intake.dogstatsd().port().to_string()]);
    assert_eq!(intake.wait_for_lines(9), 9);

    let expected = json!({
        "Jobs_Open": [3.0, "gauge"],
        "jobs.done": [7.0, "count"],
        "jobs.duration": [2.0, "distribution"],
        "hits": [3.0, "rate"],
        "queue": [5.0, "gauge"],
        "queue.old": [4.0, "gauge"],
        "size.avg": [12.0, "gauge"],
        "size.count": [0.1, "rate"],
        "size.max": [12.0, "gauge"],
        "size.median": [12.0, "gauge"],
        "size.95percentile": [12.0, "gauge"],
        "wait.avg": [40.0, "gauge"],
        "wait.count": [0.1, "rate"],
        "wait.max": [40.0, "gauge"],
        "wait.median": [40.0, "gauge"],
        "wait.95percentile": [40.0, "gauge"],
        "latency": [0.25, "distribution"],
        "users": [1.0, "gauge"],
    });
    assert_eq!(values(&intake), expected);
    let findings = intake.intake.findings();
    let messages: Vec<&str> = findings.iter().map(|found| found.finding.message.as_str()).collect();
    assert!(messages.iter().any(|message| message.starts_with("is stored as `Jobs_Open`")), "{messages:?}");
    assert!(
        messages.iter().any(|message| message.contains("`Env:Prod` is stored as `env:prod`")),
        "{messages:?}"
    );
    let monitors = intake.get("/api/v1/intake/monitors");
    assert_eq!(monitors["monitors"][0]["state"], "Alert", "{monitors}");
    assert_eq!(intake.get("/api/v1/intake/dashboards")["dashboards"][0]["title"], "Jobs");
    let checks = intake.get("/api/v1/intake/checks");
    assert_eq!(checks["checks"].as_array().unwrap().len(), 2, "{checks}");
    let events = intake.get("/api/v1/intake/events");
    let titles: Vec<_> = events["events"].as_array().unwrap().iter().map(|event| &event["title"]).collect();
    assert!(titles.contains(&&json!("Größe")) && titles.contains(&&json!("Deploy")), "{titles:?}");
}

#[test]
#[ignore = "needs Datadog's clients: run cargo xtask test"]
fn the_intake_stores_what_datadogs_api_client_sends() {
    let intake = Running::start();

    run_script("api_client.py", &[&intake.url()]);

    let expected = json!({
        "client.deflate": [1.0, "gauge"],
        "client.gzip": [2.0, "gauge"],
        "client.distribution": [2.0, "distribution"],
    });
    assert_eq!(values(&intake), expected);
    let rules: Vec<Rule> = intake.intake.findings().iter().map(|found| found.finding.rule).collect();
    assert_eq!(rules, [], "nothing is refused or changed");
    assert_eq!(intake.get("/api/v1/intake/monitors")["monitors"][0]["state"], "OK");
}
