//! The deployments that failed, as a resource.

use std::{collections::HashSet, sync::Arc, time::SystemTime};

use system_health_registry::{
    Context, EvidenceItem, FromContext, NoData, Sample, SampleError, Scope, Unavailable, Window,
};

use super::{
    Changes, Deployments, DoraSettings,
    analysis::{Analysis, Facts, Rules, Sign},
    change::Change,
    comparison::compare,
    deployment::Success,
    incident,
    step::Step,
};
use crate::{
    commits::CommitSettings,
    date::format_date,
    github::{GitHubRepository, Permission, WatchedBranch, no_data_without},
    measured::Measured,
    statistics::ratio,
};

/// The deployments of a repository that failed, and when each failure ended.
#[derive(Debug, Clone)]
pub struct Failures(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    deployments: Deployments,
    analysis: Analysis,
}

impl Failures {
    pub(super) fn new(deployments: Deployments, analysis: Analysis) -> Self {
        Self(Arc::new(Inner { deployments, analysis }))
    }

    /// The share of deployments in a window that failed.
    pub(super) fn fail_ratio(&self, window: Window) -> Result<Sample, Unavailable> {
        let failed = |index: usize| match self.0.analysis.failed.get(&index) {
            Some(signs) => (true, reasons(signs)),
            None => (false, "it did not fail".to_owned()),
        };
        self.ratio(window, failed)
    }

    /// The share of deployments in a window that were made because of a failure.
    pub(super) fn rework_ratio(&self, window: Window) -> Result<Sample, Unavailable> {
        let reworked = |index: usize| match self.0.analysis.rework.get(&index) {
            Some(reason) => (true, reason.clone()),
            None => (false, "it was not made because of a failure".to_owned()),
        };
        self.ratio(window, reworked)
    }

    /// The quantiles of the times from a failed deployment to the end of its failure.
    pub(super) fn recovery_times(&self, window: Window) -> Result<Vec<Sample>, Unavailable> {
        self.recoveries(window).quantiles("failed deployments whose failure has ended", None)
    }

    /// The number of values behind [`Self::recovery_times`].
    pub(super) fn recovery_samples(&self, window: Window) -> Result<Sample, SampleError> {
        self.recoveries(window).count(None)
    }

    fn ratio(&self, window: Window, counts: impl Fn(usize) -> (bool, String)) -> Result<Sample, Unavailable> {
        let (mut counted, mut all, mut evidence) = (0, 0, Vec::new());
        for (index, success) in self.0.deployments.within(window) {
            let (does_count, reason) = counts(index);
            counted += usize::from(does_count);
            all += 1;
            evidence.push(success.item(does_count, reason));
        }
        evidence.extend(self.others(window));
        match ratio(counted, all, "deployments") {
            Err(Unavailable::NoData(none)) => Err(NoData::new(none.reason()).with_evidence(evidence).into()),
            ratio => Ok(Sample::new(ratio?)?.with_evidence(evidence)),
        }
    }

    fn recoveries(&self, window: Window) -> Measured {
        let Measured { mut values, mut evidence } = Measured::default();
        for (index, success) in self.0.deployments.within(window) {
            let Some(signs) = self.0.analysis.failed.get(&index) else { continue };
            let Some(ended_at) = self.0.analysis.ended_at(index) else {
                evidence.push(success.item(false, format!("its failure has not ended: {}", reasons(signs))));
                continue;
            };
            let time = ended_at.duration_since(success.at).unwrap_or_default();
            let (date, after) = (format_date(ended_at), humantime::format_duration(time));
            let reason = format!("its failure ended at {date}, after {after}: {}", reasons(signs));
            values.push(time.as_secs_f64());
            evidence.push(success.item(true, reason));
        }
        evidence.extend(self.others(window));
        Measured { values, evidence }
    }

    /// The incidents and commits in a window that are no sign of a failure.
    fn others(&self, window: Window) -> impl Iterator<Item = EvidenceItem> {
        let within = self.0.analysis.others.iter().filter(move |(at, _)| window.contains(*at));
        within.map(|(_, item)| item.clone())
    }
}

fn reasons(signs: &[Sign]) -> String {
    signs.iter().map(|sign| &*sign.reason).collect::<Vec<_>>().join("; ")
}

impl FromContext for Failures {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let repository = context.get::<GitHubRepository>().await?;
        let settings = context.get::<DoraSettings>().await?;
        let commits = context.get::<CommitSettings>().await?;
        let changes = context.get::<Changes>().await?;
        let deployments = changes.deployments().clone();
        let mut undeployed = undeployed(context, &repository, deployments.successes().last()).await?;
        // The last deployment may lack what an earlier one brought, for example after a rollback.
        let brought = changes.steps().values().flat_map(Step::brought);
        let brought: HashSet<&str> = brought.map(|change| change.id.as_str()).collect();
        undeployed.retain(|change| !brought.contains(change.id.as_str()));
        // An incident of before the window may have a fix that was deployed in it.
        let start = deployments.window().start();
        let since = start.checked_sub(settings.lookback).unwrap_or(SystemTime::UNIX_EPOCH);
        let incidents = incident::read(&repository, &settings.incident_labels, since).await;
        let incidents =
            incidents.map_err(|error| no_data_without(Permission::Issues, repository.name(), error))?;
        let facts = Facts {
            successes: deployments.successes(),
            steps: changes.steps(),
            undeployed: &undeployed,
            incidents: &incidents,
        };
        let rules = Rules {
            failure_window: settings.failure_window,
            hotfixes: &commits.hotfix,
            reverts: &commits.reverts,
        };
        let analysis = Analysis::new(&facts, &rules);
        Ok(Self::new(deployments, analysis))
    }
}

/// The commits of the branch that the last deployment does not contain.
async fn undeployed(
    context: &Context,
    repository: &GitHubRepository,
    last: Option<&Success>,
) -> Result<Vec<Change>, Unavailable> {
    let Some(commit) = last.and_then(|last| last.commit.as_deref()) else { return Ok(Vec::new()) };
    let WatchedBranch(branch) = context.get().await?;
    let compared = compare(repository, commit, branch.as_str()).await;
    let compared =
        compared.map_err(|error| no_data_without(Permission::Contents, repository.name(), error))?;
    Ok(compared.map(|comparison| comparison.changes).unwrap_or_default())
}
