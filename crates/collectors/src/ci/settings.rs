//! The settings table `[ci]`.

use serde::Deserialize;
use system_health_registry::settings_table;

/// The settings table `[ci]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct CiSettings {
    /// The file name of the workflow that runs the tests. Default: `checks.yml`.
    pub workflow: String,
    /// The jobs that must be part of a run, by their exact names. Default: none, so that all jobs of the
    /// run count, whatever they are.
    pub required_jobs: Vec<String>,
}

settings_table!(CiSettings, "ci");

impl Default for CiSettings {
    fn default() -> Self {
        Self { workflow: "checks.yml".to_owned(), required_jobs: Vec::new() }
    }
}
