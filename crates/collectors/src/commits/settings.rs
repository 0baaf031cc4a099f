//! The settings table `[commits]`.

use std::time::Duration;

use serde::Deserialize;
use system_health_registry::{settings, settings_table};

use super::Classifier;

/// The settings table `[commits]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct CommitSettings {
    /// Where commits are read. Default: `auto`.
    pub source: SourceChoice,
    /// How far back commits count, by the committer's date. Default: 7 days.
    #[serde(deserialize_with = "settings::duration")]
    pub window: Duration,
    /// Which commits of the branch are looked at. Default: those that landed on it.
    pub history: HistoryChoice,
    /// Which messages are those of a hotfix. Default: the built-in forms.
    pub hotfix: Classifier,
    /// Which messages are those of a revert. Default: the built-in forms.
    pub reverts: Classifier,
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

/// Which commits of a branch are looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HistoryChoice {
    /// What landed on the branch: its tip, the first parent of the tip, and so on. The commits of a merged
    /// branch are not among them; the merge is.
    #[default]
    FirstParent,
    /// Every commit that can be reached from the branch.
    All,
}

impl Default for CommitSettings {
    fn default() -> Self {
        Self {
            source: SourceChoice::default(),
            window: Duration::from_hours(7 * 24),
            history: HistoryChoice::default(),
            hotfix: Classifier::hotfixes(),
            reverts: Classifier::reverts(),
        }
    }
}
