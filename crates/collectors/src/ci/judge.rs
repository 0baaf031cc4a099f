//! Decides from the known runs whether the tests pass, or says what has to be fetched first. It makes no requests, so
//! any history can be tested quickly.

use std::time::{Duration, SystemTime};

use system_health_registry::duration_in_words;

use super::{
    age::format_age,
    early_end::EarlyEnd,
    evidence::{EntryId, EvidenceLog},
    job::{Job, up_to_attempt},
    known_runs::{CiQuery, KnownRuns},
    relevance::{Relevance, WatchedWorkflow, relevance, staleness},
    running::{MAX_RUNNING, jobs_of_completed_run},
    selected_jobs::{FinalResult, JobsResult, PartialResult, SelectedJobs},
    workflow_run::{RunResult, WorkflowRun},
};

/// Maximum number of runs and attempts that are fetched individually.
const MAX_INSPECTED: usize = 20;
/// Maximum number of runs in the evidence that are older than the one that decided.
const MAX_OLDER: usize = 5;

/// The next step.
#[derive(Debug)]
pub(super) enum JudgeStep {
    /// This has to be fetched first.
    Query(CiQuery),
    Done(Judgment),
}

/// The result of the search.
#[derive(Debug)]
pub(super) struct Judgment {
    pub(super) result: Result<Decision, String>,
    /// Whether the search ended at [`MAX_INSPECTED`], so that an older run or attempt might decide.
    pub(super) is_cut_off: bool,
    /// The number of runs that test the branch and were considered.
    pub(super) considered: usize,
    /// Of the attempts of the considered runs, the one that started last before the time of the judgment. The result did not
    /// change between this start and that time. `None` if the judgment is about now.
    pub(super) newest: Option<AttemptStart>,
    pub(super) evidence: EvidenceLog,
}

/// Whether the tests pass.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decision {
    pub(super) passed: bool,
    /// The web page of the run that decided.
    pub(super) web_page: Option<String>,
}

/// When an attempt started. Attempts that started in the same second are in the order of their runs and of their numbers, so
/// every history has one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AttemptStart {
    at: SystemTime,
    run_created_at: SystemTime,
    pub(super) run: u64,
    pub(super) attempt: u32,
}

struct Search<'a> {
    watched: &'a WatchedWorkflow<'a>,
    known: &'a KnownRuns,
    before: Option<AttemptStart>,
    newest: Option<AttemptStart>,
    evidence: EvidenceLog,
    considered: usize,
    inspected: usize,
    /// The number of runs in progress whose jobs were read.
    running: usize,
    selected: SelectedJobs<'a>,
    /// The jobs that have passed so far.
    passed: Vec<Decider>,
}

/// An attempt or a job whose result decides, alone or together with others.
struct Decider {
    entries: Vec<EntryId>,
    name: String,
    web_page: Option<String>,
    started_at: SystemTime,
}

/// Judges the known runs.
pub(super) fn judge(watched: &WatchedWorkflow<'_>, known: &KnownRuns) -> anyhow::Result<JudgeStep> {
    judge_before(watched, known, None)
}

/// Judges the known runs as they were before an attempt started. `None` is now. An attempt that had started by then counts as
/// ended if it has ended by now, because GitHub does not say when it ended.
pub(super) fn judge_before(
    watched: &WatchedWorkflow<'_>,
    known: &KnownRuns,
    before: Option<AttemptStart>,
) -> anyhow::Result<JudgeStep> {
    let search = Search {
        watched,
        known,
        before,
        newest: None,
        evidence: EvidenceLog::default(),
        considered: 0,
        inspected: 0,
        running: 0,
        selected: SelectedJobs::new(watched),
        passed: Vec::new(),
    };
    match search.run() {
        Ok(judgment) => Ok(JudgeStep::Done(judgment)),
        Err(EarlyEnd::Query(query)) => Ok(JudgeStep::Query(query)),
        Err(EarlyEnd::Limit) => unreachable!("`run` handles the limit"),
        Err(EarlyEnd::Error(error)) => Err(error),
    }
}

impl<'a> Search<'a> {
    fn run(mut self) -> Result<Judgment, EarlyEnd> {
        let runs = self.known.runs();
        for (index, run) in runs.iter().enumerate() {
            if self.is_later(AttemptStart::first(run)) {
                continue;
            }
            if self.known.is_only_filtered(run.id)
                && let Some(reason) = staleness(self.watched, self.known)?
            {
                return Ok(self.stale(reason, &runs[index..]));
            }
            match relevance(self.watched, self.known, run)? {
                Relevance::OtherBranch => continue,
                Relevance::Ignored(reason) => {
                    self.evidence.add_run(run, run.attempt, reason);
                    continue;
                }
                Relevance::Counts => {}
            }
            self.considered += 1;
            let selects_jobs = !self.watched.settings.jobs.is_empty();
            let older = &runs[index + 1..];
            let decided = if selects_jobs { self.by_jobs(run, older) } else { self.by_conclusion(run) };
            match decided {
                Ok(None) => {}
                Ok(Some((passed, deciders))) => return Ok(self.decided(passed, &deciders, older)),
                Err(EarlyEnd::Limit) => {
                    let judgment = if self.considered == 1 {
                        let (run, branch) = (run.name(), self.watched.branch);
                        self.undecided(format!(
                            "{run} on the branch `{branch}` has too many attempts that decide nothing; at most \
                             {MAX_INSPECTED} are read"
                        ))
                    } else {
                        // This run was not inspected completely.
                        self.considered -= 1;
                        self.out_of_runs(false)?
                    };
                    return Ok(Judgment { is_cut_off: true, ..judgment });
                }
                Err(early_end) => return Err(early_end),
            }
        }
        if self.known.has_filtered_list() {
            // A list that is out of date may also lack older runs.
            if let Some(reason) = staleness(self.watched, self.known)? {
                return Ok(self.undecided(reason));
            }
        } else if !self.known.is_complete() {
            return Err(CiQuery::RunsOfBranch.into());
        }
        let complete = self.known.is_complete();
        self.out_of_runs(complete)
    }

    /// Judges a run by its own conclusion.
    fn by_conclusion(&mut self, run: &'a WorkflowRun) -> Result<Option<(bool, Vec<Decider>)>, EarlyEnd> {
        let Some(last) = self.last_completed_attempt(run)? else {
            self.evidence.add_run(run, run.attempt, "it has not ended");
            return Ok(None);
        };
        for attempt in (1..=last).rev() {
            let in_attempt = self.attempt(run, attempt)?;
            let result = if in_attempt.is_completed()? { in_attempt.result()? } else { RunResult::Undecided };
            match result {
                RunResult::Undecided => {
                    let reason = format!("{}, so it decides nothing", in_attempt.ending_in_words());
                    self.evidence.add_run(run, attempt, reason);
                }
                RunResult::Passed | RunResult::Failed => {
                    let entry = self.evidence.add_run(run, attempt, in_attempt.ending_in_words());
                    let passed = result == RunResult::Passed;
                    return Ok(Some((passed, vec![Decider::new(run, in_attempt, entry)])));
                }
            }
        }
        Ok(None)
    }

    /// Judges a run by the selected jobs.
    fn by_jobs(
        &mut self,
        run: &'a WorkflowRun,
        older: &'a [WorkflowRun],
    ) -> Result<Option<(bool, Vec<Decider>)>, EarlyEnd> {
        let Some(last) = self.last_completed_attempt(run)? else { return self.by_jobs_so_far(run, older) };
        let jobs = self.jobs(run)?;
        for attempt in (1..=last).rev() {
            let listed = up_to_attempt(jobs, attempt, run.attempt);
            if listed.is_empty() {
                let in_attempt = self.attempt(run, attempt)?;
                // An invalid workflow file makes a run fail without any jobs.
                if self.selected.is_at_start()
                    && in_attempt.is_completed()?
                    && in_attempt.result()? == RunResult::Failed
                {
                    let entry = self.evidence.add_run(run, attempt, "it failed before any job started");
                    return Ok(Some((false, vec![Decider::new(run, in_attempt, entry)])));
                }
                self.evidence.add_run(run, attempt, "it has no jobs");
                continue;
            }
            let result = self.selected.add(&listed).map_err(|error| cannot_judge(run, error))?;
            if let Some(decided) = self.record_jobs(run, attempt, &result, "") {
                return Ok(Some(decided));
            }
        }
        Ok(None)
    }

    /// Judges a first attempt in progress by its selected jobs that have ended.
    fn by_jobs_so_far(
        &mut self,
        run: &'a WorkflowRun,
        older: &'a [WorkflowRun],
    ) -> Result<Option<(bool, Vec<Decider>)>, EarlyEnd> {
        if self.running < MAX_RUNNING {
            self.running += 1;
            let jobs = self.known.jobs(run.id).ok_or(CiQuery::Jobs(run.id))?;
            let listed = up_to_attempt(jobs, run.attempt, run.attempt);
            let so_far = self.selected.so_far(&listed).map_err(|error| cannot_judge(run, error))?;
            let decides = match so_far {
                PartialResult::Failed => true,
                PartialResult::Passed => jobs_of_completed_run(self.watched, self.known, older)?
                    .is_some_and(|complete| self.selected.are_all_listed(&listed, &complete)),
                PartialResult::Undecided => false,
            };
            if decides {
                let result = self.selected.add_running(&listed).map_err(|error| cannot_judge(run, error))?;
                return Ok(self.record_jobs(run, run.attempt, &result, ", although the run has not ended"));
            }
        }
        self.evidence.add_run(run, run.attempt, "it has not ended");
        Ok(None)
    }

    /// Records the results of an attempt's selected jobs. Returns the decision, if there is one.
    fn record_jobs(
        &mut self,
        run: &WorkflowRun,
        attempt: u32,
        result: &JobsResult<'_>,
        reason_suffix: &str,
    ) -> Option<(bool, Vec<Decider>)> {
        let (reason, jobs) = match result {
            JobsResult::Failed(failed) => (format!("a selected job failed{reason_suffix}"), failed),
            JobsResult::Passed(passed) => (format!("the selected jobs passed{reason_suffix}"), passed),
            JobsResult::Undecided(passed, reason) => (format!("{reason}: older runs have to decide"), passed),
        };
        let entry = self.evidence.add_run(run, attempt, reason);
        let deciders = self.deciders(run, attempt, entry, jobs);
        if let JobsResult::Failed(_) = result {
            return Some((false, deciders));
        }
        self.passed.extend(deciders);
        matches!(result, JobsResult::Passed(_)).then(|| (true, std::mem::take(&mut self.passed)))
    }

    /// Of the attempts that did not start too late, the newest completed one. `None` if the first attempt is in progress.
    fn last_completed_attempt(&mut self, run: &WorkflowRun) -> Result<Option<u32>, EarlyEnd> {
        self.confirm(run)?;
        let is_completed = run.is_completed()?;
        if !is_completed && run.attempt > 1 {
            self.evidence.add_run(run, run.attempt, "it is being re-run: the previous attempt counts");
        }
        let mut last = if is_completed { run.attempt } else { run.attempt - 1 }.max(1);
        if self.before.is_some() {
            // A run has at most 51 attempts, so there are not many to request.
            let start = loop {
                let start = self.start(run, last)?;
                if last == 1 || !self.is_later(start) {
                    break start;
                }
                last -= 1;
            };
            self.newest = self.newest.max(Some(start));
        }
        Ok((is_completed || run.attempt > 1).then_some(last))
    }

    /// Whether an attempt started too late to be considered.
    fn is_later(&self, start: AttemptStart) -> bool {
        self.before.is_some_and(|before| start >= before)
    }

    /// When an attempt of a run started.
    fn start(&self, run: &WorkflowRun, attempt: u32) -> Result<AttemptStart, EarlyEnd> {
        let first = AttemptStart::first(run);
        let at = if attempt == 1 {
            first.at
        } else if attempt == run.attempt {
            run.started_at()
        } else if let Some(known) = self.known.attempt(run.id, attempt) {
            known.started_at()
        } else {
            return Err(CiQuery::Attempt(run.id, attempt).into());
        };
        Ok(AttemptStart { at, attempt, ..first })
    }

    /// Requires the current state of a run that only the filtered list contains, because it may have ended or been
    /// re-run in the meantime.
    fn confirm(&mut self, run: &WorkflowRun) -> Result<(), EarlyEnd> {
        if self.known.is_only_filtered(run.id) {
            self.count_inspected()?;
            if !self.known.is_confirmed(run.id) {
                return Err(CiQuery::Run(run.id).into());
            }
        }
        Ok(())
    }

    /// The jobs of all attempts of a confirmed run.
    fn jobs(&mut self, run: &WorkflowRun) -> Result<&'a [Job], EarlyEnd> {
        // A run that only the filtered list contains was counted when it was confirmed.
        if !self.known.is_only_filtered(run.id) {
            self.count_inspected()?;
        }
        Ok(self.known.jobs(run.id).ok_or(CiQuery::Jobs(run.id))?)
    }

    fn attempt(&mut self, run: &'a WorkflowRun, attempt: u32) -> Result<&'a WorkflowRun, EarlyEnd> {
        if attempt == run.attempt {
            return Ok(run);
        }
        self.count_inspected()?;
        Ok(self.known.attempt(run.id, attempt).ok_or(CiQuery::Attempt(run.id, attempt))?)
    }

    /// Counts a run or an attempt that is fetched individually. Fails if there are more than [`MAX_INSPECTED`].
    fn count_inspected(&mut self) -> Result<(), EarlyEnd> {
        self.inspected += 1;
        if self.inspected > MAX_INSPECTED { Err(EarlyEnd::Limit) } else { Ok(()) }
    }

    fn deciders(&mut self, run: &WorkflowRun, attempt: u32, entry: EntryId, jobs: &[&Job]) -> Vec<Decider> {
        let decider = |job: &&Job| Decider {
            entries: vec![entry, self.evidence.add_job(job, run)],
            name: format!("the job `{}` of {}", job.name, run.name()),
            web_page: run.page(attempt),
            started_at: job.started_at.unwrap_or_else(|| run.started_at()),
        };
        jobs.iter().map(decider).collect()
    }

    fn decided(mut self, passed: bool, deciders: &[Decider], older: &[WorkflowRun]) -> Judgment {
        let counts =
            |run: &&WorkflowRun| matches!(relevance(self.watched, self.known, run), Ok(Relevance::Counts));
        for run in older.iter().filter(counts).take(MAX_OLDER) {
            self.evidence.add_run(run, run.attempt, "it is older than the run that decided");
        }
        let max_age = self.watched.settings.max_age;
        let age = |decider: &Decider| self.watched.now.duration_since(decider.started_at).unwrap_or_default();
        let oldest = deciders.iter().max_by_key(|decider| age(decider));
        if let Some(decider) = oldest.filter(|decider| age(decider) > max_age) {
            let reason = format!(
                "{} on the branch `{}`, which decides, is {} old; `max_age` in {} is {}",
                decider.name,
                self.watched.branch,
                format_age(age(decider), max_age),
                self.watched.tables.max_age,
                duration_in_words(max_age)
            );
            for entry in decider.entries.clone() {
                self.evidence.explain(entry, "but too long ago");
            }
            return self.undecided(reason);
        }
        let page = deciders.iter().find_map(|decider| decider.web_page.clone());
        for entry in deciders.iter().flat_map(|decider| &decider.entries) {
            self.evidence.count(*entry);
        }
        Judgment {
            result: Ok(Decision { passed, web_page: page }),
            is_cut_off: false,
            considered: self.considered,
            newest: self.newest,
            evidence: self.evidence,
        }
    }

    fn out_of_runs(mut self, complete: bool) -> Result<Judgment, EarlyEnd> {
        let branch = self.watched.branch;
        let workflow = &self.watched.settings.workflow;
        if self.considered == 0 {
            return Ok(self.undecided(format!(
                "{workflow} has no run on the branch `{branch}` with an event that tests it"
            )));
        }
        let considered = match self.considered {
            1 => "the only run".to_owned(),
            count => format!("the newest {count} runs"),
        };
        let considered = format!("{considered} of {workflow} on the branch `{branch}` did not decide");
        if self.watched.settings.jobs.is_empty() {
            return Ok(self.undecided(considered));
        }
        let selected = std::mem::replace(&mut self.selected, SelectedJobs::new(self.watched));
        match selected.end(complete)? {
            FinalResult::Passed => {
                let deciders = std::mem::take(&mut self.passed);
                Ok(self.decided(true, &deciders, &[]))
            }
            FinalResult::Undecided(reason) => Ok(self.undecided(format!("{considered}: {reason}"))),
        }
    }

    /// No data: the filtered list may be out of date, so a run that only this list contains cannot decide.
    fn stale(mut self, reason: String, remaining: &[WorkflowRun]) -> Judgment {
        for run in remaining.iter().filter(|run| self.known.is_only_filtered(run.id)) {
            let why = match relevance(self.watched, self.known, run) {
                Ok(Relevance::OtherBranch) => continue,
                Ok(Relevance::Ignored(why)) => why,
                Ok(Relevance::Counts) | Err(_) => {
                    "only GitHub's list of the branch contains it, and that list may be stale".to_owned()
                }
            };
            self.evidence.add_run(run, run.attempt, why);
        }
        self.undecided(reason)
    }

    fn undecided(self, reason: String) -> Judgment {
        Judgment {
            result: Err(reason),
            is_cut_off: false,
            considered: self.considered,
            newest: self.newest,
            evidence: self.evidence,
        }
    }
}

impl AttemptStart {
    /// Later than every attempt: the start of the year 10,000.
    pub(super) fn after_all() -> Self {
        let at = SystemTime::UNIX_EPOCH + Duration::from_hours(70_389_528);
        Self { at, run_created_at: at, run: u64::MAX, attempt: u32::MAX }
    }

    /// The start of the first attempt, which is the creation of the run.
    fn first(run: &WorkflowRun) -> Self {
        Self { at: run.created_at, run_created_at: run.created_at, run: run.id, attempt: 1 }
    }
}

impl Decider {
    fn new(run: &WorkflowRun, in_attempt: &WorkflowRun, entry: EntryId) -> Self {
        Self {
            entries: vec![entry],
            name: run.name(),
            web_page: run.page(in_attempt.attempt),
            started_at: in_attempt.started_at(),
        }
    }
}

fn cannot_judge(run: &WorkflowRun, error: anyhow::Error) -> anyhow::Error {
    error.context(format!("cannot judge {}", run.name()))
}
