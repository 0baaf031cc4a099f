//! The reporter's name. Several reporters deliver metrics about themselves with one `env:` and `service:`, and
//! Datadog keeps one point for a series and time: without a name, the success of one hides the failure of another.
//!
//! Nobody should have to think of that. So the name is made of what tells reporters apart and stays the same from
//! run to run: the repository, and what the command line and the settings select. It cannot be made of the host's
//! name, which is another one in each pod.

use std::{env, path::PathBuf};

use globset::Glob;
use sha2::{Digest, Sha256};
use system_health_collectors::repository::{Repository, RepositorySettings};
use system_health_registry::{Context, Settings, Subjects, Tag, settings::SettingsError};

use crate::{settings::ReportSettings, tags::BadTag};

/// The name of the tag.
const TAG: &str = "reporter";

/// The program that comes with this project, which needs no mention in a name.
const USUAL_PROGRAM: &str = "report";

/// What a reporter is called, or what its name is made of.
#[derive(Debug, Clone)]
pub(crate) enum Reporter {
    /// Somebody has named it.
    Named(Tag),
    /// Its name follows from what it does.
    Unnamed {
        /// The program.
        program: String,
        /// Beside the repository, what tells it from other reporters; sorted.
        selection: Vec<String>,
    },
}

impl Reporter {
    /// Takes the name from the settings, or from a tag `reporter:` of all reports. Without any, it will follow from
    /// the patterns of `--only` and `--skip` and from the settings.
    pub(crate) fn new(
        settings: &Settings,
        report: &ReportSettings,
        tags: &[Tag],
        only: &[Glob],
        skip: &[Glob],
    ) -> anyhow::Result<Self> {
        if let Some(name) = &report.name {
            let origin = "`name` in [report], or SYSTEM_HEALTH_REPORTER";
            return Ok(Self::Named(Tag::new(TAG, name).map_err(|source| BadTag { origin, source })?));
        }
        if let Some(tag) = tags.iter().find(|tag| tag.name() == TAG) {
            return Ok(Self::Named(tag.clone()));
        }
        let branch = branch(settings)?.map(|branch| format!("branch {branch}"));
        let patterns = |flag: &str, globs: &[Glob]| -> Vec<String> {
            globs.iter().map(|glob| format!("{flag} {glob}")).collect()
        };
        let mut selection = [patterns("only", only), patterns("skip", skip)].concat();
        selection.extend(branch);
        selection.sort();
        selection.dedup();
        Ok(Self::Unnamed { program: program(), selection })
    }

    /// The tags of a report about the reporter itself: those of all reports, and its name.
    pub(crate) async fn tags(&self, base: &[Tag], context: &Context) -> Vec<Tag> {
        let own = match self {
            Self::Named(tag) => Some(tag.clone()),
            Self::Unnamed { program, selection } => {
                let all = context.get::<Subjects<Repository>>().await;
                let all: Vec<_> = all.iter().flatten().map(ToString::to_string).collect();
                let name = match &all[..] {
                    [] => name(None, program, selection),
                    [repository] => name(Some(repository), program, selection),
                    _ => {
                        let mut selection = selection.clone();
                        selection
                            .extend(all.iter().map(|name| format!("repository {}", name.to_lowercase())));
                        selection.sort();
                        name(None, program, &selection)
                    }
                };
                // Without a letter or a digit in it, a program's name gives no tag.
                Tag::new(TAG, &name).ok()
            }
        };
        base.iter().filter(|tag| tag.name() != TAG).cloned().chain(own).collect()
    }
}

fn branch(settings: &Settings) -> Result<Option<String>, SettingsError> {
    let repository: RepositorySettings = settings.table()?;
    Ok(repository.branch.map(|branch| branch.to_string()))
}

/// The name of the file that this program was started as.
fn program() -> String {
    let program = env::args_os().next().map(PathBuf::from);
    let name =
        program.as_deref().and_then(|path| path.file_stem()).map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| USUAL_PROGRAM.to_owned())
}

/// Such as `acme/shop`, and with a selection `acme/shop-1121b6e7`.
fn name(repository: Option<&str>, program: &str, selection: &[String]) -> String {
    let mut parts = selection.to_vec();
    if repository.is_some() && program != USUAL_PROGRAM {
        parts.push(format!("program {program}"));
    }
    let start = repository.unwrap_or(program).to_lowercase();
    if parts.is_empty() {
        return start;
    }
    let digest = Sha256::digest(parts.join("\n"));
    let [a, b, c, d, ..] = <[u8; 32]>::from(digest);
    format!("{start}-{:08x}", u32::from_be_bytes([a, b, c, d]))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use system_health_registry::settings::Origin;

    use super::*;

    struct Case<'a> {
        repository: &'a str,
        branch: Option<&'a str>,
        only: &'a [&'a str],
        skip: &'a [&'a str],
    }

    async fn tag(Case { repository, branch, only, skip }: Case<'_>) -> String {
        let mut settings = Settings::builder().set("repository", "name", repository, Origin::Flag("--repo"));
        if let Some(branch) = branch {
            settings = settings.set("repository", "branch", branch, Origin::Flag("--branch"));
        }
        let settings = settings.build().unwrap();
        let globs = |texts: &[&str]| texts.iter().map(|text| Glob::new(text).unwrap()).collect::<Vec<_>>();
        let report = ReportSettings::default();
        let reporter = Reporter::new(&settings, &report, &[], &globs(only), &globs(skip)).unwrap();
        let tags = reporter.tags(&[], &Context::new().provide(settings)).await;
        tags[0].to_string()
    }

    #[tokio::test]
    async fn reporters_that_do_something_else_have_other_names_and_each_keeps_its_own() {
        let shop = Case { repository: "Acme/Shop", branch: None, only: &[], skip: &[] };
        let all = async || {
            let mut tags = Vec::new();
            for case in [
                Case { ..shop },
                Case { repository: "acme/docs", ..shop },
                Case { branch: Some("next"), ..shop },
                Case { only: &["commits.*"], ..shop },
                Case { skip: &["commits.*"], ..shop },
                Case { only: &["ci.*"], ..shop },
                Case { only: &["ci.*", "commits.*"], ..shop },
            ] {
                tags.push(tag(case).await);
            }
            tags
        };

        let tags = all().await;

        assert_eq!(tags.iter().collect::<BTreeSet<_>>().len(), tags.len(), "{tags:?}");
        assert_eq!(all().await, tags);
        let reordered = tag(Case { only: &["commits.*", "ci.*"], ..shop }).await;
        assert_eq!(tags.last(), Some(&reordered), "the order of patterns selects nothing else");
    }

    #[tokio::test]
    async fn a_reporter_of_several_repositories_is_told_from_others_by_them() {
        let tag = async |names: &[&str]| {
            let settings =
                Settings::builder().set("repository", "names", names.to_vec(), Origin::Flag("--repo"));
            let settings = settings.build().unwrap();
            let reporter = Reporter::new(&settings, &ReportSettings::default(), &[], &[], &[]).unwrap();
            reporter.tags(&[], &Context::new().provide(settings)).await[0].to_string()
        };
        let shop_and_web = tag(&["acme/shop", "acme/web"]).await;

        assert!(!shop_and_web.contains("acme"), "{shop_and_web}");
        assert_eq!(tag(&["Acme/Web", "acme/shop"]).await, shop_and_web);
        assert_ne!(tag(&["acme/shop", "acme/api"]).await, shop_and_web);
        assert_eq!(tag(&["acme/shop"]).await, tag(&["Acme/Shop"]).await);
    }

    #[test]
    fn a_name_can_be_read() {
        let one = ["only commits.*".to_owned()];
        for (repository, program, selection, expected) in [
            (Some("Acme/Shop"), "report", &[][..], "acme/shop"),
            (Some("acme/shop"), "report", &one, "acme/shop-1121b6e7"),
            (Some("acme/shop"), "acme-report", &[], "acme/shop-70bd1e78"),
            (None, "acme-report", &[], "acme-report"),
        ] {
            assert_eq!(name(repository, program, selection), expected);
        }
    }

    #[tokio::test]
    async fn a_name_that_somebody_gives_counts() {
        let named = |name: Option<&str>, tags: &[&str]| {
            let tags: Vec<Tag> = tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect();
            let report = ReportSettings { name: name.map(str::to_owned), ..ReportSettings::default() };
            let reporter = Reporter::new(&Settings::default(), &report, &tags, &[], &[]);
            (reporter, tags)
        };
        for (name, tags, expected) in [
            (Some("Night shift"), &["team:web"][..], ["team:web", "reporter:night_shift"]),
            (None, &["reporter:mine", "team:web"], ["team:web", "reporter:mine"]),
            (Some("this"), &["reporter:that", "team:web"], ["team:web", "reporter:this"]),
        ] {
            let (reporter, tags) = named(name, tags);
            let tags = reporter.unwrap().tags(&tags, &Context::new()).await;
            assert_eq!(tags.iter().map(Tag::as_str).collect::<Vec<_>>(), expected);
        }
        let error = named(Some("!"), &[]).0.unwrap_err();
        assert_eq!(error.to_string(), "`name` in [report], or SYSTEM_HEALTH_REPORTER");
    }
}
