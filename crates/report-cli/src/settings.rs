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
    /// The tag `service:`; `system-health` unless another tag says so.
    pub(crate) service: Option<String>,
    /// The tag `env:`; `development` unless another tag says so.
    pub(crate) env: Option<String>,
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
        Self { site: "datadoghq.com".to_owned(), url: None, service: None, env: None, version: None }
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
    // A variable without a value counts as not set; a link that leads nowhere counts as a file.
    let named = arguments.config.as_deref().filter(|file| !file.as_os_str().is_empty());
    let default = || Some(Path::new(DEFAULT_FILE)).filter(|file| file.symlink_metadata().is_ok());
    if let Some(file) = named.or_else(default) {
        tracing::debug!("settings from {}", file.display());
        builder = builder.file(file)?;
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
