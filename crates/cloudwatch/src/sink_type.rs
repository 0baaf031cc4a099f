//! The sink `cloudwatch`, and the destinations that the settings configure.

use system_health_registry::{
    Capabilities, Destination, Fate, Repeat, Settings, Settlement, SharedError, SinkType, Temporality,
    register_sink,
};

use crate::{
    emf::EmfDestination,
    limits::{MAX_AGE, MAX_AHEAD},
    put_destination::PutDestination,
    settings::CloudWatchSettings,
};

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

register_sink!(SinkType {
    name: NAME,
    summary: "Amazon CloudWatch, with PutMetricData or in the Embedded Metric Format",
    settings_hint: "`namespace` or `emf = true` in [cloudwatch]",
    configure,
});

fn configure(settings: &Settings) -> Result<Vec<Box<dyn Destination>>, SharedError> {
    let CloudWatchSettings { namespace, region, emf } = settings.table().map_err(SharedError::new)?;
    // Never both: CloudWatch would add up the values of both.
    let destination: Option<Box<dyn Destination>> = match namespace {
        namespace if emf => Some(Box::new(EmfDestination { namespace: namespace.unwrap_or_default() })),
        Some(namespace) => Some(Box::new(PutDestination { namespace, region })),
        None => None,
    };
    Ok(destination.into_iter().collect())
}

/// The errors of refused points, for a preview.
pub(crate) fn refused_texts<'a>(refused: impl IntoIterator<Item = &'a Settlement>) -> Vec<String> {
    let text = |settlement: &Settlement| match &settlement.fate {
        Fate::Refused(error) => Some(error.to_string()),
        _ => None,
    };
    refused.into_iter().filter_map(text).collect()
}
