//! Pull requests whose labels say that they are hotfixes or reverts.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, de::Error as _};
use system_health_registry::{Context, FromContext, Scope, Unavailable};

#[cfg(feature = "github")]
use super::LandedCommits;
use super::{Commit, CommitSettings};

/// The names of labels, such as `revert`. Upper and lower case are equal, as on GitHub.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelNames(BTreeSet<String>);

/// The labels of the pull requests with which the commits landed. They are read only if the settings name labels.
#[derive(Debug, Clone)]
pub struct CommitLabels {
    #[cfg(feature = "github")]
    landed: Option<Result<LandedCommits, Unavailable>>,
}

impl LabelNames {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a label is one of them.
    #[must_use]
    pub fn contains(&self, label: &str) -> bool {
        self.0.contains(&label.to_lowercase())
    }
}

impl<'de> Deserialize<'de> for LabelNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        if names.iter().any(|name| name.trim().is_empty()) {
            return Err(D::Error::custom("a label is empty; write its name, such as \"revert\""));
        }
        if !names.is_empty() && cfg!(not(feature = "github")) {
            return Err(D::Error::custom(
                "this program was built without the feature `github`, which reads labels; build it with that feature",
            ));
        }
        Ok(Self(names.iter().map(|name| name.trim().to_lowercase()).collect()))
    }
}

impl CommitLabels {
    /// Checks that the labels are known if the settings name some.
    pub(super) fn check(&self, names: &LabelNames) -> Result<(), Unavailable> {
        #[cfg(feature = "github")]
        if let (false, Some(Err(unavailable))) = (names.is_empty(), &self.landed) {
            return Err(unavailable.clone());
        }
        let _ = names;
        Ok(())
    }

    /// Why a commit counts: its pull request has one of these labels.
    pub(super) fn reason(&self, commit: &Commit, names: &LabelNames) -> Option<String> {
        #[cfg(feature = "github")]
        if let (false, Some(Ok(landed))) = (names.is_empty(), &self.landed) {
            let (number, label) = landed.label(commit, names)?;
            return Some(format!("its pull request #{number} has the label `{label}`"));
        }
        let _ = (commit, names);
        None
    }
}

impl FromContext for CommitLabels {
    const SCOPE: Scope = Scope::Subject;

    #[cfg(feature = "github")]
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let settings = context.get::<CommitSettings>().await?;
        let landed = match context.instants() {
            _ if !settings.uses_labels() => None,
            Some(_) => Some(Err(Unavailable::no_data(
                "the settings name labels, and GitHub's lists do not say since when a pull request has a label",
            ))),
            None => Some(context.get().await),
        };
        Ok(Self { landed })
    }

    #[cfg(not(feature = "github"))]
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        // In this build, the settings refuse labels.
        context.get::<CommitSettings>().await?;
        Ok(Self {})
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use system_health_registry::Settings;

    #[test]
    fn a_label_without_a_name_is_refused() {
        let settings =
            Settings::builder().toml(Path::new("a.toml"), "[commits]\nrevert_labels = [\" \"]").unwrap();
        assert_eq!(
            settings.build().unwrap_err().to_string(),
            "a.toml:2:1: `revert_labels` in [commits]: a label is empty; write its name, such as \"revert\""
        );
    }
}
