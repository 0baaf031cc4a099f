//! What the metrics about CI need from GitHub. Most of them share the list of recent runs, and some need further requests for
//! single runs.

use system_health_registry::{Settings, settings::SettingsError};

use super::CiSettings;
use crate::{
    github::{
        GitHubApi::Rest,
        GitHubNeeds,
        Permission::{Actions, Administration, Checks, CommitStatuses, Contents},
    },
    github_access,
    repository::{RepositoriesSettings, RepositoryOverrides, RepositorySettings},
};

github_access!("ci.*", needs);
github_access!("ci.required_checks_passing", required_checks);
github_access!("ci.runners", |_, _| Ok(GitHubNeeds::default()
    .with_api(Rest, [Administration])
    .with_requests("runners", 1)));

/// The usual number of runs in the window whose jobs have to be read.
const RUNS_WITH_JOBS: u32 = 49;

/// In the estimate, the name of the requests for the verdict about the watched workflow.
const WATCHED_RUNS: &str = "runs of the watched workflow";

/// The metrics that read the commits of the branch, because they judge the runs of a workflow.
const READ_COMMITS: [&str; 4] =
    ["ci.tests_passing_on_main", "ci.workflow_passing", "ci.workflows_failing", "ci.red_seconds"];

fn needs(key: &str, settings: &Settings) -> Result<GitHubNeeds, SettingsError> {
    let needs = GitHubNeeds::default().with_api(Rest, [Actions]).with_branch(settings)?;
    // If the branch has no run, the branch itself may have to be read, to check that it exists. `ci.queued_jobs` is about all
    // branches.
    let reads_branch = names_branch(settings)? && key != "ci.queued_jobs";
    // The commits of the branch say which runs of the merge queue count, and whether GitHub's list of the branch's runs is up
    // to date.
    let reads_commits = READ_COMMITS.contains(&key);
    let needs = if reads_branch || reads_commits { needs.with_api(Rest, [Contents]) } else { needs };
    let recent = || needs.clone().with_requests("recent runs", 1);
    Ok(match key {
        "ci.tests_passing_on_main" | "ci.red_seconds" => needs.with_requests(WATCHED_RUNS, 2),
        "ci.workflow_passing" | "ci.workflows_failing" => {
            let workflows = recent().with_requests("workflows", 1);
            if selects_jobs(settings)? { workflows.with_requests(WATCHED_RUNS, 2) } else { workflows }
        }
        "ci.flaky_runs" => recent().with_requests("earlier attempts", 1),
        "ci.flaky_jobs" => recent().with_requests("jobs of runs that were re-run", 1),
        "ci.queued_jobs" => recent().with_requests("jobs of runs that have not ended", 2),
        _ if ["ci.duration_", "ci.queue_", "ci.runner_minutes"]
            .iter()
            .any(|start| key.starts_with(start)) =>
        {
            recent().with_requests("jobs of all runs", RUNS_WITH_JOBS)
        }
        _ => recent(),
    })
}

/// Whether the settings name the branch of any repository.
fn names_branch(settings: &Settings) -> Result<bool, SettingsError> {
    let common: RepositorySettings = settings.table()?;
    let repositories: RepositoriesSettings = settings.table()?;
    let has_branch =
        |own: Option<&RepositoryOverrides>| own.is_some_and(|overrides| overrides.branch.is_some());
    Ok(common.branch.is_some() || repositories.overrides_of_each(common.names()).any(has_branch))
}

/// Whether the settings select the jobs that decide, in any repository.
fn selects_jobs(settings: &Settings) -> Result<bool, SettingsError> {
    let ci: CiSettings = settings.table()?;
    let common: RepositorySettings = settings.table()?;
    let repositories: RepositoriesSettings = settings.table()?;
    let selects = |own: Option<&RepositoryOverrides>| {
        !own.and_then(|overrides| overrides.jobs.as_ref()).unwrap_or(&ci.jobs).is_empty()
    };
    Ok(repositories.overrides_of_each(common.names()).any(selects))
}

/// The four requests are for the branch with its protection, its rules, and the checks and the statuses of its commit.
fn required_checks(_key: &str, settings: &Settings) -> Result<GitHubNeeds, SettingsError> {
    let needs = GitHubNeeds::default().with_api(Rest, [Checks, CommitStatuses, Contents]);
    needs.with_requests("required checks", 4).with_branch(settings)
}
