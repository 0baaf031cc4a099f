//! The settings table `[commits]`.

use std::time::Duration;

use serde::Deserialize;
use system_health_registry::{settings, settings_table};

use super::Patterns;

/// The settings table `[commits]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct CommitSettings {
    /// Where commits are read. Default: `auto`.
    pub source: SourceChoice,
    /// How far back commits count, by the committer's date. Default: 7 days.
    #[serde(deserialize_with = "settings::duration")]
    pub window: Duration,
    /// Which messages mention a hotfix.
    pub hotfix: Patterns,
    /// Which messages are those of a revert.
    pub reverts: Patterns,
}

settings_table!(CommitSettings, "commits");

/// Where commits are to be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceChoice {
    /// On GitHub when there is a token, else in the local clone, else on GitHub without a token.
    #[default]
    Auto,
    /// On GitHub, if need be without a token.
    GitHub,
    /// In the local clone.
    Local,
}

impl Default for CommitSettings {
    fn default() -> Self {
        Self {
            source: SourceChoice::default(),
            window: Duration::from_hours(7 * 24),
            hotfix: Patterns::hotfix(),
            reverts: Patterns::reverts(),
        }
    }
}
