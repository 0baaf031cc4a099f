//! What Datadog knows about a metric besides its points. It knows a metric from the first point on.
//! See <https://docs.datadoghq.com/api/latest/metrics/#edit-metric-metadata>.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    point::Point,
    reading::{Outcome, error, invalid, object},
};
use crate::server::{Answer, Request};

const TEXTS: [&str; 5] = ["description", "per_unit", "short_name", "type", "unit"];
const STATSD_INTERVAL: &str = "statsd_interval";

/// The metadata of each metric, without the properties that are not set.
#[derive(Debug, Default)]
pub(super) struct Metadata(BTreeMap<String, Map<String, Value>>);

impl Metadata {
    /// Takes the type and the unit from the first point of a metric.
    pub(super) fn learn(&mut self, point: &Point) {
        self.0.entry(point.metric.clone()).or_insert_with(|| {
            let kind = if point.kind == "unspecified" { "gauge" } else { point.kind };
            let unit = point.unit.iter().map(|unit| ("unit".to_owned(), unit.as_str().into()));
            [("type".to_owned(), kind.into())].into_iter().chain(unit).collect()
        });
    }

    pub(super) fn get(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned().map(Value::Object)
    }

    pub(super) fn read(&self, name: &str) -> Outcome {
        self.get(name).ok_or_else(unknown)
    }

    /// Replaces the properties that the request gives.
    pub(super) fn edit(&mut self, name: &str, request: &Request) -> Outcome {
        let metadata = self.0.get_mut(name).ok_or_else(unknown)?;
        let given = object(request)?;
        for (property, value) in &given {
            let readable = match &**property {
                STATSD_INTERVAL => value.is_i64(),
                text if TEXTS.contains(&text) => value.is_string(),
                _ => false,
            };
            if !readable {
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
