//! The deployments that failed, as a resource.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
    time::SystemTime,
};

use system_health_registry::{
    Context, EvidenceItem, FromContext, NoData, Reading, Sample, Scope, Unavailable, Window, Windows,
};

use super::{
    Changes, Deployments, RepositoryDora,
    analysis::{Analysis, DeploymentHistory, Rules, Sign},
    change::Change,
    comparison::compare,
    deployment::Success,
    incident, pull_requests,
    sequence::Sequence,
    step::Step,
};
use crate::{
    commits::CommitSettings,
    date::format_date,
    github::{ExistingBranch, GitHubRepository, Permission, WatchedBranch, no_data_without},
    measured::Measured,
    short_id::short_id,
    statistics::ratio,
};

/// The deployments of a repository that failed, and when each failure ended.
#[derive(Debug, Clone)]
pub struct Failures(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    deployments: Deployments,
    /// The analysis of each sequence.
    analyses: Vec<Analysis>,
}

impl Failures {
    /// The share of deployments in a window that failed.
    pub(super) fn fail_ratio(&self, window: Window) -> Result<Reading, Unavailable> {
        self.ratio(window, |analysis, index| match analysis.failed.get(&index) {
            Some(signs) => (true, reasons(signs)),
            None => (false, "it did not fail".to_owned()),
        })
    }

    /// The share of deployments in a window that were made because of a failure.
    pub(super) fn rework_ratio(&self, window: Window) -> Result<Reading, Unavailable> {
        self.ratio(window, |analysis, index| match analysis.rework.get(&index) {
            Some(reason) => (true, reason.clone()),
            None => (false, "it was not made because of a failure".to_owned()),
        })
    }

    /// The quantiles of the times from a failed deployment to the end of its failure.
    pub(super) fn recovery_times(&self, window: Window) -> Result<Reading, Unavailable> {
        let what = "failed deployments whose failure has ended";
        self.0.deployments.reading(|position, sequence| {
            recoveries(sequence, &self.0.analyses[position], window).quantiles(what, None)
        })
    }

    /// The number of values behind [`Self::recovery_times`].
    pub(super) fn recovery_samples(&self, window: Window) -> Result<Reading, Unavailable> {
        self.0.deployments.reading(|position, sequence| {
            Ok(vec![recoveries(sequence, &self.0.analyses[position], window).count(None)?])
        })
    }

    fn ratio(
        &self,
        window: Window,
        counts: impl Fn(&Analysis, usize) -> (bool, String),
    ) -> Result<Reading, Unavailable> {
        self.0.deployments.reading(|position, sequence| {
            let analysis = &self.0.analyses[position];
            let (mut numerator, mut denominator, mut evidence) = (0, 0, Vec::new());
            for (index, success) in sequence.within(window) {
                let (does_count, reason) = counts(analysis, index);
                numerator += usize::from(does_count);
                denominator += 1;
                evidence.push(success.item(does_count, reason));
            }
            evidence.extend(ignored(analysis, window));
            match ratio(numerator, denominator, "deployments") {
                Err(Unavailable::NoData(no_data)) => {
                    Err(NoData::new(no_data.reason()).with_evidence(evidence).into())
                }
                ratio => Ok(vec![Sample::new(ratio?)?.with_evidence(evidence)]),
            }
        })
    }
}

fn recoveries(sequence: &Sequence, analysis: &Analysis, window: Window) -> Measured {
    let Measured { mut values, mut evidence } = Measured::default();
    for (index, success) in sequence.within(window) {
        let Some(signs) = analysis.failed.get(&index) else { continue };
        let Some(ended_at) = analysis.ended_at(index) else {
            evidence.push(success.item(false, format!("its failure has not ended: {}", reasons(signs))));
            continue;
        };
        let time = ended_at.duration_since(success.at).unwrap_or_default();
        let (date, after) = (format_date(ended_at), humantime::format_duration(time));
        let reason = format!("its failure ended at {date}, after {after}: {}", reasons(signs));
        values.push(time.as_secs_f64());
        evidence.push(success.item(true, reason));
    }
    evidence.extend(ignored(analysis, window));
    Measured { values, evidence }
}

/// The incidents and commits in a window that are not signs of a failure, or that are unknown.
fn ignored(analysis: &Analysis, window: Window) -> impl Iterator<Item = EvidenceItem> {
    let within = analysis.ignored.iter().filter(move |(at, _)| window.contains(*at));
    within.map(|(_, item)| item.clone())
}

fn reasons(signs: &[Sign]) -> String {
    signs.iter().map(|sign| &*sign.reason).collect::<Vec<_>>().join("; ")
}

impl FromContext for Failures {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let repository = context.get::<GitHubRepository>().await?;
        let settings = context.get::<RepositoryDora>().await?;
        let commits = context.get::<CommitSettings>().await?;
        let changes = context.get::<Changes>().await?;
        let last = changes.sequences().filter_map(|(sequence, _)| sequence.successes().last());
        let last_commits: BTreeSet<&String> = last.filter_map(|last| last.commit.as_ref()).collect();
        let WatchedBranch(branch) = context.get().await?;
        let mut undeployed = undeployed(context, &repository, branch.as_str(), last_commits).await?;
        if commits.uses_labels() {
            let changes = undeployed.values_mut().flatten().flatten().collect();
            let read = pull_requests::set_pull_requests(&repository, changes, true).await;
            read.map_err(|error| no_data_without(Permission::PullRequests, repository.name(), error))?;
        }
        // The fix of an incident from before the window may have been deployed within the window.
        let start = context.get::<Windows>().await?.longest(&["dora.*"]).start();
        let since = start.checked_sub(settings.lookback).unwrap_or(SystemTime::UNIX_EPOCH);
        let incidents = incident::read(&repository, &settings.incident_labels, since).await;
        let incidents =
            incidents.map_err(|error| no_data_without(Permission::Issues, repository.name(), error))?;
        let rules = Rules {
            failure_window: settings.failure_window,
            history: commits.history,
            branch: branch.as_str(),
            hotfixes: &commits.hotfix,
            hotfix_labels: &commits.hotfix_labels,
            reverts: &commits.reverts,
            revert_labels: &commits.revert_labels,
        };
        let analyses = changes.sequences().map(|(sequence, steps)| {
            let last = sequence.successes().last();
            let known = last.and_then(|last| undeployed.get(last.commit.as_ref()?)?.as_deref());
            // The last deployment may lack what an earlier one brought, for example after a rollback.
            let brought = steps.values().flat_map(Step::brought);
            let brought: HashSet<&str> = brought.map(|change| change.id.as_str()).collect();
            let is_new = |change: &&Change| !brought.contains(change.id.as_str());
            let undeployed: Vec<Change> = known.unwrap_or_default().iter().filter(is_new).cloned().collect();
            let successes = sequence.successes();
            let history =
                DeploymentHistory { successes, steps, undeployed: &undeployed, incidents: &incidents };
            let mut analysis = Analysis::new(&history, &rules);
            if let (Some(last), None) = (last, known) {
                analysis.ignored.push((last.at, unknown_changes(last)));
            }
            analysis
        });
        let analyses = analyses.collect();
        Ok(Self(Arc::new(Inner { deployments: changes.deployments().clone(), analyses })))
    }
}

/// For each deployed commit, the commits of the branch that it does not contain. `None` if GitHub cannot compare the commit
/// with the branch.
async fn undeployed(
    context: &Context,
    repository: &GitHubRepository,
    branch: &str,
    deployed: BTreeSet<&String>,
) -> Result<BTreeMap<String, Option<Vec<Change>>>, Unavailable> {
    let mut undeployed = BTreeMap::new();
    for commit in deployed {
        let compared = compare(repository, commit, branch).await;
        let compared =
            compared.map_err(|error| no_data_without(Permission::Contents, repository.name(), error))?;
        if compared.is_none() {
            ExistingBranch::check(context).await?;
        }
        undeployed.insert(commit.clone(), compared.map(|comparison| comparison.changes));
    }
    Ok(undeployed)
}

/// Evidence that signs may be missing after the last deployment.
fn unknown_changes(last: &Success) -> EvidenceItem {
    let reason = match &last.commit {
        Some(commit) => {
            format!("GitHub cannot compare the branch with the last deployed commit {}", short_id(commit))
        }
        None => "the last deployed commit no longer exists".to_owned(),
    };
    EvidenceItem::new("commits that were not deployed yet", false, format!("they are unknown: {reason}"))
}
