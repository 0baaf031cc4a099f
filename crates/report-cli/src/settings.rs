//! The tables of the settings file that belong to the command itself, and how its layers are put
//! together: defaults, file, environment, flags.

use std::{path::Path, time::Duration};

use serde::Deserialize;
use system_health_registry::{
    Settings,
    settings::{Origin, SettingsError, duration},
    settings_table,
};

use crate::args::{CollectArguments, FailOn};

const DEFAULT_FILE: &str = "system-health.toml";

/// The table `[report]`: how a run behaves.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct ReportSettings {
    /// How long the whole run may take, delivery included.
    #[serde(deserialize_with = "duration")]
    pub(crate) deadline: Duration,
    /// What makes the exit status other than 0.
    pub(crate) fail_on: FailOn,
    /// Tags for every sample.
    #[serde(deserialize_with = "crate::tags::deserialize")]
    pub(crate) tags: Vec<system_health_registry::Tag>,
}

/// The table `[datadog]`: where reports are delivered to, and Datadog's unified service tags.
/// See <https://docs.datadoghq.com/getting_started/tagging/unified_service_tagging/>.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct DatadogSettings {
    /// The site, such as `datadoghq.eu`.
    pub(crate) site: String,
    /// An endpoint instead of the site's.
    pub(crate) url: Option<String>,
    /// The tag `service:`.
    pub(crate) service: String,
    /// The tag `env:`.
    pub(crate) env: String,
    /// The tag `version:`.
    pub(crate) version: Option<String>,
}

impl Default for ReportSettings {
    fn default() -> Self {
        Self { deadline: Duration::from_mins(5), fail_on: FailOn::default(), tags: Vec::new() }
    }
}

impl Default for DatadogSettings {
    fn default() -> Self {
        Self {
            site: "datadoghq.com".to_owned(),
            url: None,
            service: "system-health".to_owned(),
            env: "development".to_owned(),
            version: None,
        }
    }
}

settings_table!(ReportSettings, "report");
settings_table!(DatadogSettings, "datadog", env: {
    "site" => "DD_SITE",
    "url" => "DD_URL",
    "service" => "DD_SERVICE",
    "env" => "DD_ENV",
    "version" => "DD_VERSION",
});

/// Reads the settings of a run.
pub(crate) fn load(arguments: &CollectArguments) -> Result<Settings, SettingsError> {
    let mut builder = Settings::builder();
    if let Some(file) = &arguments.config {
        builder = builder.file(file)?;
    } else if Path::new(DEFAULT_FILE).exists() {
        builder = builder.file(Path::new(DEFAULT_FILE))?;
    }
    builder = builder.environment();
    if let Some(repo) = &arguments.repo {
        builder = builder.set("repository", "name", repo.as_str(), Origin::Flag("--repo"));
    }
    if let Some(branch) = &arguments.branch {
        builder = builder.set("repository", "branch", branch.as_str(), Origin::Flag("--branch"));
    }
    builder.build()
}
