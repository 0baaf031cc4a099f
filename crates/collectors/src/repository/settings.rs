//! The settings table `[repository]`.

use serde::Deserialize;
use system_health_registry::{Settings, settings::Origin, settings_table};

use super::{Branch, RepositoryName, RepositoryNames};

/// The settings table `[repository]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RepositorySettings {
    /// The repository. Default: the one that the remote of the local clone points to.
    pub name: Option<RepositoryName>,
    /// Several repositories, instead of `name`.
    pub names: Option<RepositoryNames>,
    /// The branch that the metrics watch. Default: the repository's default branch.
    pub branch: Option<Branch>,
}

settings_table!(
    RepositorySettings, "repository",
    env: { "names" => "SYSTEM_HEALTH_REPOSITORY" },
    // GitHub Actions sets this variable in every job.
    ambient: { "name" => "GITHUB_REPOSITORY" },
    exclusive: { "name" => "names" },
    template: include_str!("settings.toml"),
    shown: |_| true,
);

impl RepositorySettings {
    /// The repositories that are named: none, one or several.
    #[must_use]
    pub fn names(&self) -> &[RepositoryName] {
        match (&self.names, &self.name) {
            (Some(names), _) => names.as_slice(),
            (None, name) => name.as_slice(),
        }
    }

    /// The origin of the setting that names the repositories.
    pub(crate) fn origin_of_names(settings: &Settings) -> Option<Origin> {
        settings.origin::<Self>("names").or_else(|| settings.origin::<Self>("name"))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use system_health_registry::settings::SettingsBuilder;

    use super::*;

    fn file(lines: &str) -> SettingsBuilder {
        Settings::builder().toml(Path::new("a.toml"), &format!("[repository]\n{lines}")).unwrap()
    }

    fn names(builder: SettingsBuilder) -> Result<Vec<String>, String> {
        let settings = builder.build().map_err(|error| error.to_string())?;
        let table: RepositorySettings = settings.table().unwrap();
        Ok(table.names().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_origin_of_a_refused_value_is_shown() {
        let environment = Settings::builder()
            .environment_from(|variable| (variable == "GITHUB_REPOSITORY").then(|| "acme".to_owned()))
            .build();
        assert_eq!(
            environment.unwrap_err().to_string(),
            "environment variable GITHUB_REPOSITORY: `name` in [repository]: this is not the name of a repository; \
             write \"owner/name\", such as \"rust-lang/rust\", without a URL around it"
        );
        assert_eq!(
            names(file("branch = \"a b\"")).unwrap_err(),
            "a.toml:2:1: `branch` in [repository]: this is not the name of a branch; write one such as \"main\""
        );
    }

    #[test]
    fn a_possible_token_is_not_repeated() {
        for (key, value) in [
            ("name", "https://x:ghp_secret@github.com/a/b"),
            ("name", "ghp_secret"),
            ("names", "acme/shop,ghp_secret"),
            ("branch", "ghp_secret and more"),
        ] {
            let error = Settings::builder().set("repository", key, value, Origin::Flag("--flag")).build();
            let error = error.unwrap_err();
            assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        }
    }

    #[test]
    fn several_repositories_are_a_list() {
        assert_eq!(names(file("names = ['acme/shop', 'Acme/Web']")).unwrap(), ["acme/shop", "Acme/Web"]);
        assert_eq!(names(file("name = 'acme/shop'")).unwrap(), ["acme/shop"]);
        assert_eq!(names(file("")).unwrap(), [""; 0]);
    }

    #[test]
    fn an_invalid_list_is_refused_at_its_line() {
        for (lines, expected) in [
            (
                "names = []",
                "a.toml:2:1: `names` in [repository]: no repository is named; write at least one, such as [\"acme/shop\"]",
            ),
            (
                "names = [\n  'acme/shop',\n  'shop',\n]",
                "a.toml:4:3: `names[1]` in [repository]: this is not the name of a repository; write \"owner/name\", such \
                 as \"rust-lang/rust\", without a URL around it",
            ),
            (
                "names = ['acme/shop', 'Acme/Shop']",
                "a.toml:2:1: `names` in [repository]: `Acme/Shop` is named twice; GitHub does not distinguish upper and \
                 lower case",
            ),
            (
                "names = 3",
                "a.toml:2:1: `names` in [repository]: invalid type: integer `3`, expected a list of names, such as \
                 [\"acme/shop\", \"acme/web\"]",
            ),
        ] {
            assert_eq!(names(file(lines)).unwrap_err(), expected);
        }
        let both = "[repository]\nname = 'acme/shop'\n\nnames = ['acme/web']";
        assert_eq!(
            Settings::builder().toml(Path::new("a.toml"), both).unwrap_err().to_string(),
            "a.toml:2:1: `name` in [repository] cannot be set beside `names` (a.toml:4:1); keep one of them"
        );
    }

    #[test]
    fn the_precedence_of_origins_does_not_depend_on_the_key() {
        let environment = |variables: &'static [&'static str]| {
            move |name: &str| variables.contains(&name).then(|| format!("acme/{}", name.to_ascii_lowercase()))
        };
        let both = environment(&["SYSTEM_HEALTH_REPOSITORY", "GITHUB_REPOSITORY"]);
        let ambient = environment(&["GITHUB_REPOSITORY"]);
        let flag = Origin::Flag("--repo");

        assert_eq!(names(Settings::builder().environment_from(ambient)).unwrap(), ["acme/github_repository"]);
        for (lines, expected) in
            [("name = 'acme/file'", &["acme/file"][..]), ("names = ['a/b', 'c/d']", &["a/b", "c/d"])]
        {
            assert_eq!(names(file(lines).environment_from(ambient)).unwrap(), expected);
            assert_eq!(names(file(lines).environment_from(both)).unwrap(), ["acme/system_health_repository"]);
            for key in ["name", "names"] {
                let with_flag = file(lines).environment_from(both);
                let with_flag = with_flag.set("repository", key, "acme/flag", flag.clone());
                assert_eq!(names(with_flag).unwrap(), ["acme/flag"]);
            }
        }
        let several = |name: &str| (name == "SYSTEM_HEALTH_REPOSITORY").then(|| "a/b, c/d e/f".to_owned());
        assert_eq!(names(Settings::builder().environment_from(several)).unwrap(), ["a/b", "c/d", "e/f"]);
    }
}
