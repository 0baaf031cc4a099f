//! What the two kinds of destination have in common: CloudWatch stores the values of both.

use system_health_registry::{Capabilities, Fate, Repeat, Settlement, Temporality};

use crate::limits::{MAX_AGE, MAX_AHEAD};

/// The name of the sink.
pub(crate) const NAME: &str = "cloudwatch";

/// CloudWatch adds up all values that it gets for one metric and time.
pub(crate) const CAPABILITIES: Capabilities = Capabilities {
    max_age: MAX_AGE,
    max_ahead: MAX_AHEAD,
    keeps_timestamps: true,
    gauges: Repeat::AddsUp,
    counts: Repeat::AddsUp,
    rates: Repeat::AddsUp,
    distributions: Repeat::AddsUp,
    counter_temporality: Temporality::Delta,
    distribution_temporality: Temporality::Delta,
    max_event_age: None,
};

/// The errors of refused points, for a preview.
pub(crate) fn refusal_messages<'a>(refused: impl IntoIterator<Item = &'a Settlement>) -> Vec<String> {
    let text = |settlement: &Settlement| match &settlement.fate {
        Fate::Refused(error) => Some(error.to_string()),
        _ => None,
    };
    refused.into_iter().filter_map(text).collect()
}
