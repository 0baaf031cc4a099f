//! What `report doctor` has to know about Datadog's settings.

use system_health_registry::Settings;

/// Whether both the URL and the site could be used, if only one of them is. The text of one that is refused may be a
/// key that was set in the wrong place, and is not shown.
#[cfg(feature = "datadog")]
pub(crate) fn is_endpoint_right(settings: &Settings) -> bool {
    use system_health_datadog::DatadogSettings;

    let settings = settings.table().ok();
    settings.is_some_and(|it: DatadogSettings| it.endpoint().is_ok() && it.site().is_ok())
}

/// There is nothing to be wrong.
#[cfg(not(feature = "datadog"))]
pub(crate) fn is_endpoint_right(_settings: &Settings) -> bool {
    true
}
