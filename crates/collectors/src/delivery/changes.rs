//! What each deployment brought to production, read once for all metrics of a repository.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use anyhow::ensure;
use futures::{StreamExt, TryStreamExt, stream};
use system_health_registry::{
    Context, EvidenceItem, FromContext, NoData, Sample, SampleError, Scope, Unavailable, Window,
};

use super::{
    Deployments, DoraSettings,
    change::Change,
    comparison::{Comparison, Relation, compare},
    deployment::{Success, short},
    squashed,
};
use crate::{
    date::format_date,
    github::{GitHubRepository, no_data_without},
    statistics::quantile_samples,
};

/// Maximum number of comparisons that are made concurrently.
const CONCURRENT: usize = 8;

/// The commits that each successful deployment in the longest window brought to production.
#[derive(Debug, Clone)]
pub struct Changes(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    deployments: Deployments,
    /// By the positions of the deployments.
    steps: BTreeMap<usize, Step>,
}

/// What a deployment changed, compared with the one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// There is none before it.
    First,
    /// The commits cannot be compared, for this reason.
    Unknown(String),
    /// The same commit was deployed again.
    Repeated,
    /// It went back to an older commit.
    RolledBack,
    /// It brought these commits, which were never deployed before. There may be none.
    Brought(Vec<Change>),
}

/// The commits with a lead time, and those without one.
struct LeadTimes {
    values: Vec<f64>,
    evidence: Vec<EvidenceItem>,
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
        let LeadTimes { values, evidence } = self.measure(window);
        let samples = match quantile_samples(values, "commits that were deployed") {
            Err(Unavailable::NoData(none)) => {
                return Err(NoData::new(none.reason()).with_evidence(evidence).into());
            }
            samples => samples?,
        };
        // One list of the commits is enough: it is the same for all quantiles.
        let mut evidence = Some(evidence);
        let samples =
            samples.into_iter().map(|sample| sample.with_evidence(evidence.take().unwrap_or_default()));
        Ok(samples.collect())
    }

    /// The number of values behind [`Self::lead_times`].
    pub(super) fn lead_time_samples(&self, window: Window) -> Result<Sample, SampleError> {
        let LeadTimes { values, evidence } = self.measure(window);
        Ok(Sample::new(values.len())?.with_evidence(evidence))
    }

    fn measure(&self, window: Window) -> LeadTimes {
        let (mut values, mut evidence) = (Vec::new(), Vec::new());
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
        LeadTimes { values, evidence }
    }
}

impl Step {
    /// Why there is no commit that was deployed for the first time.
    pub(super) fn reason(&self) -> &str {
        match self {
            Self::First => "no deployment before it is known, so its commits are unknown",
            Self::Unknown(reason) => reason,
            Self::Repeated => "the same commit was deployed before it",
            Self::RolledBack => "it went back to an older commit",
            Self::Brought(_) => "it brought no commit that was not deployed before",
        }
    }
}

/// What each deployment changed. The comparisons with the ones before them have the positions of the deployments.
pub(super) fn steps(
    successes: &[Success],
    comparisons: BTreeMap<usize, Option<Comparison>>,
) -> BTreeMap<usize, Step> {
    let mut steps = BTreeMap::new();
    let first = comparisons.keys().next().copied().unwrap_or_default();
    let mut delivered: HashSet<String> =
        successes.iter().take(first).filter_map(|success| success.commit.clone()).collect();
    for (index, comparison) in comparisons {
        let (success, before) = (&successes[index], index.checked_sub(1).map(|before| &successes[before]));
        let step = step(success, before, comparison, &delivered);
        if let Step::Brought(changes) = &step {
            delivered.extend(changes.iter().map(|change| change.id.clone()));
        }
        delivered.extend(success.commit.clone());
        steps.insert(index, step);
    }
    steps
}

/// All commits that were deployed, without merges.
fn changes_of(steps: &mut BTreeMap<usize, Step>) -> Vec<&mut Change> {
    let changes = steps.values_mut().filter_map(|step| match step {
        Step::Brought(changes) => Some(changes),
        _ => None,
    });
    changes.flatten().filter(|change| !change.is_merge()).collect()
}

fn step(
    success: &Success,
    before: Option<&Success>,
    comparison: Option<Comparison>,
    delivered: &HashSet<String>,
) -> Step {
    let Some(before) = before else { return Step::First };
    let (Some(commit), Some(old)) = (&success.commit, &before.commit) else {
        return Step::Unknown("its commit or that of the deployment before it no longer exists".to_owned());
    };
    if commit == old {
        return Step::Repeated;
    }
    let Some(Comparison { relation, changes }) = comparison else {
        let reason = format!("GitHub cannot compare it with {}, which was deployed before", short(old));
        return Step::Unknown(reason);
    };
    let was_delivered = delivered.contains(commit);
    match relation {
        Relation::Identical => Step::Repeated,
        Relation::Behind => Step::RolledBack,
        Relation::Diverged if was_delivered => Step::RolledBack,
        // All that it contains was deployed with it.
        Relation::Ahead if was_delivered => Step::Brought(Vec::new()),
        Relation::Ahead | Relation::Diverged => {
            let is_new = |change: &Change| !delivered.contains(&change.id);
            Step::Brought(changes.into_iter().filter(is_new).collect())
        }
    }
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
        let compared = compare_all(&repository, &deployments, settings.max_requests).await;
        let compared = compared.map_err(|error| no_data_without("Contents", repository.name(), error))?;
        let mut steps = steps(deployments.successes(), compared);
        let found = squashed::find(&repository, changes_of(&mut steps)).await;
        found.map_err(|error| no_data_without("Pull requests", repository.name(), error))?;
        Ok(Self::new(deployments, steps))
    }
}

/// The comparison of each deployment in the longest window with the one before it.
async fn compare_all(
    repository: &GitHubRepository,
    deployments: &Deployments,
    max_requests: usize,
) -> anyhow::Result<BTreeMap<usize, Option<Comparison>>> {
    let successes = deployments.successes();
    let within: Vec<usize> = deployments.within(deployments.window()).map(|(index, _)| index).collect();
    let commits = |index: usize| {
        let old = successes[index.checked_sub(1)?].commit.clone()?;
        let new = successes[index].commit.clone()?;
        (old != new).then_some((index, old, new))
    };
    let pairs: Vec<_> = within.iter().filter_map(|&index| commits(index)).collect();
    ensure!(
        pairs.len() <= max_requests,
        "{} deployments of {} would have to be compared; set a shorter window in [metrics], or raise `max_requests` in \
         [dora], which is {max_requests}",
        pairs.len(),
        repository.name()
    );
    let mut compared: BTreeMap<usize, Option<Comparison>> = stream::iter(pairs)
        .map(|(index, old, new)| async move { anyhow::Ok((index, compare(repository, &old, &new).await?)) })
        .buffered(CONCURRENT)
        .try_collect()
        .await?;
    for index in within {
        compared.entry(index).or_default();
    }
    Ok(compared)
}
