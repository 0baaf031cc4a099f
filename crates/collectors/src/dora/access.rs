//! What the metrics `dora.*` need from GitHub. The settings decide what a deployment and an incident are.

use system_health_registry::{Settings, settings::SettingsError};

use super::{DeploymentSource, DoraSettings};
use crate::{
    commits::CommitSettings,
    github::{
        GitHubApi::{GraphQl, Rest},
        GitHubNeeds,
        Permission::{Actions, Contents, Deployments, Issues, PullRequests},
    },
    github_access,
    repository::{RepositoriesSettings, RepositoryOverrides, RepositorySettings},
};

github_access!("dora.*", needs);

/// The usual number of deployments in the window.
const USUAL_DEPLOYMENTS: u32 = 7;

/// What the settings of all repositories need together.
fn needs(key: &str, all_settings: &Settings) -> Result<GitHubNeeds, SettingsError> {
    let common: DoraSettings = all_settings.table()?;
    let tables: RepositoriesSettings = all_settings.table()?;
    let repositories: RepositorySettings = all_settings.table()?;
    let dora_table = |own: Option<&RepositoryOverrides>| own.and_then(|own| own.dora.clone());
    let (with_table, others): (Vec<_>, Vec<_>) =
        tables.overrides_of_each(repositories.names()).map(dora_table).partition(Option::is_some);
    let mut needs = GitHubNeeds::default();
    if !others.is_empty() {
        needs = needs_with(key, &common, all_settings)?;
    }
    for own in with_table.into_iter().flatten() {
        needs = needs.and(needs_with(key, &own.apply_to(&common), all_settings)?);
    }
    Ok(needs)
}

/// Some metrics need only the deployments. The metrics about lead times also need the deployed commits. The other metrics need
/// both, and the signs of failures.
fn needs_with(
    key: &str,
    settings: &DoraSettings,
    all_settings: &Settings,
) -> Result<GitHubNeeds, SettingsError> {
    let (api, permission) = match settings.deployments {
        DeploymentSource::GitHub => (GraphQl, Deployments),
        DeploymentSource::Releases | DeploymentSource::Tags => (GraphQl, Contents),
        DeploymentSource::Workflow => (Rest, Actions),
    };
    let deployments = GitHubNeeds::default().with_api(api, [permission]);
    let deployments = match settings.deployments {
        DeploymentSource::GitHub => {
            deployments.with_requests("deployments", one_for_each(settings.environments.len()))
        }
        DeploymentSource::Releases | DeploymentSource::Tags => deployments.with_requests("deployments", 1),
        DeploymentSource::Workflow => deployments
            .with_requests("deployments", 1)
            .with_requests("jobs of deployments", USUAL_DEPLOYMENTS)
            .with_branch(all_settings)?,
    };
    let changes = || {
        let changes = deployments.clone().with_api(Rest, [Contents]).with_api(GraphQl, [PullRequests]);
        changes.with_requests("comparisons", USUAL_DEPLOYMENTS).with_requests("pull requests of commits", 1)
    };
    let failures = || {
        let failures =
            changes().with_requests("commits that are not deployed", 1).with_branch(all_settings)?;
        // The labels of pull requests also decide which commits are signs.
        let with_labels = all_settings.table::<CommitSettings>()?.uses_labels();
        Ok(if with_labels {
            failures.with_requests("labels of commits that are not deployed", 1)
        } else {
            failures
        })
    };
    Ok(match key {
        "dora.deployment_frequency"
        | "dora.change_fail_ratio_samples"
        | "dora.deployment_rework_ratio_samples" => deployments,
        _ if key.starts_with("dora.change_lead_time_seconds") => changes(),
        _ if settings.incident_labels.is_empty() => failures()?,
        _ => {
            let incidents = one_for_each(settings.incident_labels.len());
            failures()?.with_api(GraphQl, [Issues]).with_requests("incidents", incidents)
        }
    })
}

/// The number of requests if each of `number` values in the settings needs one.
fn one_for_each(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
