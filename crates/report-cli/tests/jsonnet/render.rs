//! Renders dashboards with the real Jsonnet.

use std::{
    fs, iter,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use system_health_test_support::{scene::Scene, tools::run_contract_script};

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dashboards")
}

/// The metrics that are linked.
pub(crate) fn listed() -> Vec<Value> {
    let listed = Scene::new(env!("CARGO_BIN_EXE_report")).run(&["list", "--format", "json"]).with_status(0);
    listed.json()["metrics"].as_array().unwrap().clone()
}

/// The metrics that a run collects without settings.
pub(crate) fn collected() -> Vec<Value> {
    listed().into_iter().filter(|metric| metric["collected"] == true).collect()
}

pub(crate) fn keys(catalog: &[Value]) -> Vec<&str> {
    catalog.iter().map(|metric| metric["key"].as_str().unwrap()).collect()
}

/// Renders files. Each result has a `dashboard` or an `error`. Without `catalog`, the files use `catalog.json`.
pub(crate) fn render(files: &[PathBuf], catalog: Option<&Value>) -> Vec<Value> {
    let folder = folder();
    let arguments: Vec<&Path> = iter::once(&folder).chain(files).map(PathBuf::as_path).collect();
    let catalog = catalog.map(|metrics| json!({ "metrics": metrics }).to_string()).unwrap_or_default();
    let rendered = run_contract_script("jsonnet_render.py", &arguments, catalog.as_bytes());
    serde_json::from_str(&rendered).unwrap()
}

/// Renders Jsonnet that is given as text.
pub(crate) fn render_text(text: &str, catalog: Option<&Value>) -> Value {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    render(&[file.path().to_owned()], catalog).remove(0)
}

/// Renders an expression in which `w` is the library with its catalog.
pub(crate) fn render_expression(expression: &str, catalog: Option<&Value>) -> Value {
    let arguments = "catalog=import 'catalog.json'";
    let text =
        format!("function({arguments}) local w = (import 'lib/widgets.libsonnet')(catalog); {expression}");
    render_text(&text, catalog)
}

/// The dashboards of the folder, by the names of their files.
pub(crate) fn shipped() -> Vec<(String, Value)> {
    let files = fs::read_dir(folder().join("dashboards")).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<PathBuf> = files.collect();
    files.sort();
    let names = files.iter().map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned());
    names.zip(render(&files, None).iter().map(dashboard)).collect()
}

/// The rendered dashboard. Panics if there is an error.
pub(crate) fn dashboard(rendered: &Value) -> Value {
    assert!(rendered["error"].is_null(), "{}", rendered["error"].as_str().unwrap());
    rendered["dashboard"].clone()
}

/// The widgets of a dashboard or of a group.
pub(crate) fn widgets(parent: &Value) -> &[Value] {
    let parent = parent.get("definition").unwrap_or(parent);
    parent["widgets"].as_array().unwrap()
}

/// All metric queries in a part of a dashboard.
pub(crate) fn queries(part: &Value) -> Vec<&str> {
    match part {
        Value::Array(items) => items.iter().flat_map(queries).collect(),
        Value::Object(fields) => match &fields.get("query") {
            Some(Value::String(query)) => vec![query],
            _ => fields.values().flat_map(queries).collect(),
        },
        _ => vec![],
    }
}

/// The key of the metric in a query such as `max:commits.hotfix{$env}`.
pub(crate) fn key_of(query: &str) -> &str {
    let (_, rest) = query.split_once(':').unwrap();
    rest.split_once('{').unwrap().0
}
