//! The deployments of a repository, read once for all metrics `dora.*`.

use std::{sync::Arc, time::SystemTime};

use system_health_registry::{
    Context, EvidenceItem, FromContext, ItemError, NoData, Reading, Sample, Scope, Unavailable, Window,
    Windows,
};

use super::{
    DeploymentSource, RepositoryDora,
    deployment::Deployment,
    github_deployments::{self, Environments},
    read_back::ReadBack,
    releases,
    sequence::Sequence,
    tags, workflow_runs,
};
use crate::github::{GitHubRepository, Permission, WatchedBranch, no_data_without};

/// The deployments of a repository in the longest window of the metrics `dora.*`, and those before this window that were
/// read. The deployments to each environment are a sequence.
#[derive(Debug, Clone)]
pub struct Deployments(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    sequences: Vec<Sequence>,
    /// The environments in the settings that do not exist.
    missing: Vec<ItemError>,
}

impl Deployments {
    pub(super) fn sequences(&self) -> &[Sequence] {
        &self.0.sequences
    }

    /// The samples of all sequences, and the environments that do not exist. `measure` gets a sequence and its position. If no
    /// sequence has a value and all environments exist, there is no data, for the reason that the first sequence gives.
    pub(super) fn reading(
        &self,
        measure: impl Fn(usize, &Sequence) -> Result<Vec<Sample>, Unavailable>,
    ) -> Result<Reading, Unavailable> {
        let (mut samples, mut reason) = (Vec::new(), None);
        for (position, sequence) in self.0.sequences.iter().enumerate() {
            match measure(position, sequence) {
                Ok(measured) => {
                    for sample in measured {
                        samples.push(sequence.tagged(sample)?);
                    }
                }
                Err(Unavailable::NoData(no_data)) => reason = reason.or(Some(no_data)),
                Err(error) => return Err(error),
            }
        }
        match reason {
            Some(no_data) if samples.is_empty() && self.0.missing.is_empty() => Err(no_data.into()),
            _ => Reading::new(samples, self.0.missing.clone()),
        }
    }

    /// The number of successful deployments in a window.
    pub(super) fn count(&self, window: Window) -> Result<Reading, Unavailable> {
        self.reading(|_, sequence| Ok(vec![sequence.count(window)?]))
    }

    /// The number of deployments per day.
    pub(super) fn frequency(&self, window: Window) -> Result<Reading, Unavailable> {
        self.reading(|_, sequence| Ok(vec![sequence.frequency(window)?]))
    }
}

impl FromContext for Deployments {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let repository = context.get::<GitHubRepository>().await?;
        let settings = context.get::<RepositoryDora>().await?;
        let window = context.get::<Windows>().await?.longest(&["dora.*"]);
        let since = window.start().checked_sub(settings.lookback).unwrap_or(SystemTime::UNIX_EPOCH);
        let range = ReadBack { since, window_start: window.start(), table: settings.table() };
        let (mut found, unread) = read(context, &repository, &settings, &range).await?;
        if found.iter().all(|(_, deployments)| deployments.is_empty()) {
            return Err(without_deployments(&repository, &settings).await);
        }
        let missing = remove_missing(&repository, &settings, &mut found).await?;
        // A release may have been created, as a draft, at any time before it was published.
        if settings.deployments != DeploymentSource::Releases {
            for deployment in found.iter_mut().flat_map(|(_, deployments)| deployments) {
                range.mark_if_created_too_early(deployment);
            }
        }
        let sequence = |(environment, deployments)| {
            Sequence::new(environment, deployments, window).with_unread(unread.clone())
        };
        let sequences = found.into_iter().map(sequence).collect();
        Ok(Self(Arc::new(Inner { sequences, missing })))
    }
}

/// The deployments to each environment, or all deployments if their source has no environments.
type Found = Vec<(Option<String>, Vec<Deployment>)>;

/// The deployments, and evidence about releases that were not read and may be missing.
async fn read(
    context: &Context,
    repository: &GitHubRepository,
    settings: &RepositoryDora,
    range: &ReadBack<'_>,
) -> Result<(Found, Option<EvidenceItem>), Unavailable> {
    let without_environments = |deployments| (vec![(None, deployments)], None);
    let (read, permission) = match settings.deployments {
        DeploymentSource::GitHub => {
            let read = github_deployments::read(repository, &settings.environments, range).await;
            (read.map(|found| (found, None)), Permission::Deployments)
        }
        DeploymentSource::Releases => {
            let read = releases::read(repository, settings.prereleases, range).await;
            (read.map(|(releases, unread)| (vec![(None, releases)], unread)), Permission::Contents)
        }
        DeploymentSource::Tags => {
            let read = tags::read(repository, &settings.tags, range).await;
            (read.map(without_environments), Permission::Contents)
        }
        DeploymentSource::Workflow => {
            let WatchedBranch(branch) = context.get().await?;
            let read = workflow_runs::read(repository, &branch, settings, range).await;
            (read.map(without_environments), Permission::Actions)
        }
    };
    read.map_err(|error| {
        let error = error.context(format!("cannot list the deployments of {}", repository.name()));
        no_data_without(permission, repository.name(), error)
    })
}

/// Removes the environments that do not exist, and returns an error for each. An environment without deployments may exist, and
/// wait for its first deployment.
async fn remove_missing(
    repository: &GitHubRepository,
    settings: &RepositoryDora,
    found: &mut Found,
) -> Result<Vec<ItemError>, Unavailable> {
    if found.iter().all(|(_, deployments)| !deployments.is_empty()) {
        return Ok(Vec::new());
    }
    let existing = environments(repository).await?;
    let is_missing = |(environment, deployments): &mut (Option<String>, Vec<Deployment>)| {
        deployments.is_empty() && !environment.as_deref().is_some_and(|name| existing.contains(name))
    };
    let missing = found.extract_if(.., is_missing).filter_map(|(environment, _)| {
        let environment = environment?;
        let reason = missing_environments_reason(repository, settings, &environment, &existing);
        Some(ItemError::new(reason).with_tag("environment", &environment))
    });
    Ok(missing.collect())
}

async fn environments(repository: &GitHubRepository) -> Result<Environments, Unavailable> {
    let existing = github_deployments::environments(repository).await;
    existing.map_err(|error| no_data_without(Permission::Deployments, repository.name(), error))
}

fn missing_environments_reason(
    repository: &GitHubRepository,
    settings: &RepositoryDora,
    names: &str,
    existing: &Environments,
) -> String {
    let (name, table) = (repository.name(), settings.table());
    let environments = if existing.is_empty() {
        format!("it has no environments; see `deployments` in {table}")
    } else {
        format!("its environments: {existing}; see `environments` in {table}")
    };
    format!("{name} has no deployment to {names}; {environments}")
}

/// The reason if there is no deployment at all. Probably, the settings name the wrong environment, tag or workflow.
async fn without_deployments(repository: &GitHubRepository, settings: &RepositoryDora) -> Unavailable {
    let (name, table) = (repository.name(), settings.table());
    let reason = match settings.deployments {
        DeploymentSource::GitHub => match environments(repository).await {
            Ok(existing) => missing_environments_reason(
                repository,
                settings,
                &settings.environments.join(" or "),
                &existing,
            ),
            Err(unavailable) => return unavailable,
        },
        DeploymentSource::Releases => format!("{name} has no release; see `deployments` in {table}"),
        DeploymentSource::Tags => {
            format!("{name} has no tag that matches {}; see `tags` in {table}", settings.tags.describe())
        }
        DeploymentSource::Workflow => {
            format!("{} never ran on the branch of {name}; see `workflow` in {table}", settings.workflow)
        }
    };
    NoData::new(reason).into()
}
