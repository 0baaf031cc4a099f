//! Submitted distributions. Datadog adds the values of a repeated point to the values that it has. In contrast, a
//! repeated point of a series replaces the earlier one.
//! See <https://docs.datadoghq.com/api/latest/metrics/#submit-distribution-points>.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::json;

use super::{
    payload::{check_size, host_tag, refuse_unreadable},
    state::State,
};
use crate::{
    exchange::{Answer, Request},
    notice::Notice,
    point::DISTRIBUTION,
    rules::{check_name, check_tags, check_time},
    store::{DistributionId, StoreError, WeightedValues},
    treatment::Treatment,
};

#[derive(Deserialize)]
struct Payload {
    series: Vec<Submitted>,
}

#[derive(Deserialize)]
struct Submitted {
    metric: String,
    points: Vec<(f64, Vec<f64>)>,
    tags: Option<BTreeSet<String>>,
    host: Option<String>,
}

/// Accepts or refuses a payload as a whole. Nothing of a refused payload is stored.
pub(super) fn accept(state: &mut State, request: &Request) -> Answer {
    if let Err(refusal) = check_size(state, request) {
        return refusal;
    }
    let series = match serde_json::from_slice::<Payload>(&request.body) {
        Ok(payload) => payload.series,
        Err(cause) => return refuse_unreadable(state, request, &cause),
    };
    match store(state, request.path(), series) {
        Ok(()) => Answer::json(202, &json!({ "status": "ok" })),
        Err(error) => error.into(),
    }
}

/// Stores the part of a payload that Datadog would store, or all of it if submissions are stored as sent.
fn store(state: &mut State, path: &str, series: Vec<Submitted>) -> Result<(), StoreError> {
    let mut findings = Vec::new();
    let mut accepted: Vec<(DistributionId, WeightedValues)> = Vec::new();
    let (mut sent, mut metrics) = (0, BTreeSet::new());
    let now = state.now();
    for Submitted { metric, points, tags, host } in series {
        let tags: BTreeSet<String> =
            tags.unwrap_or_default().into_iter().chain(host_tag(host.as_deref())).collect();
        sent += points.iter().map(|(_, values)| values.len()).sum::<usize>();
        let checked = check_name(&metric, &mut findings).map(|metric| {
            let tags = check_tags(&metric, &tags, &mut findings);
            (metric, tags)
        });
        let stored = if state.treatment == Treatment::AsSent { Some((metric, tags)) } else { checked };
        let Some((metric, tags)) = stored else { continue };
        let accepted_before = accepted.len();
        for (time, values) in points {
            #[expect(clippy::cast_possible_truncation, reason = "whole seconds since 1970")]
            let time = time as i64;
            if check_time(&metric, time, now, &mut findings) || state.treatment == Treatment::AsSent {
                let values = values.into_iter().map(|value| (value, 1.0)).collect();
                accepted.push(((metric.clone(), tags.clone(), time), values));
            }
        }
        if accepted.len() > accepted_before {
            state.metadata.learn(&metric, DISTRIBUTION, None);
            metrics.insert(metric);
        }
    }
    // The values are added last: after an error the client sends them again, and they must not be added twice.
    state.save_metadata()?;
    state.store.add_values(&accepted)?;
    state.add_findings(findings);
    let stored = accepted.iter().map(|(_, values)| values.len()).sum();
    state.notify(Notice::delivery(path, "value", sent, stored, metrics.len()));
    Ok(())
}
