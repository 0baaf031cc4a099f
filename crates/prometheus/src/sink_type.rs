//! The sink `prometheus`, and the destinations that the settings configure.

use std::sync::Arc;

use system_health_registry::{Destination, Settings, SharedError, SinkType, register_sink};

use crate::{
    destination::{GatewayDestination, NAME, TextfileDestination},
    remote_destination::RemoteDestination,
    settings::PrometheusSettings,
    textfile::Textfile,
};

register_sink!(SinkType {
    name: NAME,
    summary: "Prometheus, through remote write, a Pushgateway or a textfile of the node exporter",
    settings_hint: "`remote_write`, `pushgateway` or `textfile` in [prometheus]",
    configure,
});

fn configure(settings: &Settings) -> Result<Vec<Box<dyn Destination>>, SharedError> {
    let settings: PrometheusSettings = settings.table().map_err(SharedError::new)?;
    let mut destinations = Vec::<Box<dyn Destination>>::new();
    if let Some(url) = settings.pushgateway.clone() {
        let settings = settings.clone();
        destinations.push(Box::new(GatewayDestination { url, settings, client: Arc::default() }));
    }
    if let Some(url) = settings.remote_write.clone() {
        let settings = settings.clone();
        destinations.push(Box::new(RemoteDestination { url, settings, client: Arc::default() }));
    }
    if let Some(path) = &settings.textfile {
        destinations.push(Box::new(TextfileDestination { textfile: Textfile::new(path) }));
    }
    Ok(destinations)
}
