//! What each deployment brought to production, read once for all metrics of a repository.

use std::{collections::BTreeMap, sync::Arc};

use system_health_registry::{Context, FromContext, Sample, SampleError, Scope, Unavailable, Window};

use super::{
    Deployments, DoraSettings,
    change::Change,
    comparison::Comparisons,
    deployment::Success,
    squashed,
    step::{Step, steps},
};
use crate::{
    date::format_date,
    github::{GitHubRepository, Permission, no_data_without},
    measured::Measured,
};

/// The commits that each successful deployment in the longest window brought to production.
#[derive(Debug, Clone)]
pub struct Changes(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    deployments: Deployments,
    /// By the positions of the deployments.
    steps: BTreeMap<usize, Step>,
}

impl Changes {
    /// What each deployment in the longest window changed, by the position of the deployment.
    pub(super) fn new(deployments: Deployments, steps: BTreeMap<usize, Step>) -> Self {
        Self(Arc::new(Inner { deployments, steps }))
    }

    pub(super) fn deployments(&self) -> &Deployments {
        &self.0.deployments
    }

    /// What each deployment in the longest window changed, with its position.
    pub(super) fn steps(&self) -> &BTreeMap<usize, Step> {
        &self.0.steps
    }

    /// The quantiles of the lead times.
    pub(super) fn lead_times(&self, window: Window) -> Result<Vec<Sample>, Unavailable> {
        self.measure(window).quantiles("commits that were deployed", None)
    }

    /// The number of values behind [`Self::lead_times`].
    pub(super) fn lead_time_samples(&self, window: Window) -> Result<Sample, SampleError> {
        self.measure(window).count(None)
    }

    fn measure(&self, window: Window) -> Measured {
        let Measured { mut values, mut evidence } = Measured::default();
        for (index, success) in self.0.deployments.within(window) {
            let Some(step) = self.0.steps.get(&index) else { continue };
            let changes = match step {
                Step::Brought(changes) if !changes.is_empty() => changes,
                other => {
                    evidence.push(success.item(false, other.reason()));
                    continue;
                }
            };
            for change in changes {
                match lead_time(change, success) {
                    Ok((seconds, reason)) => {
                        values.push(seconds);
                        evidence.push(change.item(true, reason));
                    }
                    Err(reason) => evidence.push(change.item(false, reason)),
                }
            }
        }
        Measured { values, evidence }
    }
}

/// All commits that were deployed, without merges.
fn changes_of(steps: &mut BTreeMap<usize, Step>) -> Vec<&mut Change> {
    let changes = steps.values_mut().filter_map(|step| match step {
        Step::Brought(changes) => Some(changes),
        _ => None,
    });
    changes.flatten().filter(|change| !change.is_merge()).collect()
}

/// The seconds from the first commit of a change to its deployment, or why they do not count.
fn lead_time(change: &Change, success: &Success) -> Result<(f64, String), String> {
    if change.is_merge() {
        return Err("it is a merge, which has the date of the merge".to_owned());
    }
    let started_at = change.started_at();
    let Ok(time) = success.at.duration_since(started_at) else {
        let date = format_date(started_at);
        return Err(format!("its date, {date}, is after its deployment, so a clock was wrong"));
    };
    let first = match change.squashed {
        Some((_, number)) => format!("with the first commit of #{number}"),
        None => "when it was committed".to_owned(),
    };
    let reason = format!(
        "it began {first} at {}, and {} brought it to production after {}",
        format_date(started_at),
        success.title,
        humantime::format_duration(time)
    );
    Ok((time.as_secs_f64(), reason))
}

impl FromContext for Changes {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let repository = context.get::<GitHubRepository>().await?;
        let settings = context.get::<DoraSettings>().await?;
        let deployments = context.get::<Deployments>().await?;
        let steps = read_steps(&repository, &deployments, settings.max_requests).await;
        let mut steps =
            steps.map_err(|error| no_data_without(Permission::Contents, repository.name(), error))?;
        let found = squashed::find(&repository, changes_of(&mut steps)).await;
        found.map_err(|error| no_data_without(Permission::PullRequests, repository.name(), error))?;
        Ok(Self::new(deployments, steps))
    }
}

/// What each deployment in the longest window changed.
async fn read_steps(
    repository: &GitHubRepository,
    deployments: &Deployments,
    max_requests: usize,
) -> anyhow::Result<BTreeMap<usize, Step>> {
    let successes = deployments.successes();
    let Some((start, _)) = deployments.within(deployments.window()).next() else {
        return Ok(BTreeMap::new());
    };
    let commits = |success: &Success| success.commit.clone();
    let pairs = successes[start.saturating_sub(1)..].windows(2);
    let pairs =
        pairs.filter_map(|pair| commits(&pair[0]).zip(commits(&pair[1]))).filter(|(old, new)| old != new);
    let mut comparisons = Comparisons::new(repository, max_requests);
    // Usually, these are all that is needed.
    comparisons.read(pairs.collect()).await?;
    steps(successes, start, &mut comparisons).await
}
