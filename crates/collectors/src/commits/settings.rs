//! The settings table `[commits]`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};
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

settings_table!(CommitSettings, "commits", shown: |_| true);

/// Where commits are to be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HistoryChoice {
    /// What landed on the branch: its tip, the first parent of the tip, and so on. The commits of a merged
    /// branch are not among them; the merge is.
    #[default]
    FirstParent,
    /// Every commit that can be reached from the branch.
    All,
}

impl<'de> Deserialize<'de> for SourceChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match &*String::deserialize(deserializer)? {
            "auto" => Ok(Self::Auto),
            "github" => Ok(Self::GitHub),
            "local" => Ok(Self::Local),
            other => Err(D::Error::custom(format!(
                "`{other}` is not a source of commits; write \"auto\", \"github\" or \"local\""
            ))),
        }
    }
}

impl<'de> Deserialize<'de> for HistoryChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match &*String::deserialize(deserializer)? {
            "first-parent" => Ok(Self::FirstParent),
            "all" => Ok(Self::All),
            other => Err(D::Error::custom(format!(
                "`{other}` is not a history; write \"first-parent\" or \"all\""
            ))),
        }
    }
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use system_health_registry::Settings;

    #[test]
    fn an_unknown_word_is_refused_with_those_that_are_known() {
        let refused = |toml: &str| {
            let settings = Settings::builder().toml(Path::new("a.toml"), toml).unwrap().build();
            settings.unwrap_err().to_string()
        };
        assert_eq!(
            refused("[commits]\nhistory = \"first\""),
            "a.toml:2:1: `history` in [commits]: `first` is not a history; write \"first-parent\" or \"all\""
        );
        assert_eq!(
            refused("[commits]\nsource = \"gitlab\""),
            "a.toml:2:1: `source` in [commits]: `gitlab` is not a source of commits; write \"auto\", \"github\" or \"local\""
        );
    }

    #[test]
    fn every_known_word_is_taken() {
        for source in ["auto", "github", "local"] {
            for history in ["first-parent", "all"] {
                let toml = format!("[commits]\nsource = \"{source}\"\nhistory = \"{history}\"");
                Settings::builder().toml(Path::new("a.toml"), &toml).unwrap().build().unwrap();
            }
        }
    }
}
