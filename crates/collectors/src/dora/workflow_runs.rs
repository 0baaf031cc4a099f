//! The runs of a workflow as deployments.

use super::{
    RepositoryDora,
    deployment::{Deployment, DeploymentState},
    read_back::ReadBack,
};
use crate::{
    ci::{WorkflowAttempt, WorkflowAttempts},
    github::GitHubRepository,
    repository::Branch,
};

/// The attempts of a workflow on the branch, the newest run first.
pub(super) async fn read(
    repository: &GitHubRepository,
    branch: &Branch,
    settings: &RepositoryDora,
    range: &ReadBack<'_>,
) -> anyhow::Result<Vec<Deployment>> {
    let file = &*settings.workflow;
    let mut runs = WorkflowAttempts::new(repository, branch, file, settings.max_requests, settings.table());
    let mut read = Vec::new();
    while let Some(attempts) = runs.next().await? {
        read.extend(attempts.into_iter().map(|attempt| into_deployment(attempt, file)));
        if range.is_enough(&read) {
            break;
        }
    }
    Ok(read)
}

fn into_deployment(attempt: WorkflowAttempt, file: &str) -> Deployment {
    let state = match attempt.passed_at {
        Ok(at) => DeploymentState::Succeeded(at),
        Err(reason) => DeploymentState::NotSuccessful(reason),
    };
    Deployment {
        id: attempt.id,
        title: format!("{} of {file}", attempt.name),
        tag: None,
        commit: Some(attempt.commit),
        created_at: attempt.created_at,
        state,
        web_page: attempt.web_page,
    }
}
