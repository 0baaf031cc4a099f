//! The table `[acme]` of the settings file.

use serde::Deserialize;
use system_health_registry::{settings::SettingPath, settings_table};

/// Where Acme keeps its incidents.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct AcmeSettings {
    /// The file that lists the open incidents.
    pub incidents: SettingPath,
}

impl Default for AcmeSettings {
    fn default() -> Self {
        Self { incidents: "incidents.tsv".into() }
    }
}

settings_table!(AcmeSettings, "acme", env: { "incidents" => "ACME_INCIDENTS" });
