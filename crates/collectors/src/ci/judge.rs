//! Decides from what is known about the runs, or says what has to be known first. No request is made here,
//! so that every history can be tested quickly.

use std::time::SystemTime;

use super::{
    age::in_words,
    evidence::{EntryId, Ledger},
    halt::Halt,
    history::{History, Question},
    job::{Job, up_to_attempt},
    run::{Outcome, Run},
    running::{MAX_RUNNING, jobs_of_completed_run},
    scope::{Scope, Watched, scope, staleness},
    selected_jobs::{End, Look, SelectedJobs, SoFar},
};

/// Maximum number of runs and attempts that are read one by one.
pub(super) const MAX_INSPECTED: usize = 20;
/// Maximum number of runs in the evidence that are older than the one that decided.
const MAX_OLDER: usize = 5;

/// The next step.
#[derive(Debug)]
pub(super) enum Step {
    /// This must be known first.
    Ask(Question),
    Done(Judgment),
}

/// The end of the search.
#[derive(Debug)]
pub(super) struct Judgment {
    pub(super) result: Result<Decision, String>,
    pub(super) evidence: Ledger,
}

/// Whether the tests pass.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decision {
    pub(super) passed: bool,
    /// The page of the run that decided.
    pub(super) page: Option<String>,
}

struct Search<'a> {
    watched: &'a Watched<'a>,
    history: &'a History,
    evidence: Ledger,
    considered: usize,
    inspected: usize,
    /// The runs in progress whose jobs were read.
    running: usize,
    selected: SelectedJobs<'a>,
    /// The jobs that passed so far.
    passed: Vec<Vote>,
}

/// An attempt or a job that is part of the result.
struct Vote {
    entries: Vec<EntryId>,
    name: String,
    page: Option<String>,
    started_at: SystemTime,
}

/// Judges what is known.
pub(super) fn judge(watched: &Watched<'_>, history: &History) -> anyhow::Result<Step> {
    let search = Search {
        watched,
        history,
        evidence: Ledger::default(),
        considered: 0,
        inspected: 0,
        running: 0,
        selected: SelectedJobs::new(watched),
        passed: Vec::new(),
    };
    match search.run() {
        Ok(judgment) => Ok(Step::Done(judgment)),
        Err(Halt::Ask(question)) => Ok(Step::Ask(question)),
        Err(Halt::Limit) => unreachable!("handled where it occurs"),
        Err(Halt::Error(error)) => Err(error),
    }
}

impl<'a> Search<'a> {
    fn run(mut self) -> Result<Judgment, Halt> {
        let runs = self.history.runs();
        for (index, run) in runs.iter().enumerate() {
            if self.history.is_only_filtered(run.id)
                && let Some(reason) = staleness(self.watched, self.history)?
            {
                return Ok(self.stale(reason, &runs[index..]));
            }
            match scope(self.watched, self.history, run)? {
                Scope::Elsewhere => continue,
                Scope::Ignored(reason) => {
                    self.evidence.add_run(run, run.attempt, reason);
                    continue;
                }
                Scope::Counts => {}
            }
            self.considered += 1;
            let by_jobs = !self.watched.settings.jobs.is_empty();
            let older = &runs[index + 1..];
            let decided = if by_jobs { self.by_jobs(run, older) } else { self.by_conclusion(run) };
            match decided {
                Ok(None) => {}
                Ok(Some((passed, votes))) => return Ok(self.decided(passed, &votes, older)),
                Err(Halt::Limit) => {
                    // This one was not looked at.
                    self.considered -= 1;
                    return self.out_of_runs(false);
                }
                Err(halt) => return Err(halt),
            }
        }
        if self.history.is_extended() {
            // A stale list may also be too short to show that it goes on.
            if let Some(reason) = staleness(self.watched, self.history)? {
                return Ok(self.undecided(reason));
            }
        } else if !self.history.is_complete() {
            return Err(Question::RunsOfBranch.into());
        }
        let complete = self.history.is_complete();
        self.out_of_runs(complete)
    }

    /// Judges a run by its own conclusion.
    fn by_conclusion(&mut self, run: &'a Run) -> Result<Option<(bool, Vec<Vote>)>, Halt> {
        let Some(last) = self.last_completed_attempt(run)? else {
            self.evidence.add_run(run, run.attempt, "it has not ended");
            return Ok(None);
        };
        for attempt in (1..=last).rev() {
            let known = self.attempt(run, attempt)?;
            let outcome = if known.is_completed()? { known.outcome()? } else { Outcome::Nothing };
            match outcome {
                Outcome::Nothing => {
                    let reason = format!("{}, so it decides nothing", known.ending());
                    self.evidence.add_run(run, attempt, reason);
                }
                Outcome::Passed | Outcome::Failed => {
                    let entry = self.evidence.add_run(run, attempt, known.ending());
                    return Ok(Some((outcome == Outcome::Passed, vec![Vote::new(run, known, entry)])));
                }
            }
        }
        Ok(None)
    }

    /// Judges a run by the selected jobs.
    fn by_jobs(&mut self, run: &'a Run, older: &'a [Run]) -> Result<Option<(bool, Vec<Vote>)>, Halt> {
        let Some(last) = self.last_completed_attempt(run)? else { return self.by_jobs_so_far(run, older) };
        let jobs = self.jobs(run)?;
        for attempt in (1..=last).rev() {
            let listed = up_to_attempt(jobs, attempt, run.attempt);
            if listed.is_empty() {
                let known = self.attempt(run, attempt)?;
                // A workflow file that cannot be used fails without a job.
                if self.selected.is_at_start() && known.is_completed()? && known.outcome()? == Outcome::Failed
                {
                    let entry = self.evidence.add_run(run, attempt, "it failed before any job started");
                    return Ok(Some((false, vec![Vote::new(run, known, entry)])));
                }
                self.evidence.add_run(run, attempt, "it has no jobs");
                continue;
            }
            let look = self.selected.look_at(&listed).map_err(|error| cannot_judge(run, error))?;
            if let Some(decided) = self.vote(run, attempt, &look, "") {
                return Ok(Some(decided));
            }
        }
        Ok(None)
    }

    /// Judges a first attempt that has not ended by the selected jobs that have.
    fn by_jobs_so_far(&mut self, run: &'a Run, older: &'a [Run]) -> Result<Option<(bool, Vec<Vote>)>, Halt> {
        if self.running < MAX_RUNNING {
            self.running += 1;
            let jobs = self.history.jobs(run.id).ok_or(Question::Jobs(run.id))?;
            let listed = up_to_attempt(jobs, run.attempt, run.attempt);
            let so_far = self.selected.so_far(&listed).map_err(|error| cannot_judge(run, error))?;
            let decides = match so_far {
                SoFar::Failed => true,
                SoFar::Passed => jobs_of_completed_run(self.watched, self.history, older)?
                    .is_some_and(|complete| self.selected.are_all_listed(&listed, &complete)),
                SoFar::Undecided => false,
            };
            if decides {
                let look =
                    self.selected.look_at_running(&listed).map_err(|error| cannot_judge(run, error))?;
                return Ok(self.vote(run, run.attempt, &look, ", although the run has not ended"));
            }
        }
        self.evidence.add_run(run, run.attempt, "it has not ended");
        Ok(None)
    }

    /// Takes down what the selected jobs of an attempt say. The value is returned once it is decided.
    fn vote(
        &mut self,
        run: &Run,
        attempt: u32,
        look: &Look<'_>,
        although: &str,
    ) -> Option<(bool, Vec<Vote>)> {
        let (reason, jobs) = match look {
            Look::Failed(failed) => (format!("a selected job failed{although}"), failed),
            Look::Passed(passed) => (format!("the selected jobs passed{although}"), passed),
            Look::Open(passed, reason) => (format!("{reason}: older runs have to decide"), passed),
        };
        let entry = self.evidence.add_run(run, attempt, reason);
        let votes = self.votes(run, attempt, entry, jobs);
        if let Look::Failed(_) = look {
            return Some((false, votes));
        }
        self.passed.extend(votes);
        matches!(look, Look::Passed(_)).then(|| (true, std::mem::take(&mut self.passed)))
    }

    /// The newest attempt of a run that has ended. None if the first attempt has not.
    fn last_completed_attempt(&mut self, run: &Run) -> Result<Option<u32>, Halt> {
        self.confirm(run)?;
        if run.is_completed()? {
            return Ok(Some(run.attempt));
        }
        if run.attempt > 1 {
            self.evidence.add_run(run, run.attempt, "it is being re-run: the attempt before counts");
            return Ok(Some(run.attempt - 1));
        }
        Ok(None)
    }

    /// Makes sure that a run's state is not taken from the filtered list: the run may have ended or been
    /// re-run since.
    fn confirm(&mut self, run: &Run) -> Result<(), Halt> {
        if self.history.is_only_filtered(run.id) {
            self.inspect()?;
            if !self.history.is_confirmed(run.id) {
                return Err(Question::Run(run.id).into());
            }
        }
        Ok(())
    }

    /// The jobs of all attempts of a confirmed run.
    fn jobs(&mut self, run: &Run) -> Result<&'a [Job], Halt> {
        // A run that only the filtered list shows was counted when it was confirmed.
        if !self.history.is_only_filtered(run.id) {
            self.inspect()?;
        }
        Ok(self.history.jobs(run.id).ok_or(Question::Jobs(run.id))?)
    }

    fn attempt(&mut self, run: &'a Run, attempt: u32) -> Result<&'a Run, Halt> {
        if attempt == run.attempt {
            return Ok(run);
        }
        self.inspect()?;
        Ok(self.history.attempt(run.id, attempt).ok_or(Question::Attempt(run.id, attempt))?)
    }

    /// Counts a run or an attempt that is read on its own.
    fn inspect(&mut self) -> Result<(), Halt> {
        self.inspected += 1;
        if self.inspected > MAX_INSPECTED { Err(Halt::Limit) } else { Ok(()) }
    }

    fn votes(&mut self, run: &Run, attempt: u32, entry: EntryId, jobs: &[&Job]) -> Vec<Vote> {
        let vote = |job: &&Job| Vote {
            entries: vec![entry, self.evidence.add_job(job, run)],
            name: format!("the job `{}` of {}", job.name, run.name()),
            page: run.page(attempt),
            started_at: job.started_at.unwrap_or_else(|| run.started_at()),
        };
        jobs.iter().map(vote).collect()
    }

    fn decided(mut self, passed: bool, votes: &[Vote], older: &[Run]) -> Judgment {
        let counts = |run: &&Run| matches!(scope(self.watched, self.history, run), Ok(Scope::Counts));
        for run in older.iter().filter(counts).take(MAX_OLDER) {
            self.evidence.add_run(run, run.attempt, "it is older than what decided");
        }
        let max_age = self.watched.settings.max_age;
        let age = |vote: &Vote| self.watched.now.duration_since(vote.started_at).unwrap_or_default();
        let oldest = votes.iter().max_by_key(|vote| age(vote));
        if let Some(vote) = oldest.filter(|vote| age(vote) > max_age) {
            let reason = format!(
                "{} on the branch `{}`, which decides, is {} old; `max_age` in {} is {}",
                vote.name,
                self.watched.branch,
                in_words(age(vote)),
                self.watched.tables.max_age,
                in_words(max_age)
            );
            for entry in vote.entries.clone() {
                self.evidence.explain(entry, "but too long ago");
            }
            return self.undecided(reason);
        }
        let page = votes.iter().find_map(|vote| vote.page.clone());
        for entry in votes.iter().flat_map(|vote| &vote.entries) {
            self.evidence.count(*entry);
        }
        Judgment { result: Ok(Decision { passed, page }), evidence: self.evidence }
    }

    fn out_of_runs(mut self, complete: bool) -> Result<Judgment, Halt> {
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
            End::Passed => {
                let votes = std::mem::take(&mut self.passed);
                Ok(self.decided(true, &votes, &[]))
            }
            End::Undecided(reason) => Ok(self.undecided(format!("{considered}: {reason}"))),
        }
    }

    /// The filtered list may be stale, so none of the runs that only it shows can decide.
    fn stale(mut self, reason: String, rest: &[Run]) -> Judgment {
        for run in rest.iter().filter(|run| self.history.is_only_filtered(run.id)) {
            let why = match scope(self.watched, self.history, run) {
                Ok(Scope::Elsewhere) => continue,
                Ok(Scope::Ignored(why)) => why,
                Ok(Scope::Counts) | Err(_) => {
                    "only GitHub's list of the branch shows it, and that list may be stale".to_owned()
                }
            };
            self.evidence.add_run(run, run.attempt, why);
        }
        self.undecided(reason)
    }

    fn undecided(self, reason: String) -> Judgment {
        Judgment { result: Err(reason), evidence: self.evidence }
    }
}

impl Vote {
    fn new(run: &Run, attempt: &Run, entry: EntryId) -> Self {
        Self {
            entries: vec![entry],
            name: run.name(),
            page: run.page(attempt.attempt),
            started_at: attempt.started_at(),
        }
    }
}

fn cannot_judge(run: &Run, error: anyhow::Error) -> anyhow::Error {
    error.context(format!("cannot judge {}", run.name()))
}
