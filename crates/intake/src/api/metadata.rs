//! What Datadog knows about a metric besides its points. It knows a metric from the first point on.
//! See <https://docs.datadoghq.com/api/latest/metrics/#edit-metric-metadata>.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::reading::{Outcome, invalid, object};
use crate::exchange::{Answer, Request, error};

/// Properties whose value is a text.
const TEXTS: [&str; 5] = ["description", "per_unit", "short_name", "type", "unit"];
const STATSD_INTERVAL: &str = "statsd_interval";

/// The metadata of each metric, without the properties that are not set.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Metadata(BTreeMap<String, Map<String, Value>>);

impl Metadata {
    /// Takes the type and the unit from the first submission of a metric. Returns whether the metric is new.
    pub(crate) fn learn(&mut self, metric: &str, kind: &str, unit: Option<&str>) -> bool {
        if self.0.contains_key(metric) {
            return false;
        }
        let kind = if kind == "unspecified" { "gauge" } else { kind };
        let unit = unit.map(|unit| ("unit".to_owned(), unit.into()));
        let properties = [("type".to_owned(), kind.into())].into_iter().chain(unit).collect();
        self.0.insert(metric.to_owned(), properties);
        true
    }

    /// The type of a metric, if it is known.
    pub(crate) fn kind(&self, metric: &str) -> Option<&str> {
        self.0.get(metric)?.get("type")?.as_str()
    }

    pub(crate) fn get(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned().map(Value::Object)
    }

    pub(crate) fn read(&self, name: &str) -> Outcome {
        self.get(name).ok_or_else(unknown)
    }

    /// Replaces the properties that the request gives.
    pub(crate) fn edit(&mut self, name: &str, request: &Request) -> Outcome {
        let metadata = self.0.get_mut(name).ok_or_else(unknown)?;
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
        Ok(Value::Object(metadata.clone()))
    }
}

fn unknown() -> Answer {
    error(404, "metric_name not found")
}
