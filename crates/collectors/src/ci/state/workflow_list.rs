//! The active workflows of a repository.

use std::collections::BTreeSet;

use anyhow::{Context as _, anyhow};
use serde::Deserialize;
use system_health_registry::Unavailable;

use crate::{
    ci::workflow_run::workflow_of_path,
    github::{GitHubRepository, Permission, no_data_without},
};

/// See <https://docs.github.com/en/rest/actions/workflows#list-repository-workflows>.
#[derive(Debug, Deserialize)]
struct WorkflowsPage {
    total_count: usize,
    workflows: Vec<Workflow>,
}

#[derive(Debug, Deserialize)]
struct Workflow {
    path: String,
    state: String,
}

/// The workflows that are not disabled or deleted, as runs name them.
pub(super) async fn active_workflows(on_github: &GitHubRepository) -> Result<BTreeSet<String>, Unavailable> {
    let name = on_github.name();
    let failed = || format!("cannot list the workflows of {name}");
    let pages =
        on_github.pages::<WorkflowsPage>(&["actions", "workflows"], &[("per_page", "100")]).all().await;
    let pages =
        pages.with_context(failed).map_err(|error| no_data_without(Permission::Actions, name, error))?;
    let announced = pages.last().map_or(0, |page| page.total_count);
    let workflows: Vec<Workflow> = pages.into_iter().flat_map(|page| page.workflows).collect();
    if workflows.len() < announced {
        let error = anyhow!("GitHub listed {} of the {announced} workflows", workflows.len());
        return Err(error.context(failed()).into());
    }
    let active = workflows.iter().filter(|workflow| workflow.state == "active");
    Ok(active.map(|workflow| workflow_of_path(&workflow.path).to_owned()).collect())
}
