//! The file for the node exporter, for those who write alerts about its age.

use std::path::PathBuf;

use system_health_registry::{Settings, settings::SettingsError};

use crate::settings::PrometheusSettings;

/// The textfile in the settings. The one with the metrics about the reporter is beside it: `health-reporter.prom` beside
/// `health.prom`.
pub fn configured_textfile(settings: &Settings) -> Result<Option<PathBuf>, SettingsError> {
    let settings: PrometheusSettings = settings.table()?;
    Ok(settings.textfile.map(PathBuf::from))
}
