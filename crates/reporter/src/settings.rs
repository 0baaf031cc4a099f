//! The tables of the settings file that belong to the reporter.

use std::{num::NonZero, path::PathBuf, time::Duration};

use etcetera::BaseStrategy;
use serde::{Deserialize, Deserializer, de};
use system_health_registry::{
    KeyPattern, Settings, Tag,
    settings::{SettingPath, SettingsError},
    settings_table,
};

use crate::{StateError, name::program_name};

/// Points have the time at which their slot starts. After one failed delivery, they can be almost two slots old, and some backends
/// refuse points that are older than an hour.
pub(crate) const MAX_SLOT: Duration = Duration::from_mins(30);

/// The table `[report]`: how a run behaves.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct ReportSettings {
    /// The reporter's name, for the tag `reporter:` of the metrics about itself. Default: derived from the subject of
    /// the reports, the program and the selection of metrics.
    pub name: Option<String>,
    /// The names of the sinks to deliver to. Default: all that are configured.
    #[serde(deserialize_with = "sinks")]
    pub to: Vec<String>,
    /// Globs for the keys of metrics that are not collected, such as `ci.*`.
    pub skip: Vec<KeyPattern>,
    /// The names of the sources that do not run.
    pub skip_sources: Vec<String>,
    /// The maximum time of a run, including its delivery.
    pub deadline: Duration,
    /// Maximum number of subjects whose metrics are collected at once.
    pub concurrency: NonZero<usize>,
    /// What makes a run fail, for a program that has an exit status.
    pub fail_on: FailOn,
    /// Tags for every sample.
    #[serde(deserialize_with = "crate::tags::deserialize")]
    pub tags: Vec<Tag>,
    /// Further tags, separated by commas or whitespace. This is the format of `DD_TAGS`.
    pub extra_tags: Option<String>,
    /// The tag `service:`. Default: `system-health`, unless another setting contains this tag. For `service`, `env` and
    /// `version`, see <https://docs.datadoghq.com/getting_started/tagging/unified_service_tagging/>.
    pub service: Option<String>,
    /// The tag `env:`. Default: `development`, unless another setting contains this tag.
    pub env: Option<String>,
    /// The tag `version:`.
    pub version: Option<String>,
    /// The length of the schedule slot. Points get the time at which it starts.
    pub align: Option<Duration>,
    /// Whether a push also delivers metrics about the reporter itself.
    pub self_metrics: bool,
    /// Whether a push also sends events.
    pub events: bool,
}

/// The table `[state]`: what is kept between runs.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct StateSettings {
    /// The folder. Default: one for the program, such as `~/.local/state/system-health/report`.
    pub dir: Option<SettingPath>,
    /// How long runs are kept.
    pub keep: Duration,
}

/// What makes a run fail. A failed delivery makes it fail in all cases except `never`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailOn {
    /// Neither a metric nor a delivery.
    Never,
    /// A failed delivery.
    Delivery,
    /// A metric or a source that failed at least in part, a pattern of `only` that matches no metric, or a failed delivery.
    #[default]
    Error,
    /// As [`Error`](Self::Error), or a metric or a source that had no data.
    NoData,
    /// As [`Error`](Self::Error), or a goal that is missed.
    Goal,
}

/// A schedule slot that is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the slot is {} long; it may be at most 30m, because some backends refuse points that are older than an hour",
    humantime::format_duration(*.0)
)]
pub struct SlotError(Duration);

impl ReportSettings {
    /// The length of the schedule slot, or zero if points have the start time of the run. Fails if the slot is too long.
    pub fn slot(&self) -> Result<Duration, SlotError> {
        let align = self.align.unwrap_or_default();
        if align > MAX_SLOT { Err(SlotError(align)) } else { Ok(align) }
    }

    /// Fails, with the place of the setting, if the slot is too long.
    pub fn check_slot(&self, settings: &Settings) -> Result<(), SettingsError> {
        self.slot().map(drop).map_err(|error| settings.refuse::<Self>("align", error))
    }
}

impl StateSettings {
    /// The folder for state. Default: a folder such as `~/.local/state/system-health/report`. Each program has its own
    /// default, named after its executable file, so that two programs do not share a folder by accident.
    pub fn folder(&self) -> Result<PathBuf, StateError> {
        self.dir.as_ref().map_or_else(|| default_folder(&program_name()), |named| Ok(named.to_path_buf()))
    }
}

fn default_folder(program: &str) -> Result<PathBuf, StateError> {
    let folders = etcetera::choose_base_strategy().map_err(|_| StateError::NoHome)?;
    let parent = folders.state_dir().unwrap_or_else(|| folders.data_dir()).join("system-health");
    Ok(parent.join(folder_name(program)))
}

/// Converts the name of a program into the name of a folder. The result is always one folder below the parent folder.
fn folder_name(program: &str) -> String {
    let allowed = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
    let name: String = program.chars().map(allowed).collect();
    if name.chars().all(|c| c == '.') { format!("_{name}") } else { name }
}

impl Default for ReportSettings {
    fn default() -> Self {
        Self {
            name: None,
            to: Vec::new(),
            skip: Vec::new(),
            skip_sources: Vec::new(),
            deadline: Duration::from_mins(5),
            concurrency: const { NonZero::new(16).unwrap() },
            fail_on: FailOn::default(),
            tags: Vec::new(),
            extra_tags: None,
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

// Datadog's own variables are used, because they are already set on many machines, for Datadog's agent.
settings_table!(
    ReportSettings, "report",
    env: {
        "name" => "SYSTEM_HEALTH_REPORTER",
        "to" => "SYSTEM_HEALTH_TO",
        "extra_tags" => "DD_TAGS",
        "service" => "DD_SERVICE",
        "env" => "DD_ENV",
        "version" => "DD_VERSION",
    },
    template: include_str!("report.toml"),
    shown: |_| true,
);
settings_table!(
    StateSettings, "state",
    env: { "dir" => "SYSTEM_HEALTH_STATE_DIR" },
    template: include_str!("state.toml"),
    shown: |_| true,
);

/// Parses the names of sinks. Refuses an empty list, because it would mean the default, which its author does not expect.
fn sinks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    if names.is_empty() {
        return Err(de::Error::custom(
            "no sink is named; name one, such as [\"datadog\"], or leave `to` out for all that are configured",
        ));
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_program_has_its_own_folder() {
        let [one, other] = ["report", "acme-report"].map(|program| default_folder(program).unwrap());

        assert_ne!(one, other);
        assert!(one.ends_with("system-health/report"));
        assert_eq!(StateSettings::default().folder().unwrap(), default_folder(&program_name()).unwrap());
        let named = StateSettings { dir: Some("state".into()), ..StateSettings::default() };
        assert_eq!(named.folder().unwrap(), PathBuf::from("state"));
    }

    #[test]
    fn the_name_of_a_program_becomes_one_folder() {
        for (program, name) in
            [("acme report", "acme_report"), ("../x", ".._x"), ("..", "_.."), ("", "_"), ("été-2", "été-2")]
        {
            assert_eq!(folder_name(program), name);
        }
    }
}
