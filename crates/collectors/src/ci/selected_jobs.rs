//! What the selected jobs say, run by run from the newest to older ones. A skipped job keeps the result of
//! the newest earlier run in which it was decided, so one result can come from several runs.

use std::collections::BTreeSet;

use anyhow::bail;

use super::{
    job::{Job, JobOutcome},
    patterns::{JobPattern, JobPatterns, stands_for},
    scope::Watched,
};

/// The state of the search.
#[derive(Debug)]
pub(super) struct SelectedJobs<'a> {
    patterns: &'a JobPatterns,
    /// The settings table that holds them, for messages.
    table: &'a str,
    /// What older runs have to decide. `None` until a run was found in which no selected job was cancelled.
    waiting: Option<Vec<Waiting>>,
    passed: usize,
    /// For each pattern, whether it matched a job, or a skipped job may hide what it matches.
    matched: Vec<bool>,
    names: BTreeSet<String>,
    /// The names in the run that started the search.
    newest_names: Vec<String>,
    /// Whether the jobs of a run were seen all of which had ended by themselves.
    saw_whole_run: bool,
}

/// What an older run has to decide.
#[derive(Debug)]
enum Waiting {
    /// A selected job, or what it stands for, was skipped.
    Skipped(String),
    /// No job matches the pattern, but these skipped jobs may stand for ones that do.
    NotListed { pattern: JobPattern, hidden_by: Vec<String> },
}

/// What the jobs of one run add.
#[derive(Debug)]
pub(super) enum Look<'j> {
    /// These jobs failed, so the result is known.
    Failed(Vec<&'j Job>),
    /// These jobs passed, and with them all selected jobs.
    Passed(Vec<&'j Job>),
    /// Older runs have to be looked at. These jobs passed.
    Open(Vec<&'j Job>, String),
}

/// What the jobs of an attempt say that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SoFar {
    /// A job failed that decides.
    Failed,
    /// All selected jobs that are listed passed.
    Passed,
    Undecided,
}

/// What holds after the last run.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    Passed,
    Undecided(String),
}

impl<'a> SelectedJobs<'a> {
    pub(super) fn new(watched: &'a Watched<'_>) -> Self {
        let patterns = &watched.settings.jobs;
        let matched = patterns.iter().map(|_| false).collect();
        Self {
            patterns,
            table: &watched.tables.jobs,
            waiting: None,
            passed: 0,
            matched,
            names: BTreeSet::new(),
            newest_names: Vec::new(),
            saw_whole_run: false,
        }
    }

    /// Whether no run was decisive so far.
    pub(super) fn is_at_start(&self) -> bool {
        self.waiting.is_none()
    }

    /// Looks at the jobs of the next older run or attempt.
    pub(super) fn look_at<'j>(&mut self, jobs: &[&'j Job]) -> anyhow::Result<Look<'j>> {
        let listed = outcomes(jobs)?;
        self.saw_whole_run |= with(&listed, JobOutcome::Undecided).next().is_none();
        self.look(&listed)
    }

    /// Looks at the jobs of an attempt that has not ended. They must decide: see [`Self::so_far`].
    pub(super) fn look_at_running<'j>(&mut self, jobs: &[&'j Job]) -> anyhow::Result<Look<'j>> {
        self.look(&outcomes(jobs)?)
    }

    /// What the jobs of an attempt say that has not ended. More jobs may be added to it.
    pub(super) fn so_far(&self, jobs: &[&Job]) -> anyhow::Result<SoFar> {
        let listed = outcomes(jobs)?;
        let decides = |job: &Job| match &self.waiting {
            None => self.patterns.matches(&job.name),
            Some(waiting) => waiting.iter().any(|wanted| wanted.is_decided_by(&job.name, self.patterns)),
        };
        if with(&listed, JobOutcome::Failed).any(decides) {
            return Ok(SoFar::Failed);
        }
        let mut selected = listed.iter().filter(|(job, _)| self.patterns.matches(&job.name)).peekable();
        let passed = selected.peek().is_some() && selected.all(|(_, outcome)| *outcome == JobOutcome::Passed);
        Ok(if passed { SoFar::Passed } else { SoFar::Undecided })
    }

    /// Whether an attempt lists all selected jobs that a completed run has, and each pattern matches one of them.
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

    fn look<'j>(&mut self, listed: &[(&'j Job, JobOutcome)]) -> anyhow::Result<Look<'j>> {
        self.names.extend(listed.iter().map(|(job, _)| job.name.clone()));
        let skipped: Vec<&str> = with(listed, JobOutcome::Skipped).map(|job| job.name.as_str()).collect();
        for (pattern, matched) in self.patterns.iter().zip(&mut self.matched) {
            *matched |= listed.iter().any(|(job, _)| pattern.matches(&job.name))
                || skipped.iter().any(|job| pattern.may_be_hidden_by(job));
        }
        let look = match self.waiting.take() {
            None => self.look_at_newest(listed)?,
            Some(waiting) => self.look_at_older(listed, waiting),
        };
        if let Look::Passed(passed) | Look::Open(passed, _) = &look {
            self.passed += passed.len();
        }
        Ok(look)
    }

    /// What holds if there are no more runs to look at. `complete`: there really are none.
    pub(super) fn end(self, complete: bool) -> anyhow::Result<End> {
        self.check_patterns()?;
        let Some(mut waiting) = self.waiting else {
            return Ok(End::Undecided("none of them decided the selected jobs".to_owned()));
        };
        if complete {
            // They were never decided, so there is no result to keep.
            waiting.retain(|waiting| matches!(waiting, Waiting::NotListed { .. }));
        }
        if waiting.is_empty() && self.passed > 0 {
            return Ok(End::Passed);
        }
        let reasons: Vec<String> = waiting
            .iter()
            .map(|waiting| match waiting {
                Waiting::Skipped(job) => format!("`{job}` was skipped and no older one decided it"),
                Waiting::NotListed { pattern, hidden_by } if hidden_by.is_empty() => {
                    let hint = pattern.hint(self.newest_names.iter().map(String::as_str));
                    format!("the newest has no job that matches `{}`; {hint}", pattern.as_str())
                }
                Waiting::NotListed { pattern, .. } => {
                    format!(
                        "the jobs that `{}` matches were skipped and no older one decided them",
                        pattern.as_str()
                    )
                }
            })
            .collect();
        Ok(End::Undecided(if reasons.is_empty() {
            "the selected jobs were skipped in all of them".to_owned()
        } else {
            reasons.join(", ")
        }))
    }

    fn look_at_newest<'j>(&mut self, listed: &[(&'j Job, JobOutcome)]) -> anyhow::Result<Look<'j>> {
        let selected: Vec<(&Job, JobOutcome)> =
            listed.iter().copied().filter(|(job, _)| self.patterns.matches(&job.name)).collect();
        let failed: Vec<&Job> = with(&selected, JobOutcome::Failed).collect();
        if !failed.is_empty() {
            self.check_patterns()?;
            return Ok(Look::Failed(failed));
        }
        let undecided: Vec<&Job> = with(&selected, JobOutcome::Undecided).collect();
        if !undecided.is_empty() {
            return Ok(Look::Open(vec![], describe(&undecided)));
        }
        let not_listed: Vec<&JobPattern> = self
            .patterns
            .iter()
            .filter(|pattern| selected.iter().all(|(job, _)| !pattern.matches(&job.name)))
            .collect();
        if let [pattern, ..] = not_listed[..]
            && with(listed, JobOutcome::Undecided).next().is_some()
        {
            let reason = format!("it was cancelled before a job that matches `{}`", pattern.as_str());
            return Ok(Look::Open(vec![], reason));
        }
        self.newest_names = listed.iter().map(|(job, _)| job.name.clone()).collect();
        let passed = with(&selected, JobOutcome::Passed).collect();
        let skipped: Vec<&Job> = with(&selected, JobOutcome::Skipped).collect();
        let mut reasons: Vec<String> = Vec::new();
        if !skipped.is_empty() {
            reasons.push(describe(&skipped));
        }
        let mut waiting: Vec<Waiting> =
            skipped.iter().map(|job| Waiting::Skipped(job.name.clone())).collect();
        for pattern in not_listed {
            reasons.push(format!("no job matches `{}`", pattern.as_str()));
            let hidden_by = with(listed, JobOutcome::Skipped)
                .map(|job| job.name.clone())
                .filter(|job| pattern.may_be_hidden_by(job))
                .collect();
            waiting.push(Waiting::NotListed { pattern: pattern.clone(), hidden_by });
        }
        Ok(self.wait_for(waiting, passed, &reasons))
    }

    fn look_at_older<'j>(&mut self, listed: &[(&'j Job, JobOutcome)], waiting: Vec<Waiting>) -> Look<'j> {
        let mut passed: Vec<&Job> = Vec::new();
        let mut failed: Vec<&Job> = Vec::new();
        let mut reasons = Vec::new();
        let mut still_waiting = Vec::new();
        for wanted in waiting {
            let found: Vec<(&Job, JobOutcome)> = listed
                .iter()
                .copied()
                .filter(|(job, _)| wanted.is_decided_by(&job.name, self.patterns))
                .collect();
            failed.extend(with(&found, JobOutcome::Failed));
            let undecided: Vec<&Job> = with(&found, JobOutcome::Undecided).collect();
            let now_passed: Vec<&Job> = with(&found, JobOutcome::Passed).collect();
            if !undecided.is_empty() || now_passed.is_empty() {
                reasons.push(match undecided[..] {
                    [] => format!("{} was not run either", wanted.name()),
                    _ => describe(&undecided),
                });
                still_waiting.push(wanted);
                continue;
            }
            passed.extend(now_passed);
            // Only some legs of a matrix were skipped.
            let skipped = with(&found, JobOutcome::Skipped).map(|job| Waiting::Skipped(job.name.clone()));
            still_waiting.extend(skipped);
        }
        if failed.is_empty() { self.wait_for(still_waiting, passed, &reasons) } else { Look::Failed(failed) }
    }

    fn wait_for<'j>(&mut self, waiting: Vec<Waiting>, passed: Vec<&'j Job>, reasons: &[String]) -> Look<'j> {
        if waiting.is_empty() {
            return Look::Passed(passed);
        }
        self.waiting = Some(waiting);
        Look::Open(passed, reasons.join(", "))
    }

    /// Refuses a pattern that matches no job of any run, if a whole run was seen.
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

impl Waiting {
    fn is_decided_by(&self, job: &str, patterns: &JobPatterns) -> bool {
        match self {
            Self::Skipped(skipped) => patterns.matches(job) && stands_for(skipped, job),
            Self::NotListed { pattern, hidden_by } => {
                pattern.matches(job) && hidden_by.iter().any(|skipped| stands_for(skipped, job))
            }
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Skipped(job) => format!("`{job}`"),
            Self::NotListed { pattern, .. } => format!("what `{}` matches", pattern.as_str()),
        }
    }
}

fn outcomes<'j>(jobs: &[&'j Job]) -> anyhow::Result<Vec<(&'j Job, JobOutcome)>> {
    jobs.iter().map(|job| Ok((*job, job.outcome()?))).collect()
}

fn with<'l, 'j>(
    listed: &'l [(&'j Job, JobOutcome)],
    outcome: JobOutcome,
) -> impl Iterator<Item = &'j Job> + use<'l, 'j> {
    listed.iter().filter(move |(_, found)| *found == outcome).map(|(job, _)| *job)
}

/// Such as: `test (mac)` was cancelled, `lint` was cancelled.
fn describe(jobs: &[&Job]) -> String {
    let words: Vec<String> = jobs.iter().map(|job| format!("`{}` {}", job.name, job.ending())).collect();
    words.join(", ")
}
