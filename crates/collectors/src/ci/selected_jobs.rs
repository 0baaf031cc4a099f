//! The results of the selected jobs, collected from the newest run to older runs. A skipped job keeps its result from the
//! newest earlier run in which it was decided, so a result may come from several runs.

use std::collections::BTreeSet;

use anyhow::bail;

use super::{
    job::{Job, JobResult},
    job_patterns::{JobPattern, JobPatterns, stands_for},
    relevance::WatchedWorkflow,
};

/// The state of the search.
#[derive(Debug)]
pub(super) struct SelectedJobs<'a> {
    patterns: &'a JobPatterns,
    /// The settings table that contains the patterns, for messages.
    table: &'a str,
    /// What older runs have to decide. `None` before a run starts the search. A run in which a selected job was cancelled or
    /// is in progress does not start it.
    pending: Option<Vec<PendingJob>>,
    passed: usize,
    /// For each pattern, whether it matched a job, or a skipped job may stand for one that it matches.
    matched: Vec<bool>,
    /// The names of the jobs in all runs so far.
    names: BTreeSet<String>,
    /// The names of the jobs in the run that started the search.
    newest_names: Vec<String>,
    /// Whether a run was seen in which no job was cancelled or in progress.
    saw_whole_run: bool,
}

/// What an older run has to decide.
#[derive(Debug)]
enum PendingJob {
    /// This selected job was skipped. It may stand for several jobs. See [`stands_for`].
    Skipped(String),
    /// No job matches the pattern. These skipped jobs, if there are any, may stand for jobs that do.
    NotListed { pattern: JobPattern, hidden_by: Vec<String> },
}

/// The result of the jobs of one run, together with newer runs.
#[derive(Debug)]
pub(super) enum JobsResult<'j> {
    /// These jobs failed, which decides the result.
    Failed(Vec<&'j Job>),
    /// These jobs passed, so now all selected jobs have passed.
    Passed(Vec<&'j Job>),
    /// These jobs passed, and older runs have to decide the others, for this reason.
    Undecided(Vec<&'j Job>, String),
}

/// The result of the jobs of an attempt in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PartialResult {
    /// A selected job failed.
    Failed,
    /// All selected jobs that are listed passed.
    Passed,
    Undecided,
}

/// The result after the last run.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FinalResult {
    Passed,
    Undecided(String),
}

impl<'a> SelectedJobs<'a> {
    pub(super) fn new(watched: &'a WatchedWorkflow<'_>) -> Self {
        let patterns = &watched.settings.jobs;
        let matched = patterns.iter().map(|_| false).collect();
        Self {
            patterns,
            table: &watched.tables.jobs,
            pending: None,
            passed: 0,
            matched,
            names: BTreeSet::new(),
            newest_names: Vec::new(),
            saw_whole_run: false,
        }
    }

    /// Whether no run has started the search yet.
    pub(super) fn is_at_start(&self) -> bool {
        self.pending.is_none()
    }

    /// Adds the jobs of the next older run or attempt.
    pub(super) fn add<'j>(&mut self, jobs: &[&'j Job]) -> anyhow::Result<JobsResult<'j>> {
        let listed = results(jobs)?;
        self.saw_whole_run |= with_result(&listed, JobResult::Undecided).next().is_none();
        self.add_results(&listed)
    }

    /// Adds the jobs of an attempt in progress. Call it only if they decide: see [`Self::so_far`] and [`Self::are_all_listed`].
    pub(super) fn add_running<'j>(&mut self, jobs: &[&'j Job]) -> anyhow::Result<JobsResult<'j>> {
        self.add_results(&results(jobs)?)
    }

    /// The result of the jobs of an attempt in progress, to which GitHub may still add jobs.
    pub(super) fn so_far(&self, jobs: &[&Job]) -> anyhow::Result<PartialResult> {
        let listed = results(jobs)?;
        let decides = |job: &Job| match &self.pending {
            None => self.patterns.matches(&job.name),
            Some(pending) => pending.iter().any(|wanted| wanted.is_decided_by(&job.name, self.patterns)),
        };
        if with_result(&listed, JobResult::Failed).any(decides) {
            return Ok(PartialResult::Failed);
        }
        let mut selected = listed.iter().filter(|(job, _)| self.patterns.matches(&job.name)).peekable();
        let passed = selected.peek().is_some() && selected.all(|(_, result)| *result == JobResult::Passed);
        Ok(if passed { PartialResult::Passed } else { PartialResult::Undecided })
    }

    /// Whether an attempt lists all selected jobs of a completed run, and each pattern matches one of them.
    pub(super) fn are_all_listed(&self, jobs: &[&Job], complete: &[&Job]) -> bool {
        let count = |jobs: &[&Job], name: &str| jobs.iter().filter(|job| job.name == name).count();
        let may_hide = |job: &Job| {
            job.is_skipped() && self.patterns.iter().any(|pattern| pattern.may_be_hidden_by(&job.name))
        };
        self.patterns.iter().all(|pattern| complete.iter().any(|job| pattern.matches(&job.name)))
            && complete
                .iter()
                .filter(|job| self.patterns.matches(&job.name) || may_hide(job))
                .all(|job| count(jobs, &job.name) >= count(complete, &job.name))
    }

    fn add_results<'j>(&mut self, listed: &[(&'j Job, JobResult)]) -> anyhow::Result<JobsResult<'j>> {
        self.names.extend(listed.iter().map(|(job, _)| job.name.clone()));
        let skipped: Vec<&str> =
            with_result(listed, JobResult::Skipped).map(|job| job.name.as_str()).collect();
        for (pattern, matched) in self.patterns.iter().zip(&mut self.matched) {
            *matched |= listed.iter().any(|(job, _)| pattern.matches(&job.name))
                || skipped.iter().any(|job| pattern.may_be_hidden_by(job));
        }
        let result = match self.pending.take() {
            None => self.add_newest(listed)?,
            Some(pending) => self.add_older(listed, pending),
        };
        if let JobsResult::Passed(passed) | JobsResult::Undecided(passed, _) = &result {
            self.passed += passed.len();
        }
        Ok(result)
    }

    /// The result if no more runs are inspected. `complete` says whether there are no older runs.
    pub(super) fn end(self, complete: bool) -> anyhow::Result<FinalResult> {
        self.check_patterns()?;
        let Some(mut pending) = self.pending else {
            return Ok(FinalResult::Undecided("the selected jobs were not decided".to_owned()));
        };
        if complete {
            // A skipped job that passed or failed in no run has no result to keep.
            pending.retain(|job| matches!(job, PendingJob::NotListed { .. }));
        }
        if pending.is_empty() && self.passed > 0 {
            return Ok(FinalResult::Passed);
        }
        let reasons: Vec<String> = pending
            .iter()
            .map(|job| match job {
                PendingJob::Skipped(job) => format!("`{job}` was skipped and no older run decided it"),
                PendingJob::NotListed { pattern, hidden_by } if hidden_by.is_empty() => {
                    let hint = pattern.hint(self.newest_names.iter().map(String::as_str));
                    format!("one of them has no job that matches `{}`; {hint}", pattern.as_str())
                }
                PendingJob::NotListed { pattern, .. } => {
                    format!(
                        "the jobs that `{}` matches were skipped and no older run decided them",
                        pattern.as_str()
                    )
                }
            })
            .collect();
        Ok(FinalResult::Undecided(if reasons.is_empty() {
            "the selected jobs were skipped".to_owned()
        } else {
            reasons.join(", ")
        }))
    }

    fn add_newest<'j>(&mut self, listed: &[(&'j Job, JobResult)]) -> anyhow::Result<JobsResult<'j>> {
        let selected: Vec<(&Job, JobResult)> =
            listed.iter().copied().filter(|(job, _)| self.patterns.matches(&job.name)).collect();
        let failed: Vec<&Job> = with_result(&selected, JobResult::Failed).collect();
        if !failed.is_empty() {
            self.check_patterns()?;
            return Ok(JobsResult::Failed(failed));
        }
        let undecided: Vec<&Job> = with_result(&selected, JobResult::Undecided).collect();
        if !undecided.is_empty() {
            return Ok(JobsResult::Undecided(vec![], describe(&undecided)));
        }
        let not_listed: Vec<&JobPattern> = self
            .patterns
            .iter()
            .filter(|pattern| selected.iter().all(|(job, _)| !pattern.matches(&job.name)))
            .collect();
        if let Some(pattern) = not_listed.first()
            && let Some(job) = with_result(listed, JobResult::Undecided).next()
        {
            let reason = format!("no job matches `{}`, and {}", pattern.as_str(), describe(&[job]));
            return Ok(JobsResult::Undecided(vec![], reason));
        }
        self.newest_names = listed.iter().map(|(job, _)| job.name.clone()).collect();
        let passed = with_result(&selected, JobResult::Passed).collect();
        let skipped: Vec<&Job> = with_result(&selected, JobResult::Skipped).collect();
        let mut reasons: Vec<String> = Vec::new();
        if !skipped.is_empty() {
            reasons.push(describe(&skipped));
        }
        let mut pending: Vec<PendingJob> =
            skipped.iter().map(|job| PendingJob::Skipped(job.name.clone())).collect();
        for pattern in not_listed {
            reasons.push(format!("no job matches `{}`", pattern.as_str()));
            let hidden_by = with_result(listed, JobResult::Skipped)
                .map(|job| job.name.clone())
                .filter(|job| pattern.may_be_hidden_by(job))
                .collect();
            pending.push(PendingJob::NotListed { pattern: pattern.clone(), hidden_by });
        }
        Ok(self.finish_with(pending, passed, &reasons))
    }

    fn add_older<'j>(&mut self, listed: &[(&'j Job, JobResult)], pending: Vec<PendingJob>) -> JobsResult<'j> {
        let mut passed: Vec<&Job> = Vec::new();
        let mut failed: Vec<&Job> = Vec::new();
        let mut reasons = Vec::new();
        let mut still_pending = Vec::new();
        for wanted in pending {
            let found: Vec<(&Job, JobResult)> = listed
                .iter()
                .copied()
                .filter(|(job, _)| wanted.is_decided_by(&job.name, self.patterns))
                .collect();
            add_new(&mut failed, with_result(&found, JobResult::Failed));
            let undecided: Vec<&Job> = with_result(&found, JobResult::Undecided).collect();
            let now_passed: Vec<&Job> = with_result(&found, JobResult::Passed).collect();
            if !undecided.is_empty() || now_passed.is_empty() {
                reasons.push(match undecided[..] {
                    [] => wanted.reason_if_not_run(),
                    _ => describe(&undecided),
                });
                still_pending.push(wanted);
                continue;
            }
            add_new(&mut passed, now_passed);
            // Only some jobs of a matrix or of a reusable workflow were skipped.
            let skipped: Vec<&Job> = with_result(&found, JobResult::Skipped).collect();
            if !skipped.is_empty() {
                reasons.push(describe(&skipped));
            }
            still_pending.extend(skipped.iter().map(|job| PendingJob::Skipped(job.name.clone())));
        }
        if failed.is_empty() {
            self.finish_with(still_pending, passed, &reasons)
        } else {
            JobsResult::Failed(failed)
        }
    }

    fn finish_with<'j>(
        &mut self,
        pending: Vec<PendingJob>,
        passed: Vec<&'j Job>,
        reasons: &[String],
    ) -> JobsResult<'j> {
        if pending.is_empty() {
            return JobsResult::Passed(passed);
        }
        self.pending = Some(pending);
        JobsResult::Undecided(passed, reasons.join(", "))
    }

    /// Refuses a pattern that matches no job of any run, if a run was seen in which no job was cancelled or in progress.
    fn check_patterns(&self) -> anyhow::Result<()> {
        let unmatched = self.patterns.iter().zip(&self.matched).find(|(_, matched)| !**matched);
        match unmatched {
            Some((pattern, _)) if self.saw_whole_run => {
                let hint = pattern.hint(self.names.iter().map(String::as_str));
                bail!(
                    "`jobs` in {}: `{}` matches no job in any inspected run; {hint}",
                    self.table,
                    pattern.as_str()
                )
            }
            _ => Ok(()),
        }
    }
}

impl PendingJob {
    fn is_decided_by(&self, job: &str, patterns: &JobPatterns) -> bool {
        match self {
            Self::Skipped(skipped) => patterns.matches(job) && stands_for(skipped, job),
            Self::NotListed { pattern, hidden_by } => {
                pattern.matches(job) && hidden_by.iter().any(|skipped| stands_for(skipped, job))
            }
        }
    }

    fn reason_if_not_run(&self) -> String {
        match self {
            Self::Skipped(job) => format!("`{job}` was not run either"),
            Self::NotListed { pattern, .. } => {
                format!("no job that `{}` matches was run either", pattern.as_str())
            }
        }
    }
}

/// Adds the jobs that were not found before. A job may decide several skipped ones.
fn add_new<'j>(jobs: &mut Vec<&'j Job>, found: impl IntoIterator<Item = &'j Job>) {
    for job in found {
        if !jobs.iter().any(|known| std::ptr::eq(*known, job)) {
            jobs.push(job);
        }
    }
}

fn results<'j>(jobs: &[&'j Job]) -> anyhow::Result<Vec<(&'j Job, JobResult)>> {
    jobs.iter().map(|job| Ok((*job, job.result()?))).collect()
}

fn with_result<'l, 'j>(
    listed: &'l [(&'j Job, JobResult)],
    result: JobResult,
) -> impl Iterator<Item = &'j Job> + use<'l, 'j> {
    listed.iter().filter(move |(_, found)| *found == result).map(|(job, _)| *job)
}

/// Such as: `` `test (mac)` was cancelled, `lint` was cancelled ``.
fn describe(jobs: &[&Job]) -> String {
    let words: Vec<String> =
        jobs.iter().map(|job| format!("`{}` {}", job.name, job.ending_in_words())).collect();
    words.join(", ")
}
