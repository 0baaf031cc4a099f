//! The settings table `[commits]`.

use serde::{Deserialize, Deserializer, de::Error};
use system_health_registry::settings_table;

use super::{Classifier, LabelNames};

/// The settings table `[commits]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct CommitSettings {
    /// Where commits are read. Default: `auto`.
    pub source: SourceChoice,
    /// Which commits of the branch are read. Default: those that landed on it.
    pub history: HistoryChoice,
    /// Which messages count as hotfixes. Default: the built-in forms.
    pub hotfix: Classifier,
    /// Which messages count as reverts. Default: the built-in forms.
    pub reverts: Classifier,
    /// The labels of pull requests that are hotfixes, whatever the messages say. Default: none.
    pub hotfix_labels: LabelNames,
    /// The labels of pull requests that are reverts, whatever the messages say. Default: none.
    pub revert_labels: LabelNames,
}

settings_table!(CommitSettings, "commits", template: include_str!("settings.toml"), shown: |_| true);

/// The choice of where commits are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SourceChoice {
    /// On GitHub if there is a token and the repository is on GitHub, otherwise in the local clone. Without a token, also on
    /// GitHub if the settings name a repository and no remote of the clone points to this repository.
    #[default]
    Auto,
    /// On GitHub, without a token if there is none.
    GitHub,
    /// In the local clone.
    Clone,
}

/// The choice of which commits of a branch are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HistoryChoice {
    /// The commits that landed on the branch: its tip, the first parent of the tip, and so on. They include merges,
    /// but not the commits of merged branches.
    #[default]
    FirstParent,
    /// Every commit that can be reached from the branch.
    All,
}

impl<'de> Deserialize<'de> for SourceChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match &*String::deserialize(deserializer)? {
            "auto" => Ok(Self::Auto),
            "github" if cfg!(feature = "github") => Ok(Self::GitHub),
            "clone" if cfg!(feature = "git") => Ok(Self::Clone),
            "github" => Err(D::Error::custom(
                "this program was built without the feature `github`, so it cannot read from GitHub; build it with that \
                 feature, or write \"clone\"",
            )),
            "clone" => Err(D::Error::custom(
                "this program was built without the feature `git`, so it cannot read a clone; build it with that \
                 feature, or write \"github\"",
            )),
            other => Err(D::Error::custom(format!(
                "`{other}` is not a source of commits; write \"auto\", \"github\" or \"clone\""
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

#[cfg(feature = "github")]
impl CommitSettings {
    /// Whether labels of pull requests count.
    pub(crate) fn uses_labels(&self) -> bool {
        !self.hotfix_labels.is_empty() || !self.revert_labels.is_empty()
    }
}

impl Default for CommitSettings {
    fn default() -> Self {
        Self {
            source: SourceChoice::default(),
            history: HistoryChoice::default(),
            hotfix: Classifier::hotfixes(),
            reverts: Classifier::reverts(),
            hotfix_labels: LabelNames::default(),
            revert_labels: LabelNames::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use system_health_registry::Settings;

    #[test]
    fn an_unknown_source_or_history_is_refused_with_the_known_ones() {
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
            "a.toml:2:1: `source` in [commits]: `gitlab` is not a source of commits; write \"auto\", \"github\" or \"clone\""
        );
    }

    #[test]
    #[cfg(all(feature = "git", feature = "github"))]
    fn every_known_source_and_history_is_accepted() {
        for source in ["auto", "github", "clone"] {
            for history in ["first-parent", "all"] {
                let toml = format!("[commits]\nsource = \"{source}\"\nhistory = \"{history}\"");
                Settings::builder().toml(Path::new("a.toml"), &toml).unwrap().build().unwrap();
            }
        }
    }

    #[test]
    fn a_source_that_is_not_built_in_is_refused_with_its_feature() {
        for (source, feature, is_built_in) in
            [("github", "github", cfg!(feature = "github")), ("clone", "git", cfg!(feature = "git"))]
        {
            let toml = format!("[commits]\nsource = \"{source}\"");
            let error = Settings::builder().toml(Path::new("a.toml"), &toml).unwrap().build().err();
            let error = error.map(|error| error.to_string()).unwrap_or_default();
            let expected = format!(
                "a.toml:2:1: `source` in [commits]: this program was built without the feature `{feature}`, so it cannot"
            );
            assert_eq!(error.starts_with(&expected), !is_built_in, "{source}: {error}");
        }
    }
}
