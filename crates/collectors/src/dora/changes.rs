//! What each deployment brought to production, read once for all metrics of a repository.

use std::{collections::BTreeMap, sync::Arc};

use system_health_registry::{Context, FromContext, Reading, Scope, Unavailable, Window};

use super::{
    Deployments, RepositoryDora,
    change::Change,
    comparison::Comparisons,
    deployment::Success,
    pull_requests,
    sequence::Sequence,
    step::{Step, steps},
};
use crate::{
    commits::CommitSettings,
    date::format_date,
    github::{GitHubRepository, Permission, no_data_without},
    measured::Measured,
};

/// What each deployment of a sequence changed, by its position in the sequence.
pub(super) type Steps = BTreeMap<usize, Step>;

/// The commits that each successful deployment in the longest window brought to production.
#[derive(Debug, Clone)]
pub struct Changes(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    deployments: Deployments,
    /// The steps of each sequence.
    steps: Vec<Steps>,
}

impl Changes {
    pub(super) fn deployments(&self) -> &Deployments {
        &self.0.deployments
    }

    /// The sequences of deployments, with what each deployment in the longest window changed.
    pub(super) fn sequences(&self) -> impl Iterator<Item = (&Sequence, &Steps)> {
        self.0.deployments.sequences().iter().zip(&self.0.steps)
    }

    /// The quantiles of the lead times.
    pub(super) fn lead_times(&self, window: Window) -> Result<Reading, Unavailable> {
        let what = "commits that were deployed";
        self.0.deployments.reading(|position, sequence| {
            lead_times(sequence, &self.0.steps[position], window).quantiles(what, None)
        })
    }

    /// The number of values behind [`Self::lead_times`].
    pub(super) fn lead_time_samples(&self, window: Window) -> Result<Reading, Unavailable> {
        self.0.deployments.reading(|position, sequence| {
            Ok(vec![lead_times(sequence, &self.0.steps[position], window).count(None)?])
        })
    }
}

/// The lead times of the commits that the deployments in a window brought.
fn lead_times(sequence: &Sequence, steps: &Steps, window: Window) -> Measured {
    let Measured { mut values, mut evidence } = Measured::default();
    for (index, success) in sequence.within(window) {
        let Some(step) = steps.get(&index) else { continue };
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

/// The deployed commits whose pull requests are read. If labels do not count, merges are left out, because they have no lead
/// time.
fn changes_to_look_up(steps: &mut [Steps], with_labels: bool) -> Vec<&mut Change> {
    let changes = steps.iter_mut().flat_map(BTreeMap::values_mut).filter_map(|step| match step {
        Step::Brought(changes) => Some(changes),
        _ => None,
    });
    changes.flatten().filter(|change| with_labels || !change.is_merge()).collect()
}

/// The seconds from the first commit of a change to its deployment, with a description. If the change does not count, the
/// reason.
fn lead_time(change: &Change, success: &Success) -> Result<(f64, String), String> {
    if change.is_merge() {
        return Err("it is a merge commit, whose date is that of the merge".to_owned());
    }
    let started_at = change.started_at();
    let Ok(time) = success.at.duration_since(started_at) else {
        let date = format_date(started_at);
        return Err(format!("its date, {date}, is after its deployment, so a clock was wrong"));
    };
    let first = match change.squashed {
        Some((first, number)) if first <= change.authored_at => format!("with the first commit of #{number}"),
        _ => "when it was authored".to_owned(),
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
        let settings = context.get::<RepositoryDora>().await?;
        let deployments = context.get::<Deployments>().await?;
        let mut comparisons = Comparisons::new(&repository, &settings);
        let mut steps = Vec::new();
        for sequence in deployments.sequences() {
            let read = read_steps(sequence, &mut comparisons).await;
            steps
                .push(read.map_err(|error| no_data_without(Permission::Contents, repository.name(), error))?);
        }
        let with_labels = context.get::<CommitSettings>().await?.uses_labels();
        let changes = changes_to_look_up(&mut steps, with_labels);
        let result = pull_requests::set_pull_requests(&repository, changes, with_labels).await;
        result.map_err(|error| no_data_without(Permission::PullRequests, repository.name(), error))?;
        Ok(Self(Arc::new(Inner { deployments, steps })))
    }
}

/// What each deployment in the longest window changed.
async fn read_steps(sequence: &Sequence, comparisons: &mut Comparisons<'_>) -> anyhow::Result<Steps> {
    let successes = sequence.successes();
    let Some((start, _)) = sequence.within(sequence.window()).next() else {
        return Ok(Steps::new());
    };
    let commit = |success: &Success| success.commit.clone();
    let pairs = successes[start.saturating_sub(1)..].windows(2);
    let pairs =
        pairs.filter_map(|pair| commit(&pair[0]).zip(commit(&pair[1]))).filter(|(old, new)| old != new);
    // The comparisons of these pairs are read concurrently. Usually, no others are needed.
    comparisons.read(pairs.collect()).await?;
    steps(successes, start, comparisons).await
}
