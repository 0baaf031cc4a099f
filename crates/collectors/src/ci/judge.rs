//! Decides from what is known about the runs, or says what has to be known first. No request is made here,
//! so that every history can be tested quickly.

use std::time::SystemTime;

use super::{
    CiSettings,
    events::MERGE_GROUP,
    evidence::{EntryId, Ledger},
    history::{Freshness, History, Question},
    job::{Job, up_to_attempt},
    run::{Outcome, Run},
    selected_jobs::{End, Look, SelectedJobs},
};
use crate::repository::Branch;

/// Maximum number of runs and attempts that are read one by one.
pub(super) const MAX_INSPECTED: usize = 20;
/// Maximum number of runs in the evidence that are older than the one that decided.
const MAX_OLDER: usize = 5;

/// What is to be judged.
#[derive(Debug)]
pub(super) struct Watched<'a> {
    pub(super) settings: &'a CiSettings,
    pub(super) branch: &'a Branch,
    pub(super) now: SystemTime,
}

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

/// Why the search stops before its end.
enum Halt {
    Ask(Question),
    Limit,
    Error(anyhow::Error),
}

struct Search<'a> {
    watched: &'a Watched<'a>,
    history: &'a History,
    evidence: Ledger,
    considered: usize,
    inspected: usize,
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
        selected: SelectedJobs::new(&watched.settings.jobs),
        passed: Vec::new(),
    };
    match search.run() {
        Ok(judgment) => Ok(Step::Done(judgment)),
        Err(Halt::Ask(question)) => Ok(Step::Ask(question)),
        Err(Halt::Limit) => unreachable!("handled where it occurs"),
        Err(Halt::Error(error)) => Err(error),
    }
}

impl From<anyhow::Error> for Halt {
    fn from(error: anyhow::Error) -> Self {
        Self::Error(error)
    }
}

impl<'a> Search<'a> {
    fn run(mut self) -> Result<Judgment, Halt> {
        let runs = self.history.runs();
        for (index, run) in runs.iter().enumerate() {
            if self.history.is_only_filtered(run.id)
                && let Some(reason) = self.staleness()?
            {
                return Ok(self.undecided(reason));
            }
            if !self.counts(run)? {
                continue;
            }
            self.considered += 1;
            let by_jobs = !self.watched.settings.jobs.is_empty();
            let decided = if by_jobs { self.by_jobs(run) } else { self.by_conclusion(run) };
            match decided {
                Ok(None) => {}
                Ok(Some((passed, votes))) => return self.decided(passed, votes, &runs[index + 1..]),
                Err(Halt::Limit) => return self.out_of_runs(false),
                Err(halt) => return Err(halt),
            }
        }
        if self.history.is_extended() {
            // A stale list may also be too short to show that it goes on.
            if let Some(reason) = self.staleness()? {
                return Ok(self.undecided(reason));
            }
        } else if !self.history.is_complete() {
            return Err(Halt::Ask(Question::RunsOfBranch));
        }
        let complete = self.history.is_complete();
        self.out_of_runs(complete)
    }

    /// Whether a run tests the branch.
    fn counts(&mut self, run: &Run) -> Result<bool, Halt> {
        let branch = self.watched.branch.as_str();
        let head = run.head_branch.as_deref().unwrap_or_default();
        let queue = run.event == MERGE_GROUP && is_merge_queue(head, branch);
        if head != branch && !queue {
            return Ok(false);
        }
        let reason = if !run.is_own() {
            "it ran for a fork".to_owned()
        } else if !self.watched.settings.events.contains(&run.event) {
            format!("`{}` is not one of the events that test the branch", run.event)
        } else if queue && !self.is_on_branch(&run.head_sha)? {
            "its commit of the merge queue is not among the newest on the branch".to_owned()
        } else {
            return Ok(true);
        };
        self.evidence.add_run(run, run.run_attempt, reason);
        Ok(false)
    }

    /// Whether a commit of the merge queue has become one of the branch. A later run for it on the branch
    /// shows that without a request.
    fn is_on_branch(&self, sha: &str) -> Result<bool, Halt> {
        let branch = Some(self.watched.branch.as_str());
        let pushed = |run: &Run| run.event == "push" && run.head_branch.as_deref() == branch && run.is_own();
        if self.history.runs().iter().any(|run| run.head_sha == sha && pushed(run)) {
            return Ok(true);
        }
        let commits = self.history.commits().ok_or(Halt::Ask(Question::Commits))?;
        Ok(commits.iter().any(|commit| commit == sha))
    }

    /// Why the filtered list may lack runs, if it may.
    fn staleness(&self) -> Result<Option<String>, Halt> {
        let branch = self.watched.branch;
        let lacks = match self.history.freshness() {
            Freshness::Proven => return Ok(None),
            Freshness::Lacks(run) => format!("it lacks {run}"),
            Freshness::AsksForTip => {
                let commits = self.history.commits().ok_or(Halt::Ask(Question::Commits))?;
                let Some(tip) = commits.first() else { return Ok(Some("the branch has no commits".into())) };
                let shows_tip = |run: &Run| {
                    run.head_sha == *tip
                        && run.is_own()
                        && run.head_branch.as_deref() == Some(branch.as_str())
                        && self.watched.settings.events.contains(&run.event)
                };
                if self.history.runs().iter().any(shows_tip) {
                    return Ok(None);
                }
                format!("it has no run for the newest commit {}", tip.get(..7).unwrap_or(tip))
            }
        };
        Ok(Some(format!(
            "the newest runs of {} on all branches do not decide, and GitHub's list of those on the branch \
             `{branch}` may be stale: {lacks}",
            self.watched.settings.workflow
        )))
    }

    /// Judges a run by its own conclusion.
    fn by_conclusion(&mut self, run: &'a Run) -> Result<Option<(bool, Vec<Vote>)>, Halt> {
        let Some(last) = self.last_completed_attempt(run)? else { return Ok(None) };
        for attempt in (1..=last).rev() {
            let known = self.attempt(run, attempt)?;
            let outcome = if known.is_completed()? { known.outcome()? } else { Outcome::Nothing };
            let ending = known.conclusion.as_deref().unwrap_or("it has not ended");
            match outcome {
                Outcome::Nothing => {
                    self.evidence.add_run(known, attempt, format!("{ending}: this decides nothing"));
                }
                Outcome::Passed | Outcome::Failed => {
                    let entry = self.evidence.add_run(known, attempt, ending);
                    return Ok(Some((outcome == Outcome::Passed, vec![Vote::new(known, entry)])));
                }
            }
        }
        Ok(None)
    }

    /// Judges a run by the selected jobs.
    fn by_jobs(&mut self, run: &'a Run) -> Result<Option<(bool, Vec<Vote>)>, Halt> {
        let Some(last) = self.last_completed_attempt(run)? else { return Ok(None) };
        self.inspect()?;
        let jobs = self.history.jobs(run.id).ok_or(Halt::Ask(Question::Jobs(run.id)))?;
        for attempt in (1..=last).rev() {
            let listed = up_to_attempt(jobs, attempt, run.run_attempt);
            if listed.is_empty() {
                let known = self.attempt(run, attempt)?;
                // A workflow file that cannot be used fails without a job.
                if self.selected.is_at_start() && known.is_completed()? && known.outcome()? == Outcome::Failed
                {
                    let entry = self.evidence.add_run(known, attempt, "failed before any job started");
                    return Ok(Some((false, vec![Vote::new(known, entry)])));
                }
                self.evidence.add_run(known, attempt, "it has no jobs");
                continue;
            }
            match self
                .selected
                .look_at(&listed)
                .map_err(|error| error.context(format!("cannot judge {}", run.name())))?
            {
                Look::Failed(failed) => {
                    let entry = self.evidence.add_run(run, attempt, "a selected job failed");
                    return Ok(Some((false, self.votes(run, entry, &failed))));
                }
                Look::Passed(passed) => {
                    let entry = self.evidence.add_run(run, attempt, "the selected jobs passed");
                    let votes = self.votes(run, entry, &passed);
                    self.passed.extend(votes);
                    return Ok(Some((true, std::mem::take(&mut self.passed))));
                }
                Look::Open(passed, reason) => {
                    let entry = self.evidence.add_run(run, attempt, reason + ": older runs have to decide");
                    let votes = self.votes(run, entry, &passed);
                    self.passed.extend(votes);
                }
            }
        }
        Ok(None)
    }

    /// The newest attempt of a run that has ended.
    fn last_completed_attempt(&mut self, run: &Run) -> Result<Option<u32>, Halt> {
        if run.is_completed()? {
            return Ok(Some(run.run_attempt));
        }
        if !self.history.is_confirmed(run.id) {
            self.inspect()?;
            return Err(Halt::Ask(Question::Run(run.id)));
        }
        if run.run_attempt > 1 {
            self.evidence.add_run(run, run.run_attempt, "it is being re-run: the attempt before counts");
            return Ok(Some(run.run_attempt - 1));
        }
        self.evidence.add_run(run, run.run_attempt, "it has not ended");
        Ok(None)
    }

    fn attempt(&mut self, run: &'a Run, attempt: u32) -> Result<&'a Run, Halt> {
        if attempt == run.run_attempt {
            return Ok(run);
        }
        self.inspect()?;
        self.history.attempt(run.id, attempt).ok_or(Halt::Ask(Question::Attempt(run.id, attempt)))
    }

    /// Counts something that is read on its own.
    fn inspect(&mut self) -> Result<(), Halt> {
        self.inspected += 1;
        if self.inspected > MAX_INSPECTED { Err(Halt::Limit) } else { Ok(()) }
    }

    fn votes(&mut self, run: &Run, entry: EntryId, jobs: &[&Job]) -> Vec<Vote> {
        let vote = |job: &&Job| Vote {
            entries: vec![entry, self.evidence.add_job(job, run)],
            name: format!("the job `{}` of {}", job.name, run.name()),
            page: run.html_url.clone(),
            started_at: job.started_at.unwrap_or_else(|| run.started_at()),
        };
        jobs.iter().map(vote).collect()
    }

    fn decided(mut self, passed: bool, votes: Vec<Vote>, older: &[Run]) -> Result<Judgment, Halt> {
        let mut noted = 0;
        for run in older {
            let is_beside = run.head_branch.as_deref() != Some(self.watched.branch.as_str());
            if is_beside || !run.is_own() || !self.watched.settings.events.contains(&run.event) {
                continue;
            }
            if noted == MAX_OLDER {
                break;
            }
            noted += 1;
            self.evidence.add_run(run, run.run_attempt, "it is older than what decided");
        }
        let max_age = self.watched.settings.max_age;
        let age = |vote: &Vote| self.watched.now.duration_since(vote.started_at).unwrap_or_default();
        let oldest = votes.iter().max_by_key(|vote| age(vote));
        if let Some(vote) = oldest.filter(|vote| age(vote) > max_age) {
            let reason = format!(
                "{} on the branch `{}`, which decides, is {} old; `max_age` in [ci] is {}",
                vote.name,
                self.watched.branch,
                in_words(age(vote)),
                in_words(max_age)
            );
            for entry in vote.entries.clone() {
                self.evidence.explain(entry, "but too long ago");
            }
            return Ok(self.undecided(reason));
        }
        let page = votes.iter().find_map(|vote| vote.page.clone());
        for entry in votes.iter().flat_map(|vote| &vote.entries) {
            self.evidence.count(*entry);
        }
        Ok(Judgment { result: Ok(Decision { passed, page }), evidence: self.evidence })
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
        let selected = std::mem::replace(&mut self.selected, SelectedJobs::new(&self.watched.settings.jobs));
        match selected.end(complete)? {
            End::Passed => {
                let votes = std::mem::take(&mut self.passed);
                self.decided(true, votes, &[])
            }
            End::Undecided(reason) => Ok(self.undecided(format!("{considered}: {reason}"))),
        }
    }

    fn undecided(self, reason: String) -> Judgment {
        Judgment { result: Err(reason), evidence: self.evidence }
    }
}

impl Vote {
    fn new(run: &Run, entry: EntryId) -> Self {
        Self {
            entries: vec![entry],
            name: run.name(),
            page: run.html_url.clone(),
            started_at: run.started_at(),
        }
    }
}

/// Whether a branch belongs to the merge queue of another, as in `gh-readonly-queue/main/pr-7-0123abc`.
/// See <https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue>.
fn is_merge_queue(head: &str, branch: &str) -> bool {
    let queue = head.strip_prefix("gh-readonly-queue/").and_then(|rest| rest.strip_prefix(branch));
    queue.is_some_and(|rest| rest.starts_with("/pr-"))
}

/// A duration as people say it: in days, or in hours below two days.
fn in_words(duration: std::time::Duration) -> String {
    match duration.as_secs() / 3600 {
        0 => humantime::format_duration(std::time::Duration::from_secs(duration.as_secs())).to_string(),
        hours if hours < 48 => format!("{hours} hours"),
        hours => format!("{} days", hours / 24),
    }
}
