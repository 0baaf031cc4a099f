//! Monitors. They are kept as they were sent, with the properties that Datadog adds. These are the properties that are in recorded
//! responses and in Datadog's API description.
//! See <https://docs.datadoghq.com/api/latest/monitors/>.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::endpoint::{AUTHOR, EndpointResult, invalid, now, number, object};
use crate::{
    exchange::{Answer, Request, error},
    query::{METRIC_MONITOR, refusal, thresholds},
};

/// The number of monitors on a page if the request does not set it.
const DEFAULT_PAGE_SIZE: usize = 100;
/// Monitors with equal values of these properties are duplicates.
const IDENTITY: [&str; 4] = ["name", "type", "query", "message"];
/// The properties that only Datadog sets.
const READ_ONLY: [&str; 7] = ["id", "created", "creator", "deleted", "modified", "multi", "overall_state"];

/// The monitors, in the order of their creation.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Monitors {
    pub(crate) all: Vec<Value>,
    /// The number of monitors that were ever created.
    created: u64,
}

impl Monitors {
    /// All monitors with the tags, or one page of them.
    pub(crate) fn list(&self, request: &Request) -> EndpointResult {
        let tags = request.parameter("monitor_tags").unwrap_or_default();
        let tags: Vec<&str> = tags.split(',').filter(|tag| !tag.is_empty()).collect();
        let has = |monitor: &Value, tag| monitor["tags"].as_array().is_some_and(|tags| tags.contains(&tag));
        let found =
            self.all.iter().filter(|monitor| tags.iter().all(|tag| has(monitor, json!(tag)))).cloned();
        let Some(page) = number::<usize>(request, "page")? else { return Ok(found.collect()) };
        let size = number(request, "page_size")?.unwrap_or(DEFAULT_PAGE_SIZE);
        Ok(found.skip(page.saturating_mul(size)).take(size).collect())
    }

    pub(crate) fn read(&self, id: &str) -> EndpointResult {
        self.find(id).map(|index| self.all[index].clone())
    }

    pub(crate) fn create(&mut self, mut sent: Map<String, Value>) -> EndpointResult {
        sent.retain(|name, _| !READ_ONLY.contains(&&**name));
        let (name, handle) = AUTHOR;
        let now = now();
        let mut monitor = json!({
            "id": 1000 + self.created,
            "created": now,
            "creator": { "email": handle, "handle": handle, "name": name },
            "deleted": null,
            "message": "",
            "modified": now,
            "options": {},
            "overall_state": "No Data",
            "priority": null,
            "restricted_roles": null,
            "tags": [],
        });
        set_properties(&mut monitor, sent)?;
        let is_duplicate = |other: &&Value| IDENTITY.iter().all(|name| other[name] == monitor[name]);
        if let Some(other) = self.all.iter().find(is_duplicate) {
            let id = &other["id"];
            return Err(error(409, &format!("Duplicate of an existing monitor_id:{id} org_id:1")));
        }
        self.created += 1;
        self.all.push(monitor.clone());
        Ok(monitor)
    }

    /// Replaces the properties that the request gives.
    pub(crate) fn update(&mut self, id: &str, request: &Request) -> EndpointResult {
        let index = self.find(id)?;
        let mut sent = object(request)?;
        sent.retain(|name, _| !READ_ONLY.contains(&&**name));
        let mut monitor = self.all[index].clone();
        set_properties(&mut monitor, sent)?;
        monitor["modified"] = now();
        self.all[index] = monitor.clone();
        Ok(monitor)
    }

    pub(crate) fn edit(&mut self, id: &str, edit: impl FnOnce(&mut Value)) -> EndpointResult {
        let index = self.find(id)?;
        edit(&mut self.all[index]);
        self.all[index]["modified"] = now();
        self.read(id)
    }

    pub(crate) fn delete(&mut self, id: &str) -> EndpointResult {
        let monitor = self.all.remove(self.find(id)?);
        Ok(json!({ "deleted_monitor_id": monitor["id"] }))
    }

    fn find(&self, id: &str) -> Result<usize, Answer> {
        let id: Option<u64> = id.parse().ok();
        let index = self.all.iter().position(|monitor| monitor["id"].as_u64() == id);
        index.ok_or_else(|| error(404, "Monitor not found"))
    }
}

/// Sets the properties of a monitor that were sent, and adds Datadog's defaults.
fn set_properties(monitor: &mut Value, sent: Map<String, Value>) -> Result<(), Answer> {
    for (name, value) in sent {
        monitor[name] = value;
    }
    // Datadog accepts both names of this type, and responds with `query alert`.
    if monitor["type"] == "metric alert" {
        monitor["type"] = METRIC_MONITOR.into();
    }
    let kind = monitor["type"].as_str().ok_or_else(|| invalid("type"))?;
    let query = monitor["query"].as_str().ok_or_else(|| invalid("query"))?;
    if kind == METRIC_MONITOR {
        thresholds::check(query, &monitor["options"]["thresholds"])?;
        if let Some(refusal) = refusal(query, &monitor["options"]) {
            return Err(error(400, &refusal));
        }
    }
    monitor["multi"] = (query.contains(" by {") || query.contains(".by(")).into();
    complete(monitor["options"].as_object_mut().ok_or_else(|| invalid("options"))?);
    Ok(())
}

/// Adds the options that are not set. Converts thresholds to floats, and removes thresholds that are null.
fn complete(options: &mut Map<String, Value>) {
    let defaults = [
        ("include_tags", json!(true)),
        ("new_host_delay", json!(300)),
        ("notify_audit", json!(false)),
        ("notify_no_data", json!(false)),
        ("renotify_interval", json!(0)),
        ("silenced", json!({})),
    ];
    for (name, value) in defaults {
        options.entry(name).or_insert(value);
    }
    if let Some(thresholds) = options.get_mut("thresholds").and_then(Value::as_object_mut) {
        thresholds.retain(|_, threshold| !threshold.is_null());
        for threshold in thresholds.values_mut() {
            if let Some(number) = threshold.as_f64() {
                *threshold = number.into();
            }
        }
    }
}
