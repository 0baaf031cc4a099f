//! What the metrics about delivery need of GitHub. The settings decide what a deployment and an incident are.

use system_health_registry::{Settings, settings::SettingsError};

use super::{DeploymentSource, DoraSettings};
use crate::{
    github::{
        GitHubApi::{GraphQl, Rest},
        GitHubNeeds,
        Permission::{Actions, Contents, Deployments, Issues, PullRequests},
    },
    github_access,
};

github_access!("dora.*", needs);

/// The deployments, then also the commits that they brought, then also the signs of failures.
fn needs(key: &str, settings: &Settings) -> Result<GitHubNeeds, SettingsError> {
    let settings: DoraSettings = settings.table()?;
    let (api, permission) = match settings.deployments {
        DeploymentSource::GitHub => (GraphQl, Deployments),
        DeploymentSource::Releases | DeploymentSource::Tags => (GraphQl, Contents),
        DeploymentSource::Workflow => (Rest, Actions),
    };
    let deployments = GitHubNeeds::default().with(api, [permission]);
    let changes = || deployments.clone().with(Rest, [Contents]).with(GraphQl, [PullRequests]);
    Ok(match key {
        "dora.deployment_frequency"
        | "dora.change_fail_ratio_samples"
        | "dora.deployment_rework_ratio_samples" => deployments,
        _ if key.starts_with("dora.change_lead_time_seconds") || settings.incident_labels.is_empty() => {
            changes()
        }
        _ => changes().with(GraphQl, [Issues]),
    })
}
