//! The table `[acme]` of the settings file.

use std::path::PathBuf;

use serde::Deserialize;
use system_health_registry::settings_table;

/// Where Acme keeps its incidents.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct AcmeSettings {
    /// The file that lists the open incidents.
    pub incidents: PathBuf,
}

impl Default for AcmeSettings {
    fn default() -> Self {
        Self { incidents: "incidents.tsv".into() }
    }
}

settings_table!(AcmeSettings, "acme", env: { "incidents" => "ACME_INCIDENTS" });
