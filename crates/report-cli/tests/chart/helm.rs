//! Renders the chart with the real Helm.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use system_health_test_support::tools;

/// Both major versions that are in use.
pub(crate) const VERSIONS: [&str; 2] = ["helm3", "helm4"];

pub(crate) fn chart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charts/cronjob")
}

/// The values files in the chart's folder `ci`, with their names without the ending.
pub(crate) fn value_sets() -> Vec<(String, PathBuf)> {
    let files = fs::read_dir(chart().join("ci")).unwrap().map(|file| file.unwrap().path());
    let mut sets: Vec<_> = files
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            (
                name.strip_suffix("-values.yaml")
                    .expect("files in ci/ end with -values.yaml, as Helm's tools require")
                    .to_owned(),
                path,
            )
        })
        .collect();
    sets.sort();
    sets
}

pub(crate) fn helm(version: &str, arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    Command::new(tools::file(&format!("{version}/helm")))
        .args(arguments)
        .env_clear()
        .env("HOME", home.path())
        .current_dir(chart())
        .output()
        .unwrap()
}

/// The manifests as text, or Helm's error message.
pub(crate) fn template(version: &str, values: &Path) -> Result<String, String> {
    let arguments = ["template", "health", ".", "--namespace", "ops", "--values", values.to_str().unwrap()];
    let output = helm(version, &arguments);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

/// The result of [`template`] for values as text.
pub(crate) fn template_text(version: &str, values: &str) -> Result<String, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), values).unwrap();
    template(version, file.path())
}

/// The objects in manifests. Those of Kubernetes' own kinds are validated against its schemas.
pub(crate) fn objects(manifests: &str) -> Vec<Value> {
    let checked = tools::run_contract_script("chart_check.py", &[], manifests.as_bytes());
    let checked: Value = serde_json::from_str(&checked).unwrap();
    assert_eq!(checked["faults"], Value::Array(vec![]), "{manifests}");
    checked["objects"].as_array().unwrap().clone()
}

/// The objects that the latest Helm renders from values.
pub(crate) fn rendered(values: &str) -> Vec<Value> {
    objects(&template_text("helm4", values).unwrap())
}

/// The objects of a kind.
pub(crate) fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|object| object["kind"] == kind).collect()
}

/// The cron jobs and deployments.
pub(crate) fn workloads(objects: &[Value]) -> Vec<&Value> {
    [of_kind(objects, "CronJob"), of_kind(objects, "Deployment")].concat()
}

/// The specification of the pods that a cron job or a deployment starts.
pub(crate) fn pod(workload: &Value) -> &Value {
    match workload["kind"].as_str() {
        Some("Deployment") => &workload["spec"]["template"]["spec"],
        _ => &workload["spec"]["jobTemplate"]["spec"]["template"]["spec"],
    }
}

/// The arguments of the container of a pod.
pub(crate) fn arguments(pod: &Value) -> Vec<&str> {
    pod["containers"][0]["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
}

/// The settings file that a pod sees.
pub(crate) fn settings<'a>(pod: &Value, objects: &'a [Value]) -> &'a str {
    let volumes = pod["volumes"].as_array().unwrap();
    let name = &volumes.iter().find(|volume| volume["name"] == "settings").unwrap()["configMap"]["name"];
    let maps = of_kind(objects, "ConfigMap");
    let map = maps.iter().find(|map| map["metadata"]["name"] == *name).unwrap();
    map["data"]["system-health.toml"].as_str().unwrap()
}
