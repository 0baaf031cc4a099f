//! The extension for repositories, GitHub and AWS.

use futures::{
    FutureExt,
    future::{BoxFuture, join},
};
use system_health_registry::{
    Catalog, CheckResults, Context, DetectedSettings, Extension, Finding, Grade, Metric, NameParts,
    SettingFlag, SetupStep, Subjects, register_extension,
};

use super::detection;
use crate::{
    doctor,
    repository::{Repository, RepositorySettings},
};

struct RepositoryExtension;

register_extension!(RepositoryExtension);

const FLAGS: [SettingFlag; 2] = [
    SettingFlag {
        flag: "--repo",
        value_name: "OWNER/NAME",
        help: "Repositories, separated by commas; may be repeated [default: from `SYSTEM_HEALTH_REPOSITORY`, the \
               settings, `GITHUB_REPOSITORY` or the `origin` remote]",
        table: "repository",
        key: "name",
        list_key: Some("names"),
    },
    SettingFlag {
        flag: "--branch",
        value_name: "BRANCH",
        help: "Branch of the repository, or of all repositories without their own branch in the settings [default: from \
               the settings, or the repository's default branch]",
        table: "repository",
        key: "branch",
        list_key: None,
    },
];

const NAME_A_REPOSITORY: SetupStep = SetupStep {
    text: "Name a repository: run this in a git clone, or give --repo OWNER/NAME, or set SYSTEM_HEALTH_REPOSITORY or \
           `name` in [repository].",
    corrects: Some("no repository is named"),
};

const SET_A_TOKEN: SetupStep = SetupStep {
    text: "Set GITHUB_TOKEN to a token that may read Contents and Actions. Without one, commits come from the local \
           clone, and nothing is known about CI.",
    corrects: None,
};

impl Extension for RepositoryExtension {
    fn flags(&self) -> &'static [SettingFlag] {
        &FLAGS
    }

    fn variables(&self) -> &'static [(&'static str, &'static str)] {
        &[("GITHUB_TOKEN, SYSTEM_HEALTH_REPOSITORY", "access to GitHub, and the repository")]
    }

    /// The repository and the branch of the settings. With several repositories, the reporter is named after none of them,
    /// but all of them distinguish it from other reporters.
    fn name_parts<'a>(&'a self, context: &'a Context) -> BoxFuture<'a, NameParts> {
        name_parts(context).boxed()
    }

    fn diagnose<'a>(&'a self, context: &'a Context, catalog: &'a Catalog) -> BoxFuture<'a, CheckResults> {
        diagnose(context, catalog).boxed()
    }

    fn detect(&self) -> BoxFuture<'_, DetectedSettings> {
        detection::detect().boxed()
    }
}

async fn name_parts(context: &Context) -> NameParts {
    let branch = context.get::<RepositorySettings>().await.ok().and_then(|settings| settings.branch);
    let mut selection: Vec<String> = branch.iter().map(|branch| format!("branch {branch}")).collect();
    let repositories = context.get::<Subjects<Repository>>().await;
    // A name that comes from a clone is left out: without a remote, it is the name of the folder, which may differ in each pod.
    let known = repositories.iter().flatten().filter_map(Repository::configured_name);
    let names: Vec<String> = known.map(ToString::to_string).collect();
    let subject = match &names[..] {
        [only] => Some(only.clone()),
        several => {
            selection.extend(several.iter().map(|name| format!("repository {}", name.to_lowercase())));
            None
        }
    };
    NameParts { subject, selection }
}

/// Checks the network, and what the metrics about AWS and repositories need. Without metrics about repositories, neither a
/// repository nor a token is needed.
async fn diagnose(context: &Context, catalog: &Catalog) -> CheckResults {
    let (mut diagnosed, about_aws) =
        Box::pin(join(diagnose_repositories(context, catalog), doctor::aws(context, catalog))).await;
    diagnosed.findings.extend(about_aws);
    diagnosed
}

async fn diagnose_repositories(context: &Context, catalog: &Catalog) -> CheckResults {
    let mut findings = doctor::network();
    if !catalog.metrics().iter().any(Metric::is_about::<Repository>) {
        let unused = "is not used: no metric that is collected is about a repository";
        findings.push(Finding::info("GitHub", unused));
        return CheckResults { findings, steps: Vec::new() };
    }
    findings.extend(Box::pin(doctor::github(context, catalog)).await);
    let mut steps = Vec::new();
    if context.get::<Subjects<Repository>>().await.is_err() {
        steps.push(NAME_A_REPOSITORY);
    }
    if findings.iter().any(|finding| finding.check == doctor::TOKEN_CHECK && finding.grade == Grade::Warning)
    {
        steps.push(SET_A_TOKEN);
    }
    CheckResults { findings, steps }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use system_health_registry::{Settings, linked_extensions};

    use super::*;

    async fn name_from(settings: &str) -> NameParts {
        let settings = Settings::builder().toml(Path::new("a.toml"), settings).unwrap().build().unwrap();
        name_parts(&Context::new().provide(settings)).await
    }

    #[tokio::test]
    async fn only_a_single_repository_gives_the_reporter_its_name() {
        let one = name_from("[repository]\nname = 'Acme/Shop'\nbranch = 'next'").await;
        let several = name_from("[repository]\nnames = ['acme/web', 'Acme/Shop']").await;

        assert_eq!(one.subject.as_deref(), Some("Acme/Shop"));
        assert_eq!(one.selection, ["branch next"]);
        assert_eq!(several.subject, None);
        let mut selection = several.selection;
        selection.sort();
        assert_eq!(selection, ["repository acme/shop", "repository acme/web"]);
    }

    #[tokio::test]
    async fn without_metrics_about_repositories_neither_a_repository_nor_a_token_is_asked_for() {
        let all_metrics = Catalog::linked().unwrap();
        let no_metrics = all_metrics.clone().filter(|_| false);
        let context = Context::new().provide(Settings::default());

        let needed = diagnose(&context, &all_metrics).await;
        let unneeded = diagnose(&context, &no_metrics).await;

        assert!(needed.findings.iter().any(|finding| finding.check == doctor::TOKEN_CHECK));
        assert_eq!(unneeded.steps, []);
        assert!(unneeded.findings.iter().all(|finding| finding.grade <= Grade::Info), "{unneeded:?}");
    }

    #[test]
    fn the_flags_are_linked_once() {
        let flags: Vec<_> = linked_extensions().flat_map(Extension::flags).map(|flag| flag.flag).collect();
        assert_eq!(flags, ["--repo", "--branch"]);
    }
}
