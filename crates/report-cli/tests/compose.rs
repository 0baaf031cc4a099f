//! Checks compose.yaml against the Compose specification, and deploy/with-datadog.env against compose.yaml.
#![cfg(all(unix, feature = "serve"))]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use system_health_test_support::tools;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// compose.yaml as JSON.
fn compose() -> Value {
    let convert = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)";
    let converted = tools::python().args(["-c", convert]).arg(root().join("compose.yaml")).output().unwrap();
    assert!(converted.status.success(), "{}", String::from_utf8_lossy(&converted.stderr));
    serde_json::from_slice(&converted.stdout).unwrap()
}

/// The errors of each document according to the schema of the Compose specification.
fn faults(documents: &Value) -> Vec<Value> {
    let schema = tools::file("compose/compose-spec.json");
    let faults =
        tools::run_contract_script("json_schema_check.py", &[&schema], documents.to_string().as_bytes());
    serde_json::from_str(&faults).unwrap()
}

#[test]
#[ignore = "needs the schema of Compose: run cargo xtask test"]
fn the_file_follows_the_compose_specification() {
    let valid = compose();
    let changed = |pointer: &str, value: Value| {
        let mut changed = valid.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        changed
    };
    let documents = json!([
        valid,
        changed("/services/report/healthcheck", json!({"tests": ["CMD", "true"]})),
        changed("/services/report/ports", json!("8700")),
        changed("/services/datadog-agent/profiles", json!("with-datadog")),
        changed("/volumes", json!({"state": {"drivers": "local"}})),
    ]);

    let faults = faults(&documents);

    assert_eq!(faults[0], json!([]));
    for (index, fault) in faults.iter().enumerate().skip(1) {
        assert_ne!(fault, &json!([]), "the schema must refuse document {index}");
    }
}

#[test]
#[ignore = "needs Python: run cargo xtask test"]
fn only_the_reporter_starts_without_a_profile() {
    let compose = compose();
    let services = compose["services"].as_object().unwrap();
    let without_profile: Vec<&String> =
        services.iter().filter(|(_, service)| service["profiles"].is_null()).map(|(name, _)| name).collect();

    assert_eq!(without_profile, ["report"]);
    assert_eq!(services["datadog-agent"]["profiles"], json!(["with-datadog"]));
    for (name, service) in services {
        assert!(service["healthcheck"]["test"].is_array(), "{name} has no health check");
    }
}

#[test]
#[ignore = "needs Python: run cargo xtask test"]
fn the_reporter_gets_every_variable_of_the_profile() {
    let compose = compose();
    let passed: BTreeSet<&str> = compose["services"]["report"]["environment"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let file = fs::read_to_string(root().join("deploy/with-datadog.env")).unwrap();
    let set: Vec<(&str, &str)> = file
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once('=').unwrap())
        .collect();

    let [profile, others @ ..] = set.as_slice() else { panic!("the file sets no variables") };
    assert_eq!(profile, &("COMPOSE_PROFILES", "with-datadog"), "Compose itself reads this variable");
    assert_eq!(
        others,
        [("SYSTEM_HEALTH_TO", "dogstatsd"), ("DD_AGENT_HOST", "datadog-agent"), ("DD_TRACE_ENABLED", "true")]
    );
    for (variable, _) in others {
        assert!(passed.contains(variable), "{variable}");
    }
    assert!(compose["services"]["datadog-agent"].is_object(), "the host is the name of the service");
}

#[test]
#[ignore = "needs Python: run cargo xtask test"]
fn the_agent_takes_traces_metrics_and_logs_of_the_reporter() {
    let compose = compose();
    let (report, agent) = (&compose["services"]["report"], &compose["services"]["datadog-agent"]);

    // By default, an Agent takes traces and DogStatsD only from its own container, and no logs.
    for variable in
        ["DD_APM_ENABLED", "DD_APM_NON_LOCAL_TRAFFIC", "DD_DOGSTATSD_NON_LOCAL_TRAFFIC", "DD_LOGS_ENABLED"]
    {
        assert_eq!(agent["environment"][variable], "true", "{variable}");
    }
    // The Agent collects the logs of containers with this label. It finds the containers and their logs in these files.
    let label = report["labels"]["com.datadoghq.ad.logs"].as_str().expect("a label");
    let logs: Value = serde_json::from_str(label).expect("JSON");
    assert_eq!(logs, json!([{ "source": "system-health", "service": "system-health" }]));
    let volumes = agent["volumes"].as_array().expect("volumes");
    for file in ["/var/run/docker.sock", "/var/lib/docker/containers"] {
        assert!(volumes.contains(&format!("{file}:{file}:ro").into()), "{file}: {volumes:?}");
    }
    // Only log messages in JSON contain the id of their span.
    assert_eq!(report["command"], json!(["serve", "--log-format", "json"]));
}
