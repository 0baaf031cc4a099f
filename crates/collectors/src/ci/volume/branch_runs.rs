//! The runs that tested the branch within a window: the population of the metrics about volume and speed.

use std::collections::BTreeSet;

use system_health_registry::{
    EvidenceItem, NoData, Sample, SampleError, SampleValue, Unavailable, Window, duration_in_words,
};

use super::recent_runs::{RecentRuns, summary};
use crate::ci::{
    evidence::EvidenceLog,
    trigger_events::MERGE_GROUP,
    workflow_run::{RunConclusion, RunResult, WorkflowRun},
};
use crate::date::format_date;

/// The runs that tested the branch and whose latest attempt started within a window.
#[derive(Debug)]
pub(in crate::ci) struct BranchRuns<'a> {
    recent: &'a RecentRuns,
    window: Window,
    runs: Vec<BranchRun<'a>>,
    ignored: Vec<(&'a WorkflowRun, String)>,
}

/// A run that tested the branch.
#[derive(Debug, Clone, Copy)]
pub(in crate::ci) struct BranchRun<'a> {
    pub(in crate::ci) run: &'a WorkflowRun,
    pub(in crate::ci) conclusion: RunConclusion,
}

/// Whether a run belongs to the population.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    Counts,
    /// It ran for another branch, or at another time.
    Elsewhere,
    /// It has the name of the branch and started within the window, but does not count, for this reason.
    Ignored(String),
}

impl RecentRuns {
    /// The runs that tested the branch within a window.
    pub(in crate::ci) fn on_branch(&self, window: Window) -> Result<BranchRuns<'_>, Unavailable> {
        self.check_branch()?;
        Ok(BranchRuns::new(self, window)?)
    }
}

impl<'a> BranchRuns<'a> {
    pub(super) fn new(recent: &'a RecentRuns, window: Window) -> anyhow::Result<Self> {
        let (mut runs, mut ignored) = (Vec::new(), Vec::new());
        for run in recent.on_all_branches() {
            match standing(recent, window, run) {
                Standing::Counts => runs.push(BranchRun { run, conclusion: run.conclusion()? }),
                Standing::Ignored(reason) => ignored.push((run, reason)),
                Standing::Elsewhere => {}
            }
        }
        Ok(Self { recent, window, runs, ignored })
    }

    pub(in crate::ci) fn iter(&self) -> impl Iterator<Item = BranchRun<'a>> + '_ {
        self.runs.iter().copied()
    }

    /// The workflows that tested the branch within the window or `rerun_lookback` before it.
    pub(super) fn workflows(&self) -> anyhow::Result<BTreeSet<&'a str>> {
        let (branch, events) = (self.recent.branch().as_str(), self.recent.events());
        let tests_branch = |run: &&WorkflowRun| {
            run.head_branch.as_deref() == Some(branch)
                && run.is_own()
                && events.contains(&run.event)
                && !self.recent.is_too_old(run, self.window)
        };
        self.recent.on_all_branches().filter(tests_branch).map(WorkflowRun::workflow).collect()
    }

    /// The number of runs that count, as a sample with all runs as evidence. `counts` says whether a run counts, and
    /// why.
    pub(super) fn count(
        &self,
        counts: impl Fn(&BranchRun<'_>) -> (bool, String),
    ) -> Result<Sample, SampleError> {
        let number = self.runs.iter().filter(|run| counts(run).0).count();
        Ok(self.sample(number)?.with_evidence(self.evidence(counts)))
    }

    /// A sample with the tag of the branch.
    pub(super) fn sample(&self, value: impl SampleValue) -> Result<Sample, SampleError> {
        self.tagged(Sample::new(value)?)
    }

    /// Adds the tag of the branch to a sample.
    pub(super) fn tagged(&self, sample: Sample) -> Result<Sample, SampleError> {
        sample.with_tag("branch", self.recent.branch().as_str())
    }

    /// No data for a reason, with the number of runs that tested the branch, and with all runs as evidence.
    pub(super) fn no_data(&self, reason: &str) -> NoData {
        let since = format_date(self.window.start());
        let branch = self.recent.branch();
        let runs = match self.runs.len() {
            1 => "1 run".to_owned(),
            count => format!("{count} runs"),
        };
        NoData::new(format!("{reason}: {runs} tested the branch `{branch}` since {since}"))
            .with_evidence(self.evidence(|run| (false, run.run.ending_in_words().to_owned())))
    }

    /// The runs as evidence: each counts or does not, for a reason.
    pub(super) fn evidence(&self, counts: impl Fn(&BranchRun<'_>) -> (bool, String)) -> Vec<EvidenceItem> {
        let mut log = EvidenceLog::default();
        for branch_run in &self.runs {
            let (does_count, reason) = counts(branch_run);
            let entry = log.add_run(branch_run.run, branch_run.run.attempt, reason);
            if does_count {
                log.count(entry);
            }
        }
        for (run, reason) in &self.ignored {
            log.add_run(run, run.attempt, reason.as_str());
        }
        let mut items = log.into_items();
        if items.is_empty() {
            items.push(summary(self.recent, self.window));
        }
        items
    }
}

impl BranchRun<'_> {
    /// Whether it passed, failed or neither.
    pub(in crate::ci) fn result(&self) -> RunResult {
        self.conclusion.result()
    }

    /// The run as evidence that counts.
    pub(super) fn item(&self) -> EvidenceItem {
        let reason = format!("it has {} attempts", self.run.attempt);
        EvidenceItem::new(self.run.name(), true, reason).with_link(self.run.html_url.as_deref())
    }
}

fn standing(recent: &RecentRuns, window: Window, run: &WorkflowRun) -> Standing {
    if run.head_branch.as_deref() != Some(recent.branch().as_str()) || !window.contains(run.started_at()) {
        return Standing::Elsewhere;
    }
    if !run.is_own() {
        let ran_for =
            if run.head_repository.is_some() { "a fork" } else { "a repository that no longer exists" };
        return Standing::Ignored(format!("it ran for {ran_for}"));
    }
    if run.event == MERGE_GROUP || !recent.events().contains(&run.event) {
        return Standing::Ignored(format!("`{}` is not one of the events that test the branch", run.event));
    }
    if recent.is_too_old(run, window) {
        let lookback = recent.settings().rerun_lookback;
        return Standing::Ignored(format!(
            "it was created more than {} before the window; see `rerun_lookback` in [ci]",
            duration_in_words(lookback)
        ));
    }
    Standing::Counts
}
