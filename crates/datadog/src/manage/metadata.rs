//! Metadata of metrics: description, unit and type.

use datadog_api_client::datadogV1::model::MetricMetadata;
use system_health_registry::{Facts, Kind, datadog_unit};

/// The metadata that Datadog should have for a metric.
#[must_use]
pub fn metadata(metric: &Facts) -> MetricMetadata {
    let mut metadata = MetricMetadata::new()
        .description(metric.description().trim().to_owned())
        .type_(datadog_type(metric.kind()).to_owned());
    if let Some(unit) = metric.unit().and_then(datadog_unit) {
        metadata = metadata.unit(unit.to_owned());
    }
    if let Kind::Rate { .. } = metric.kind() {
        metadata = metadata.per_unit("second".to_owned());
    }
    metadata
}

/// The type of a metric in Datadog. Counters are delivered as counts.
fn datadog_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "count",
        other => other.name(),
    }
}

/// The update that changes the known metadata to the wanted metadata. `None` if nothing has to change. Properties that are not
/// wanted, such as a short name, are kept.
#[must_use]
pub fn metadata_update(known: &MetricMetadata, wanted: &MetricMetadata) -> Option<MetricMetadata> {
    let is_as_wanted = |known: &Option<String>, wanted: &Option<String>| wanted.is_none() || known == wanted;
    let is_up_to_date = is_as_wanted(&known.description, &wanted.description)
        && is_as_wanted(&known.type_, &wanted.type_)
        && is_as_wanted(&known.unit, &wanted.unit)
        && is_as_wanted(&known.per_unit, &wanted.per_unit);
    let mut update = wanted.clone();
    // It is not documented whether the endpoint keeps properties that are not in the request.
    update.unit = update.unit.or_else(|| known.unit.clone());
    update.per_unit = update.per_unit.or_else(|| known.per_unit.clone());
    update.short_name.clone_from(&known.short_name);
    update.statsd_interval = known.statsd_interval;
    (!is_up_to_date).then_some(update)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_keeps_properties_that_are_not_wanted() {
        let wanted = metadata(&Facts::new("a.b", "What it is."));
        let known = MetricMetadata::new()
            .type_("gauge".to_owned())
            .unit("byte".to_owned())
            .per_unit("second".to_owned())
            .short_name("b".to_owned());

        let update = metadata_update(&known, &wanted).unwrap();

        assert_eq!(update, known.description("What it is.".to_owned()));
        assert_eq!(metadata_update(&update, &wanted), None);
    }
}
