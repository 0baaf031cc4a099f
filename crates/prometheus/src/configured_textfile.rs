//! The path of the file for the node exporter, for crates that make alerts about the age of the file.

use std::path::PathBuf;

use system_health_registry::{Settings, settings::SettingsError};

use crate::settings::PrometheusSettings;

/// The path of the textfile in the settings, such as `health.prom`. `None` if it is not set. The metrics about the reporter are
/// in a second file in the same folder, such as `health-reporter.prom`.
pub fn configured_textfile(settings: &Settings) -> Result<Option<PathBuf>, SettingsError> {
    let settings: PrometheusSettings = settings.table()?;
    Ok(settings.textfile.map(PathBuf::from))
}
