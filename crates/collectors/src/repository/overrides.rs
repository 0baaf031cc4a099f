//! Settings that differ for one of several repositories: the tables `[repositories."owner/name"]`.

use std::collections::{BTreeMap, HashSet};
#[cfg(feature = "github")]
use std::{iter, time::Duration};

use serde::Deserialize;
#[cfg(feature = "github")]
use serde::Deserializer;
use strsim::jaro_winkler;
use system_health_registry::{
    Settings,
    settings::{Origin, SettingsError},
    settings_table,
};

use super::{Branch, RepositoryName, RepositorySettings};
#[cfg(feature = "github")]
use crate::{
    ci::{JobPatterns, TriggerEvents, deserialize_file_name},
    dora::DoraOverrides,
};

/// The minimum similarity, from 0 to 1, of a mistyped name and the name that a message suggests instead.
const MIN_SIMILARITY: f64 = 0.8;

/// The settings tables `[repositories."owner/name"]`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct RepositoriesSettings(BTreeMap<RepositoryName, RepositoryOverrides>);

/// The settings of one repository that override those in `[repository]`, `[ci]` and `[dora]`. The last two need the
/// feature `github`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RepositoryOverrides {
    /// The branch that the metrics watch.
    pub branch: Option<Branch>,
    /// The file name of the workflow that runs the tests.
    #[cfg(feature = "github")]
    #[serde(deserialize_with = "deserialize_optional_file_name")]
    pub workflow: Option<String>,
    /// The jobs that decide whether the tests pass.
    #[cfg(feature = "github")]
    pub jobs: Option<JobPatterns>,
    /// The trigger events whose workflow runs test the branch.
    #[cfg(feature = "github")]
    pub events: Option<TriggerEvents>,
    /// The age beyond which a result is out of date.
    #[cfg(feature = "github")]
    pub max_age: Option<Duration>,
    /// What differs from `[dora]`.
    #[cfg(feature = "github")]
    pub dora: Option<DoraOverrides>,
}

settings_table!(RepositoriesSettings, "repositories", template: include_str!("overrides.toml"), shown: |_| true, check: RepositoriesSettings::check_names);

impl RepositoriesSettings {
    /// The overrides of one repository.
    pub(super) fn overrides(&self, name: &RepositoryName) -> RepositoryOverrides {
        let same = self.0.iter().find(|(known, _)| known.is_same_as(name));
        same.map(|(_, overrides)| overrides.clone()).unwrap_or_default()
    }

    /// The overrides of each of these repositories, or `None` for a repository without overrides. If no names are given, any
    /// repository may be watched. Then the items are `None` and all overrides.
    #[cfg(feature = "github")]
    pub(crate) fn overrides_of_each(
        &self,
        names: &[RepositoryName],
    ) -> impl Iterator<Item = Option<&RepositoryOverrides>> {
        let overrides_of = |name| {
            let table = self.0.iter().find(|(known, _)| known.is_same_as(name));
            table.map(|(_, overrides)| overrides)
        };
        let for_any_repository = names.is_empty().then(|| iter::once(None).chain(self.0.values().map(Some)));
        names.iter().map(overrides_of).chain(for_any_repository.into_iter().flatten())
    }

    /// Refuses two tables for one repository, and a table for a repository that the file does not name. If a flag or a
    /// variable names other repositories than the file, or no repository is named, the unneeded tables are ignored.
    fn check_names(&self, settings: &Settings) -> Result<(), SettingsError> {
        let repository: RepositorySettings = settings.table()?;
        let names_are_from_file =
            matches!(RepositorySettings::origin_of_names(settings), Some(Origin::File { .. }));
        let mut tables = HashSet::new();
        let watched: HashSet<_> = repository.names().iter().map(RepositoryName::lowercase).collect();
        for name in self.0.keys() {
            let refuse = |message: &str| Err(settings.refuse::<Self>(&name.to_string(), message));
            if !tables.insert(name.lowercase()) {
                refuse(
                    "this repository already has a table; GitHub does not distinguish upper and lower case",
                )?;
            }
            if names_are_from_file && !watched.contains(&name.lowercase()) {
                let hint = suggestion(name, repository.names());
                refuse(&format!("[repository] does not name this repository{hint}"))?;
            }
        }
        Ok(())
    }
}

fn suggestion(unknown: &RepositoryName, names: &[RepositoryName]) -> String {
    let unknown = unknown.lowercase();
    let similarity = |name: &&RepositoryName| jaro_winkler(&name.lowercase(), &unknown);
    let nearest = names.iter().max_by(|one, other| similarity(one).total_cmp(&similarity(other)));
    match nearest.filter(|name| similarity(name) >= MIN_SIMILARITY) {
        Some(nearest) => format!("; did you mean `{nearest}`?"),
        None => String::new(),
    }
}

#[cfg(feature = "github")]
fn deserialize_optional_file_name<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    deserialize_file_name(deserializer).map(Some)
}

#[cfg(all(test, feature = "github"))]
mod tests {
    use std::path::Path;

    use system_health_registry::settings::SettingsBuilder;

    use super::*;

    const NAMES: &str = "[repository]\nnames = ['acme/shop', 'acme/web.js']\n";

    fn read(toml: &str) -> Result<RepositoriesSettings, String> {
        let settings = Settings::builder().toml(Path::new("a.toml"), toml).and_then(SettingsBuilder::build);
        settings.map(|settings| settings.table().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_table_overrides_the_settings_of_its_repository_only() {
        let settings = read(&format!(
            "{NAMES}[repositories.'Acme/Web.js']\nbranch = 'develop'\nworkflow = 'ci.yml'\njobs = ['test*']\n\
             events = ['push']\nmax_age = '3d'"
        ));
        let overrides = |name: &str| settings.as_ref().unwrap().overrides(&name.parse().unwrap());

        let web = overrides("acme/web.js");
        assert_eq!(web.branch.unwrap().as_str(), "develop");
        assert_eq!(web.workflow.as_deref(), Some("ci.yml"));
        assert!(web.jobs.is_some() && web.events.is_some());
        assert_eq!(web.max_age, Some(Duration::from_hours(72)));
        assert!(overrides("acme/shop").branch.is_none());
        assert!(web.dora.is_none());
    }

    #[test]
    fn a_mistake_is_refused_at_its_line() {
        for (tables, expected) in [
            (
                "\n[repositories.'acme/web']\nbranch = 'main'",
                "a.toml:4:15: [repositories.\"acme/web\"]: [repository] does not name this repository; did you mean \
                 `acme/web.js`?",
            ),
            (
                "[repositories.'other/thing']",
                "a.toml:3:15: [repositories.\"other/thing\"]: [repository] does not name this repository",
            ),
            (
                "[repositories.'acme/shop']\n[repositories.'Acme/Shop']",
                "a.toml:3:15: [repositories.\"acme/shop\"]: this repository already has a table; GitHub does not \
                 distinguish upper and lower case",
            ),
            (
                "[repositories.'acme/web.js']\nbranch = 'main'\njobs = [\n'a',\n'test[']",
                "a.toml:5:1: `jobs` in [repositories.\"acme/web.js\"]: `test[` is not a valid glob: unclosed character class; \
                 missing ']'; write one such as \"test*\"",
            ),
            (
                "[repositories.'acme/web.js']\n\nbrnch = 'main'",
                "a.toml:5:1: there is no key `brnch` in [repositories.\"acme/web.js\"]; did you mean `branch`? (others: \
                 `dora`, `events`, `workflow`, `jobs`, `max_age`)",
            ),
            (
                "[repositories.'acme/web.js'.dora]\nenvironments = []",
                "a.toml:4:1: `environments` in [repositories.\"acme/web.js\".dora]: write the names of environments, such as \
                 [\"production\"]",
            ),
            (
                "[repositories.web]",
                "a.toml:3:15: [repositories.web]: this is not the name of a repository; write \"owner/name\", such as \
                 \"rust-lang/rust\", without a URL around it",
            ),
        ] {
            assert_eq!(read(&format!("{NAMES}{tables}")).unwrap_err(), expected);
        }
        let unknown = read(&format!("{NAMES}[repositories.'acme/web.js'.dora]\n\ntag = ['v*']")).unwrap_err();
        assert!(unknown.starts_with("a.toml:5:1: there is no key `tag` in [repositories."), "{unknown}");
        assert!(unknown.contains("did you mean `tags`?"), "{unknown}");
        let token = read("[repositories.'https://x:ghp_0123456789@github.com/a/b']").unwrap_err();
        assert!(!token.contains("ghp_"), "{token}");
    }

    #[test]
    fn runs_about_different_repositories_can_share_one_file() {
        let toml = format!("{NAMES}[repositories.'acme/web.js']\nbranch = 'develop'");
        let settings = Settings::builder().toml(Path::new("a.toml"), &toml).unwrap();
        settings.set("repository", "names", "acme/shop", Origin::Flag("--repo")).build().unwrap();

        read("[repositories.'acme/web']\nbranch = 'develop'").unwrap();
    }
}
