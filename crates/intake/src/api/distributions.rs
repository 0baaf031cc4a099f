//! Distributions, as they are submitted and stored. Unlike a series, Datadog adds the values of a repeated point to those that it
//! has. See <https://docs.datadoghq.com/api/latest/metrics/#submit-distribution-points>.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::reading::error;
use crate::server::{Answer, Request};

/// The limits of series. Those of distributions are not documented.
const MAX_WIRE_LENGTH: usize = 512_000;
const MAX_LENGTH: usize = 5 * 1024 * 1024;

/// Metric, tags, and seconds since 1970.
pub type DistributionId = (String, BTreeSet<String>, i64);

/// All that was submitted.
#[derive(Debug, Default)]
pub(super) struct Distributions {
    pub(super) payloads: Vec<Value>,
    pub(super) values: BTreeMap<DistributionId, Vec<f64>>,
    pub(super) refused: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Payload {
    series: Vec<Submitted>,
}

#[derive(Deserialize)]
struct Submitted {
    metric: String,
    points: Vec<(f64, Vec<f64>)>,
    #[serde(default)]
    tags: BTreeSet<String>,
}

impl Distributions {
    /// Stores a payload, all of it or nothing.
    pub(super) fn accept(&mut self, request: &Request) -> Answer {
        if request.wire_length > MAX_WIRE_LENGTH || request.body.len() > MAX_LENGTH {
            return error(413, "Payload Too Large");
        }
        let payload = serde_json::from_slice::<Value>(&request.body)
            .and_then(|payload| Ok((Payload::deserialize(&payload)?.series, payload)));
        let (series, payload) = match payload {
            Ok(payload) => payload,
            Err(cause) => return error(400, &format!("Payload is not in the expected format: {cause}")),
        };
        if series.iter().any(|series| self.refused.contains(&series.metric)) {
            return error(400, "Payload is not in the expected format: invalid series");
        }
        for Submitted { metric, points, tags } in series {
            for (time, values) in points {
                #[expect(clippy::cast_possible_truncation, reason = "whole seconds since 1970")]
                let id = (metric.clone(), tags.clone(), time as i64);
                self.values.entry(id).or_default().extend(values);
            }
        }
        self.payloads.push(payload);
        Answer::json(202, &json!({ "status": "ok" }))
    }
}
