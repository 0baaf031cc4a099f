//! Detects settings from the current folder and the environment. It makes no network requests and reads no secrets: it only
//! checks whether their variables are set.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use system_health_collectors::repository::{Repository, RepositoryName};
use system_health_registry::{Context, Settings, Subjects};

/// Names of workflows that usually run the tests, the most likely first.
const USUAL_WORKFLOWS: [&str; 6] = ["ci", "test", "tests", "checks", "build", "main"];

/// Variables that hold a secret or locate one. Their values are not read.
const CREDENTIALS: [&str; 8] = [
    "GITHUB_DASHBOARD_TOKEN",
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "DD_API_KEY",
    "DD_APP_KEY",
    "PUSHGATEWAY_PASSWORD",
    "PUSHGATEWAY_TOKEN",
    "AWS_PROFILE",
];

/// CI systems, each with a variable that it sets in every job.
const CI_SYSTEMS: [(&str, &str); 5] = [
    ("GITHUB_ACTIONS", "GitHub Actions"),
    ("GITLAB_CI", "GitLab CI"),
    ("JENKINS_URL", "Jenkins"),
    ("CIRCLECI", "CircleCI"),
    ("BUILDKITE", "Buildkite"),
];

/// The settings that were detected.
#[derive(Debug, Default)]
pub(super) struct Discovery {
    /// The repository that the remote of the clone points to.
    pub(super) repository: Option<RepositoryName>,
    /// The default branch, as the clone knows it.
    pub(super) branch: Option<String>,
    /// The workflow that probably runs the tests.
    pub(super) workflow: Option<String>,
    /// The other workflows.
    pub(super) other_workflows: Vec<String>,
    /// The CI system that runs this job.
    pub(super) ci: Option<&'static str>,
    /// Variables that are set and hold credentials.
    pub(super) credentials: Vec<&'static str>,
}

impl Discovery {
    /// Detects settings from the current folder and the environment.
    pub(super) async fn detect() -> Self {
        let root = git(&["rev-parse", "--show-toplevel"]).map_or_else(|| PathBuf::from("."), PathBuf::from);
        let mut workflows = workflows(&root);
        let workflow = likely_workflow(&workflows);
        workflows.retain(|name| Some(name) != workflow.as_ref());
        let branch = git(&["symbolic-ref", "--short", "refs/remotes/origin/HEAD"]);
        let is_set = |variable: &str| env::var_os(variable).is_some_and(|value| !value.is_empty());
        Self {
            repository: repository().await,
            branch: branch.and_then(|branch| Some(branch.strip_prefix("origin/")?.to_owned())),
            workflow,
            other_workflows: workflows,
            ci: CI_SYSTEMS.iter().find(|(variable, _)| is_set(variable)).map(|(_, name)| *name),
            credentials: CREDENTIALS.into_iter().filter(|variable| is_set(variable)).collect(),
        }
    }
}

/// The repository of the clone, found in the same way as for the built-in metrics.
async fn repository() -> Option<RepositoryName> {
    let context = Context::new().provide(Settings::default());
    let repositories = context.get::<Subjects<Repository>>().await.ok()?;
    repositories.iter().next()?.name().parse().ok()
}

/// The file names of the workflows of GitHub Actions, sorted.
fn workflows(root: &Path) -> Vec<String> {
    let files = fs::read_dir(root.join(".github/workflows")).into_iter().flatten().flatten();
    let mut names: Vec<String> = files
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml"))
        .filter_map(|path| path.file_name()?.to_str().map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// The only workflow, or the one with the most likely name.
fn likely_workflow(workflows: &[String]) -> Option<String> {
    if let [only] = workflows {
        return Some(only.clone());
    }
    let named = |usual: &&str| {
        let is_named = |file: &&String| file.rsplit_once('.').is_some_and(|(name, _)| name == *usual);
        workflows.iter().find(is_named).cloned()
    };
    USUAL_WORKFLOWS.iter().find_map(named)
}

/// The output of a git command. `None` if there is no git or no repository.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).stdin(Stdio::null()).output().ok()?;
    let line = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likely_workflow_is_the_only_one_or_has_a_usual_name() {
        let likely = |names: &[&str]| {
            likely_workflow(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
        };

        assert_eq!(likely(&["nightly.yaml"]).as_deref(), Some("nightly.yaml"));
        assert_eq!(likely(&["checks.yml", "release.yml", "tests.yaml"]).as_deref(), Some("tests.yaml"));
        assert_eq!(likely(&["deploy.yml", "release.yml"]), None);
        assert_eq!(likely(&[]), None);
    }
}
