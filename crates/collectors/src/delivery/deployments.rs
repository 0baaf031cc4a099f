//! The deployments of a repository, read once for all metrics about delivery.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, SystemTime},
};

use system_health_registry::{
    Context, EvidenceItem, FromContext, NoData, Sample, SampleError, SampleValue, Scope, Unavailable, Window,
    Windows,
};

use super::{
    DeploymentSource, DoraSettings,
    deployment::{Deployment, DeploymentState, Success},
    github_deployments,
    read_back::ReadBack,
    releases, tags, workflow_runs,
};
use crate::{
    date::format_date,
    github::{GitHubRepository, Permission, WatchedBranch, no_data_without},
};

const DAY: Duration = Duration::from_hours(24);

/// The deployments of a repository in the longest window of the metrics about delivery, and the last one before it.
#[derive(Debug, Clone)]
pub struct Deployments(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// From the first to the last.
    successes: Vec<Success>,
    /// Deployments that do not count, with the instant that decides whether they are in a window, and the reason.
    others: Vec<(Deployment, SystemTime, String)>,
    /// The longest window.
    window: Window,
}

impl Deployments {
    /// The deployments, in any order.
    pub(super) fn new(found: Vec<Deployment>, window: Window) -> Self {
        let (mut successes, mut others) = (Vec::new(), Vec::new());
        let mut seen = HashSet::new();
        // The oldest first, so that of two at the same instant the newer one follows.
        for deployment in found.into_iter().rev().filter(|found| seen.insert(found.id.clone())) {
            match deployment.state.clone() {
                // The date of a tag is that of somebody's clock.
                DeploymentState::Succeeded(at) if at > window.end() => {
                    let reason = format!("its date is in the future, {}", format_date(at));
                    others.push((deployment, at, reason));
                }
                DeploymentState::Succeeded(at) => {
                    let Deployment { title, tag, commit, page, .. } = deployment;
                    successes.push(Success { title, tag, commit, at, page });
                }
                DeploymentState::CreatedTooEarly(at) => {
                    let reason = "it was created too long before the window; see `lookback` in [dora]";
                    others.push((deployment, at, reason.to_owned()));
                }
                DeploymentState::NotSuccessful(reason) => {
                    let created_at = deployment.created_at;
                    others.push((deployment, created_at, reason));
                }
            }
        }
        // The sort is stable.
        successes.sort_by_key(|success| success.at);
        Self(Arc::new(Inner { successes, others, window }))
    }

    /// The successful deployments, from the first to the last, beginning before the longest window if there are any.
    pub(super) fn successes(&self) -> &[Success] {
        &self.0.successes
    }

    /// The longest window.
    pub(super) fn window(&self) -> Window {
        self.0.window
    }

    /// The successful deployments in a window, with their positions among all of them.
    pub(super) fn within(&self, window: Window) -> impl Iterator<Item = (usize, &Success)> {
        self.0.successes.iter().enumerate().filter(move |(_, success)| window.contains(success.at))
    }

    /// Those of a window that do not count, as evidence.
    pub(super) fn others_within(&self, window: Window) -> impl Iterator<Item = EvidenceItem> {
        let within = move |other: &&(Deployment, SystemTime, String)| other.1 > window.start();
        self.0.others.iter().filter(within).map(|(deployment, _, reason)| {
            EvidenceItem::new(&deployment.title, false, reason).with_link(deployment.page.as_deref())
        })
    }

    /// The number of successful deployments in a window.
    pub(super) fn count(&self, window: Window) -> Result<Sample, SampleError> {
        self.sample(window, self.within(window).count())
    }

    /// A sample about the successful deployments in a window, which are its evidence.
    fn sample(&self, window: Window, value: impl SampleValue) -> Result<Sample, SampleError> {
        let counted = self
            .within(window)
            .map(|(_, success)| success.item(true, format!("it succeeded at {}", format_date(success.at))));
        let evidence: Vec<_> = counted.chain(self.others_within(window)).collect();
        Ok(Sample::new(value)?.with_evidence(evidence))
    }

    /// The number of deployments per day.
    pub(super) fn frequency(&self, window: Window) -> Result<Sample, SampleError> {
        let count = u32::try_from(self.within(window).count()).unwrap_or(u32::MAX);
        let days = window.duration().as_secs_f64() / DAY.as_secs_f64();
        self.sample(window, f64::from(count) / days)
    }
}

impl FromContext for Deployments {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let repository = context.get::<GitHubRepository>().await?;
        let settings = context.get::<DoraSettings>().await?;
        let window = context.get::<Windows>().await?.longest(&["dora.*"]);
        let since = window.start().checked_sub(settings.lookback).unwrap_or(SystemTime::UNIX_EPOCH);
        let range = ReadBack { since, window_start: window.start() };
        let mut found = read(context, &repository, &settings, &range).await?;
        if found.is_empty() {
            return Err(none(&repository, &settings).await);
        }
        // A release is created with its draft, and may be published at any time.
        if settings.deployments != DeploymentSource::Releases {
            for deployment in &mut found {
                range.apply(deployment);
            }
        }
        Ok(Self::new(found, window))
    }
}

async fn read(
    context: &Context,
    repository: &GitHubRepository,
    settings: &DoraSettings,
    range: &ReadBack,
) -> Result<Vec<Deployment>, Unavailable> {
    let (read, permission) = match settings.deployments {
        DeploymentSource::GitHub => (
            github_deployments::read(repository, &settings.environments, range).await,
            Permission::Deployments,
        ),
        DeploymentSource::Releases => {
            let read = releases::read(repository, settings.prereleases, range).await;
            (read.map_err(Into::into), Permission::Contents)
        }
        DeploymentSource::Tags => (tags::read(repository, &settings.tags, range).await, Permission::Contents),
        DeploymentSource::Workflow => {
            let WatchedBranch(branch) = context.get().await?;
            let (file, max) = (&settings.workflow, settings.max_requests);
            (workflow_runs::read(repository, &branch, file, max, range).await, Permission::Actions)
        }
    };
    read.map_err(|error| {
        let error = error.context(format!("cannot list the deployments of {}", repository.name()));
        no_data_without(permission, repository.name(), error)
    })
}

/// Why there is no deployment at all. Probably, the settings name the wrong thing.
async fn none(repository: &GitHubRepository, settings: &DoraSettings) -> Unavailable {
    let name = repository.name();
    let reason = match settings.deployments {
        DeploymentSource::GitHub => {
            let known = match github_deployments::environments(repository).await {
                Ok(known) => known,
                Err(error) => return no_data_without(Permission::Deployments, name, error),
            };
            let exist = if known.is_empty() {
                "it has no environments; see `deployments` in [dora]".to_owned()
            } else {
                format!("its environments are {}; see `environments` in [dora]", known.join(", "))
            };
            format!("{name} has no deployment to {}; {exist}", settings.environments.join(" or "))
        }
        DeploymentSource::Releases => format!("{name} has no release; see `deployments` in [dora]"),
        DeploymentSource::Tags => {
            format!("{name} has no tag that matches {}; see `tags` in [dora]", settings.tags.describe())
        }
        DeploymentSource::Workflow => {
            format!("{} never ran on the branch of {name}; see `workflow` in [dora]", settings.workflow)
        }
    };
    NoData::new(reason).into()
}
