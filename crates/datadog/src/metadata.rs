//! What Datadog shows about a metric beside its points: the description, the unit and the type.

use datadog_api_client::datadogV1::model::MetricMetadata;
use system_health_registry::{Facts, Kind};

use crate::unit::datadog_unit;

/// What Datadog should know of a metric.
#[must_use]
pub fn metadata(metric: &Facts) -> MetricMetadata {
    let mut metadata = MetricMetadata::new()
        .description(metric.description().trim().to_owned())
        .type_(metric.kind().name().to_owned());
    if let Some(unit) = metric.unit().and_then(datadog_unit) {
        metadata = metadata.unit(unit.to_owned());
    }
    if let Kind::Rate { .. } = metric.kind() {
        metadata = metadata.per_unit("second".to_owned());
    }
    metadata
}

/// What has to be sent so that Datadog knows that; nothing if it already does. What a person has added, such
/// as a short name, stays.
#[must_use]
pub fn metadata_update(known: &MetricMetadata, wanted: &MetricMetadata) -> Option<MetricMetadata> {
    let says = |known: &Option<String>, wanted: &Option<String>| wanted.is_none() || known == wanted;
    let is_known = says(&known.description, &wanted.description)
        && says(&known.type_, &wanted.type_)
        && says(&known.unit, &wanted.unit)
        && says(&known.per_unit, &wanted.per_unit);
    let mut update = wanted.clone();
    // Whether the endpoint keeps what it is not sent is not documented.
    update.short_name.clone_from(&known.short_name);
    update.statsd_interval = known.statsd_interval;
    (!is_known).then_some(update)
}
