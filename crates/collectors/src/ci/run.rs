//! The run that decides: the newest completed one of the workflow on the branch that passed or failed.
//! Runs that were cancelled or skipped say nothing about the code, so the one before them counts.

use anyhow::{anyhow, bail};
use http::StatusCode;
use serde::Deserialize;
use system_health_registry::{Context, FromContext, Unavailable};

use super::CiSettings;
use crate::{
    github::{GitHub, GitHubError, WatchedBranch},
    repository::{Branch, Repository},
};

/// So many completed runs are looked at; what is older says little about today.
const LOOKED_AT: usize = 10;

/// The newest completed run that decided something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedRun {
    /// Its id on GitHub.
    pub id: u64,
    /// How it ended: `success`, `failure`, `timed_out` or `startup_failure`.
    pub conclusion: String,
    /// The repository that it ran in.
    pub repository: Repository,
    /// The branch that it ran for.
    pub branch: Branch,
    /// The file name of its workflow.
    pub workflow: String,
    /// The page that shows it, where GitHub names one.
    pub page: Option<String>,
}

/// See <https://docs.github.com/en/rest/actions/workflow-runs#list-workflow-runs-for-a-workflow>.
#[derive(Debug, Deserialize)]
struct RunsPage {
    workflow_runs: Vec<Run>,
}

#[derive(Debug, Deserialize)]
struct Run {
    id: u64,
    // May be null, but not missing: a run without them would be passed over.
    #[serde(deserialize_with = "Option::deserialize")]
    status: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    conclusion: Option<String>,
    repository: Identity,
    /// Null when the fork was deleted.
    #[serde(deserialize_with = "Option::deserialize")]
    head_repository: Option<Identity>,
    html_url: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Identity {
    id: u64,
}

impl Run {
    /// Whether it ran for the repository's own branch, and not for one of that name in a fork.
    fn is_own(&self) -> bool {
        self.head_repository.as_ref() == Some(&self.repository)
    }

    /// A run that is being run again is listed as completed for a moment after it is not.
    fn is_completed(&self) -> bool {
        self.status.as_deref() == Some("completed")
    }

    /// Its conclusion, if that says whether the code is healthy.
    fn decision(&self) -> anyhow::Result<Option<&str>> {
        match self.conclusion.as_deref() {
            Some(decided @ ("success" | "failure" | "timed_out" | "startup_failure")) => Ok(Some(decided)),
            Some("cancelled" | "skipped" | "neutral" | "stale" | "action_required") => Ok(None),
            Some(unknown) => bail!("run {} has the unknown conclusion `{unknown}`", self.id),
            None => bail!("run {} is completed but has no conclusion", self.id),
        }
    }
}

impl FromContext for DecidedRun {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let github = context.get::<GitHub>().await?;
        let CiSettings { workflow, .. } = context.get().await?;
        let repository = context.get::<Repository>().await?;
        let WatchedBranch(branch) = context.get().await?;
        match newest(&github, &repository, &workflow, &branch).await? {
            Some(Newest { id, conclusion, page }) => {
                Ok(Self { id, conclusion, repository, branch, workflow, page })
            }
            None => Err(Unavailable::no_data(format!(
                "none of the latest {LOOKED_AT} completed runs of {workflow} on the branch `{branch}` of {repository} \
                 passed or failed"
            ))),
        }
    }
}

/// What the list of runs says about the one that decides.
struct Newest {
    id: u64,
    conclusion: String,
    page: Option<String>,
}

async fn newest(
    github: &GitHub,
    repository: &Repository,
    workflow: &str,
    branch: &Branch,
) -> Result<Option<Newest>, Unavailable> {
    let path = ["repos", repository.owner(), repository.name(), "actions", "workflows", workflow, "runs"];
    let query = [("branch", branch.as_str()), ("status", "completed"), ("per_page", "30")];
    let mut pages = github.pages::<RunsPage>(&path, &query);
    let mut looked_at = 0;
    while let Some(page) = pages.next().await.map_err(|error| explain(error, repository, workflow))? {
        for run in page.workflow_runs.iter().filter(|run| run.is_own() && run.is_completed()) {
            if let Some(conclusion) = run.decision()? {
                let conclusion = conclusion.to_owned();
                return Ok(Some(Newest { id: run.id, conclusion, page: run.html_url.clone() }));
            }
            looked_at += 1;
            if looked_at == LOOKED_AT {
                return Ok(None);
            }
        }
    }
    Err(Unavailable::no_data(match looked_at {
        0 => format!("{workflow} has no completed run on the branch `{branch}` of {repository}"),
        _ => format!(
            "none of the {looked_at} completed runs of {workflow} on the branch `{branch}` of {repository} passed or \
             failed"
        ),
    }))
}

fn explain(error: GitHubError, repository: &Repository, workflow: &str) -> anyhow::Error {
    let is_missing = error.status() == Some(StatusCode::NOT_FOUND);
    let error = anyhow!(error);
    if is_missing {
        error.context(format!(
            "there is no workflow `{workflow}` in {repository} that can be seen; `workflow` in [ci] is the name of a \
             file in .github/workflows"
        ))
    } else {
        error.context(format!("cannot list the runs of {workflow} in {repository}"))
    }
}
