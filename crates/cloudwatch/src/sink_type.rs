//! The sink `cloudwatch`, and the destinations that the settings configure.

use system_health_registry::{Destination, Settings, SharedError, SinkType, register_sink};

use crate::{
    backend::NAME, emf::EmfDestination, put_destination::PutDestination, settings::CloudWatchSettings,
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
