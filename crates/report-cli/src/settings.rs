//! The tables of the settings file that belong to the command itself, and how its layers are put
//! together: defaults, file, environment, flags.

pub(crate) mod monitors;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Deserializer};
use system_health_registry::{
    Settings,
    settings::{Origin, SettingsBuilder, SettingsError, duration},
    settings_table,
};

use crate::args::{FailOn, RepositoryArguments, SettingsArguments};

const DEFAULT_FILE: &str = "system-health.toml";

/// The table `[report]`: how a run behaves.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct ReportSettings {
    /// The reporter's name, in the tag `reporter:` of the metrics about itself.
    pub(crate) name: Option<String>,
    /// How long the whole run may take, delivery included.
    #[serde(deserialize_with = "duration")]
    pub(crate) deadline: Duration,
    /// What makes the exit status other than 0.
    pub(crate) fail_on: FailOn,
    /// Tags for every sample.
    #[serde(deserialize_with = "crate::tags::deserialize")]
    pub(crate) tags: Vec<system_health_registry::Tag>,
    /// The tag `service:`; `system-health` unless another tag says so. With `env` and `version`, these are what
    /// <https://docs.datadoghq.com/getting_started/tagging/unified_service_tagging/> recommends.
    pub(crate) service: Option<String>,
    /// The tag `env:`; `development` unless another tag says so.
    pub(crate) env: Option<String>,
    /// The tag `version:`.
    pub(crate) version: Option<String>,
    /// The schedule slot on whose start the points of a run are put.
    #[serde(deserialize_with = "some_duration")]
    pub(crate) align: Option<Duration>,
    /// Whether a push also delivers metrics about the reporter itself.
    pub(crate) self_metrics: bool,
    /// Whether a push also sends events.
    pub(crate) events: bool,
}

/// The table `[state]`: what is kept between runs.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct StateSettings {
    /// The folder.
    pub(crate) dir: Option<PathBuf>,
    /// How long runs are kept.
    #[serde(deserialize_with = "duration")]
    pub(crate) keep: Duration,
}

impl Default for ReportSettings {
    fn default() -> Self {
        Self {
            name: None,
            deadline: Duration::from_mins(5),
            fail_on: FailOn::default(),
            tags: Vec::new(),
            service: None,
            env: None,
            version: None,
            align: None,
            self_metrics: true,
            events: true,
        }
    }
}

impl Default for StateSettings {
    fn default() -> Self {
        Self { dir: None, keep: Duration::from_hours(24 * 90) }
    }
}

// Datadog's names of the variables are those that people know, and its agents set them.
settings_table!(ReportSettings, "report", env: {
    "name" => "SYSTEM_HEALTH_REPORTER",
    "service" => "DD_SERVICE",
    "env" => "DD_ENV",
    "version" => "DD_VERSION",
});
settings_table!(StateSettings, "state", env: { "dir" => "SYSTEM_HEALTH_STATE_DIR" });

/// The settings file and what is set in the environment.
pub(crate) fn builder(arguments: &SettingsArguments) -> Result<SettingsBuilder, SettingsError> {
    let mut builder = Settings::builder();
    // A variable without a value counts as not set; a link that leads nowhere counts as a file.
    let named = arguments.config.as_deref().filter(|file| !file.as_os_str().is_empty());
    let default = || Some(Path::new(DEFAULT_FILE)).filter(|file| file.symlink_metadata().is_ok());
    if let Some(file) = named.or_else(default) {
        tracing::debug!("settings from {}", file.display());
        builder = builder.file(file)?;
    }
    Ok(builder.environment())
}

/// The settings of a run.
pub(crate) fn load(
    arguments: &SettingsArguments,
    repository: &RepositoryArguments,
) -> Result<Settings, SettingsError> {
    let mut builder = builder(arguments)?;
    let flag = Origin::Flag("--repo");
    builder = match &repository.repo[..] {
        [] => builder,
        [name] => builder.set("repository", "name", name.as_str(), flag),
        names => builder.set("repository", "names", names.to_vec(), flag),
    };
    if let Some(branch) = &repository.branch {
        builder = builder.set("repository", "branch", branch.as_str(), Origin::Flag("--branch"));
    }
    builder.build()
}

/// Reads a duration that may be left out.
fn some_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    duration(deserializer).map(Some)
}
