//! What Datadog knows about a metric besides its points. Datadog knows a metric from its first point on.
//! See <https://docs.datadoghq.com/api/latest/metrics/#edit-metric-metadata>.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::endpoint::{EndpointResult, invalid, object};
use crate::exchange::{Answer, Request, error};

/// Properties whose value is a text.
const TEXTS: [&str; 5] = ["description", "per_unit", "short_name", "type", "unit"];
const STATSD_INTERVAL: &str = "statsd_interval";

/// The metadata of each metric.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Metadata {
    /// The properties of each metric, without those that are not set.
    metrics: BTreeMap<String, Map<String, Value>>,
    /// Whether something has changed since the metadata was last saved.
    #[serde(skip)]
    pub(super) is_changed: bool,
}

impl Metadata {
    /// Takes the type and the unit from the first submission of a metric.
    pub(crate) fn learn(&mut self, metric: &str, kind: &str, unit: Option<&str>) {
        if self.metrics.contains_key(metric) {
            return;
        }
        let kind = if kind == "unspecified" { "gauge" } else { kind };
        let unit = unit.map(|unit| ("unit".to_owned(), unit.into()));
        let properties = [("type".to_owned(), kind.into())].into_iter().chain(unit).collect();
        self.metrics.insert(metric.to_owned(), properties);
        self.is_changed = true;
    }

    /// The type of a metric, if it is known.
    pub(crate) fn kind(&self, metric: &str) -> Option<&str> {
        self.metrics.get(metric)?.get("type")?.as_str()
    }

    pub(crate) fn get(&self, name: &str) -> Option<Value> {
        self.metrics.get(name).cloned().map(Value::Object)
    }

    pub(crate) fn read(&self, name: &str) -> EndpointResult {
        self.get(name).ok_or_else(unknown)
    }

    /// Replaces the properties that the request gives.
    pub(crate) fn edit(&mut self, name: &str, request: &Request) -> EndpointResult {
        let metadata = self.metrics.get_mut(name).ok_or_else(unknown)?;
        let given = object(request)?;
        for (property, value) in &given {
            let is_valid = match &**property {
                STATSD_INTERVAL => value.is_i64(),
                text if TEXTS.contains(&text) => value.is_string(),
                _ => false,
            };
            if !is_valid {
                return Err(invalid(property));
            }
        }
        metadata.extend(given);
        self.is_changed = true;
        Ok(Value::Object(metadata.clone()))
    }
}

fn unknown() -> Answer {
    error(404, "metric_name not found")
}
