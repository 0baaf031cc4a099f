//! Tests `judge` with random histories of runs, attempts and jobs. `judge`, which sees the history step by step, must
//! agree with a slow reference implementation that sees the whole history, and its evidence must agree with its value.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::{
    CiSettings, CiTables, JobPatterns,
    job::Job,
    job_patterns::stands_for,
    judge::{JudgeStep, Judgment, judge},
    known_runs::{CiQuery, KnownRuns, RunsPage},
    relevance::WatchedWorkflow,
    running::{MAX_CANDIDATES, MAX_RUNNING},
    workflow_run::{RepositoryId, WorkflowRun},
};
use crate::repository::Branch;

const PATTERNS: [&str; 2] = ["test*", "lint"];
const JOBS: [&str; 4] = ["test (a)", "test (b)", "test (${{ matrix.x }})", "deploy"];
/// Number of runs on a page.
const PAGE_SIZE: usize = 4;

/// How an attempt or a job ended; `None` while it runs.
type Ending = Option<&'static str>;

#[derive(Debug, Clone)]
struct Attempt {
    ending: Ending,
    /// `lint` first, then the jobs of `JOBS` that the attempt has.
    jobs: Vec<(&'static str, Ending)>,
}

#[derive(Debug, Clone)]
struct PastRun {
    event: &'static str,
    branch: &'static str,
    /// The first attempt first.
    attempts: Vec<Attempt>,
}

/// A simulated GitHub with these runs, oldest first. The search index contains the first `indexed` of them, and only
/// their first attempts if it is `lagging`.
#[derive(Debug)]
struct SimulatedGitHub {
    runs: Vec<WorkflowRun>,
    past: Vec<PastRun>,
    indexed: usize,
    lagging: bool,
    queries: usize,
}

fn ending() -> impl Strategy<Value = Ending> {
    prop_oneof![
        3 => Just(Some("success")),
        2 => Just(Some("failure")),
        1 => Just(Some("cancelled")),
        1 => Just(Some("skipped")),
    ]
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let optional = prop::collection::vec(prop::option::weighted(0.6, ending()), JOBS.len());
    (ending(), ending(), optional).prop_map(|(ending, lint, optional)| {
        let mut jobs = vec![("lint", lint)];
        jobs.extend(JOBS.into_iter().zip(optional).filter_map(|(name, ending)| Some((name, ending?))));
        // GitHub lists a matrix with unevaluated expressions only if it was skipped.
        for (name, ending) in &mut jobs {
            if name.contains("${{") {
                *ending = Some("skipped");
            }
        }
        Attempt { ending, jobs }
    })
}

/// How far a job of a running attempt has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Ended,
    Runs,
    NotListed,
}

fn progress() -> impl Strategy<Value = Vec<Progress>> {
    let progress =
        prop_oneof![5 => Just(Progress::Ended), 1 => Just(Progress::Runs), 1 => Just(Progress::NotListed)];
    prop::collection::vec(progress, JOBS.len() + 1)
}

fn past() -> impl Strategy<Value = PastRun> {
    let event = prop_oneof![4 => Just("push"), 1 => Just("schedule"), 1 => Just("pull_request")];
    let branch = prop_oneof![2 => Just("main"), 1 => Just("feature")];
    let running = prop::option::weighted(0.3, progress());
    (event, branch, prop::collection::vec(attempt(), 1..4), running).prop_map(
        |(event, branch, mut attempts, running)| {
            if let Some((progress, last)) = running.zip(attempts.last_mut()) {
                last.ending = None;
                let jobs = std::mem::take(&mut last.jobs).into_iter().zip(progress);
                last.jobs = jobs
                    .filter(|(_, progress)| *progress != Progress::NotListed)
                    .map(|((name, ending), progress)| {
                        (name, ending.filter(|_| progress == Progress::Ended || name.contains("${{")))
                    })
                    .collect();
            }
            PastRun { event, branch, attempts }
        },
    )
}

impl SimulatedGitHub {
    fn new(past: Vec<PastRun>, indexed: usize, lagging: bool) -> Self {
        let run = |(id, past): (u64, &PastRun)| run(id, past, past.attempts.len());
        let runs = (1..).zip(&past).map(run).collect();
        Self { runs, past, indexed, lagging, queries: 0 }
    }

    fn page<'g>(runs: impl DoubleEndedIterator<Item = &'g WorkflowRun>) -> RunsPage {
        let newest_first: Vec<&WorkflowRun> = runs.rev().collect();
        RunsPage {
            total_count: newest_first.len(),
            workflow_runs: newest_first.into_iter().take(PAGE_SIZE).cloned().collect(),
        }
    }

    fn past(&self, id: u64) -> &PastRun {
        &self.past[usize::try_from(id).unwrap() - 1]
    }

    fn fetch(&mut self, query: CiQuery, known_runs: &mut KnownRuns) {
        self.queries += 1;
        match query {
            CiQuery::RunsOfBranch => {
                let indexed = &self.runs[..self.indexed.min(self.runs.len())];
                let attempt = |run: &WorkflowRun| if self.lagging { 1 } else { run.attempt as usize };
                let listed: Vec<WorkflowRun> = indexed
                    .iter()
                    .map(|latest| run(latest.id, self.past(latest.id), attempt(latest)))
                    .collect();
                let page = Self::page(listed.iter().filter(|run| run.head_branch.as_deref() == Some("main")));
                known_runs.add_runs_of_branch(page, "main");
            }
            CiQuery::Run(id) => known_runs.confirm(self.runs[usize::try_from(id).unwrap() - 1].clone()),
            CiQuery::Attempt(id, attempt) => {
                known_runs.add_attempt(id, attempt, run(id, self.past(id), attempt as usize));
            }
            CiQuery::Jobs(id) => known_runs.add_jobs(id, jobs(self.past(id))),
            CiQuery::Commits => {
                let on_main = self.runs.iter().rev().filter(|run| run.head_branch.as_deref() == Some("main"));
                let own_runs = on_main.filter(|run| run.event != "pull_request");
                known_runs.add_commits(own_runs.map(|run| run.head_sha.clone()).collect());
            }
        }
    }

    /// The judgment, unless a pattern matched no job at all.
    fn judge(&mut self, settings: &CiSettings) -> Option<Judgment> {
        let branch = Branch::try_from("main".to_owned()).unwrap();
        let watched =
            WatchedWorkflow { settings, tables: &CiTables::default(), branch: &branch, now: at(1_000) };
        let mut known_runs = KnownRuns::new(Self::page(self.runs.iter()));
        loop {
            assert!(self.queries < 80, "the queries do not end");
            match judge(&watched, &known_runs) {
                Ok(JudgeStep::Query(query)) => self.fetch(query, &mut known_runs),
                Ok(JudgeStep::Done(judgment)) => return Some(judgment),
                Err(error) if format!("{error:#}").contains("matches no job") => return None,
                Err(error) => panic!("{error:#}"),
            }
        }
    }

    /// The runs that count, newest first.
    fn counting_runs(&self) -> Vec<&PastRun> {
        let counts = |past: &&PastRun| past.branch == "main" && past.event != "pull_request";
        self.past.iter().rev().filter(counts).collect()
    }

    /// The jobs of the attempts that may decide, newest first. Of a first attempt in progress, all jobs are returned if it may
    /// pass and is complete, and otherwise only the selected jobs that failed.
    fn listings(&self, running_may_pass: bool) -> Vec<Vec<(&'static str, Ending)>> {
        let counting_runs = self.counting_runs();
        let mut running = 0;
        let mut listings = Vec::new();
        for (index, past) in counting_runs.iter().enumerate() {
            if past.attempts.len() == 1 && past.attempts[0].ending.is_none() {
                running += 1;
                if running > MAX_RUNNING {
                    continue;
                }
                let mut jobs = past.attempts[0].jobs.clone();
                if !(running_may_pass && is_complete(past, &counting_runs[index + 1..])) {
                    jobs.retain(|(name, ending)| is_selected(name) && *ending == Some("failure"));
                }
                if !jobs.is_empty() {
                    listings.push(jobs);
                }
                continue;
            }
            for attempt in (1..=past.attempts.len()).rev() {
                if past.attempts[attempt - 1].ending.is_some() {
                    listings.push(listing(past, attempt));
                }
            }
        }
        listings
    }

    /// The attempts that ended and count, newest first.
    fn counting_attempts(&self) -> Vec<(&PastRun, usize)> {
        self.counting_runs()
            .into_iter()
            .flat_map(|past| (1..=past.attempts.len()).rev().map(move |attempt| (past, attempt)))
            .filter(|(past, attempt)| past.attempts[attempt - 1].ending.is_some())
            .collect()
    }

    /// By conclusions: the newest attempt that passed or failed decides.
    fn expected_by_conclusion(&self) -> Option<bool> {
        self.counting_attempts().iter().find_map(|(past, attempt)| decided(past.attempts[attempt - 1].ending))
    }

    /// By jobs: the newest attempt with a failed selected job or without a cancelled job decides. The tests pass only if each
    /// pattern matches one of its jobs.
    fn expected_by_jobs(&self, running_may_pass: bool) -> Option<bool> {
        let listings = self.listings(running_may_pass);
        for (index, listing) in listings.iter().enumerate() {
            let jobs: Vec<_> = listing.iter().copied().filter(|(name, _)| is_selected(name)).collect();
            if jobs.iter().any(|(_, ending)| *ending == Some("failure")) {
                return Some(false);
            }
            let is_listed = |prefix: &str| jobs.iter().any(|(name, _)| name.starts_with(prefix));
            let are_all_listed = is_listed("test") && is_listed("lint");
            // A cancelled job may be the reason why a pattern matches no job.
            let considered = if are_all_listed { &jobs } else { listing };
            if considered.iter().any(|(_, ending)| *ending == Some("cancelled")) {
                continue;
            }
            let results: Vec<bool> = jobs
                .iter()
                .filter_map(|(name, ending)| result(name, *ending, &listings[index + 1..]))
                .collect();
            if results.contains(&false) {
                return Some(false);
            }
            return (are_all_listed && !results.is_empty()).then_some(true);
        }
        None
    }
}

fn is_selected(job: &str) -> bool {
    job.starts_with("test") || job == "lint"
}

/// Whether all selected jobs of a run in progress passed, and it has all selected jobs of the newest older run that
/// passed or failed.
fn is_complete(past: &PastRun, older: &[&PastRun]) -> bool {
    let jobs = &past.attempts[0].jobs;
    let has_result =
        |older: &&&PastRun| older.attempts.last().is_some_and(|last| decided(last.ending).is_some());
    let Some(complete) = older.iter().take(MAX_CANDIDATES).find(has_result) else { return false };
    let complete = listing(complete, complete.attempts.len());
    jobs.iter().filter(|(name, _)| is_selected(name)).all(|(_, ending)| *ending == Some("success"))
        && complete.iter().any(|(name, _)| name.starts_with("test"))
        && complete
            .iter()
            .filter(|(name, _)| is_selected(name))
            .all(|(name, _)| jobs.iter().any(|(listed, _)| listed == name))
}

/// The result of a job: its own, or the result of the jobs that it stands for, from the newest earlier attempt with a
/// result.
fn result(name: &str, ending: Ending, older: &[Vec<(&str, Ending)>]) -> Option<bool> {
    if let Some(passed) = decided(ending) {
        return Some(passed);
    }
    for (index, listing) in older.iter().enumerate() {
        let found: Vec<_> =
            listing.iter().filter(|(job, _)| stands_for(name, job) && is_selected(job)).collect();
        if found.iter().any(|(_, ending)| *ending == Some("failure")) {
            return Some(false);
        }
        let is_undecided = found.iter().any(|(_, ending)| *ending == Some("cancelled"));
        if is_undecided || found.iter().all(|(_, ending)| decided(*ending).is_none()) {
            continue;
        }
        let mut results = found.iter().filter_map(|(job, ending)| result(job, *ending, &older[index + 1..]));
        return Some(results.all(|passed| passed));
    }
    None
}

fn decided(ending: Ending) -> Option<bool> {
    match ending {
        Some("success") => Some(true),
        Some("failure") => Some(false),
        _ => None,
    }
}

/// The jobs of an attempt. A job that it lacks keeps its ending from the attempt before.
fn listing(past: &PastRun, attempt: usize) -> Vec<(&'static str, Ending)> {
    let mut listing = past.attempts[attempt - 1].jobs.clone();
    if attempt > 1 {
        let before = self::listing(past, attempt - 1);
        let known: Vec<&str> = listing.iter().map(|(name, _)| *name).collect();
        listing.extend(before.into_iter().filter(|(name, _)| !known.contains(name)));
    }
    listing
}

fn run(id: u64, past: &PastRun, attempt: usize) -> WorkflowRun {
    let ending = past.attempts[attempt - 1].ending;
    WorkflowRun {
        id,
        number: Some(id),
        attempt: u32::try_from(attempt).unwrap(),
        path: None,
        event: past.event.to_owned(),
        head_branch: Some(past.branch.to_owned()),
        head_sha: format!("{id:040}"),
        status: Some(if ending.is_some() { "completed" } else { "in_progress" }.to_owned()),
        conclusion: ending.map(str::to_owned),
        repository: RepositoryId { id: 1 },
        head_repository: Some(RepositoryId { id: 1 }),
        display_title: None,
        html_url: None,
        created_at: at(id),
        attempt_started_at: Some(at(id)),
        updated_at: None,
    }
}

fn jobs(past: &PastRun) -> Vec<Job> {
    let job = |attempt: u32, (name, ending): &(&str, Ending)| Job {
        name: (*name).to_owned(),
        conclusion: ending.map(str::to_owned),
        run_attempt: Some(attempt),
        ..Job::default()
    };
    let attempts = (1..).zip(&past.attempts);
    attempts
        .flat_map(|(number, attempt)| attempt.jobs.iter().map(move |listed| job(number, listed)))
        .collect()
}

fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(second)
}

fn settings(by_jobs: bool) -> CiSettings {
    let patterns = if by_jobs { PATTERNS.map(str::to_owned).to_vec() } else { vec![] };
    CiSettings { jobs: JobPatterns::try_from(patterns).unwrap(), ..CiSettings::default() }
}

/// The items that count must have the same result as the judgment. Without a result, no item may count.
fn check_evidence(judgment: Judgment) -> Result<(), TestCaseError> {
    let items = judgment.evidence.into_items();
    let counted: Vec<_> = items.iter().filter(|item| item.is_counted()).collect();
    let says_failed = |reason: &str| reason.contains("fail");
    match judgment.result {
        Err(_) => prop_assert!(counted.is_empty(), "{items:#?}"),
        Ok(decision) => {
            prop_assert!(!counted.is_empty(), "{items:#?}");
            for item in counted {
                prop_assert_eq!(says_failed(item.reason()), !decision.passed, "{:?}", item);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_history_on_one_page_is_judged_like_the_reference(
        past in prop::collection::vec(past(), 0..=PAGE_SIZE),
        by_jobs: bool,
    ) {
        let mut github = SimulatedGitHub::new(past, usize::MAX, false);
        let expected = if by_jobs { github.expected_by_jobs(true) } else { github.expected_by_conclusion() };

        let Some(judgment) = github.judge(&settings(by_jobs)) else { return Ok(()) };

        let result = judgment.result.as_ref().ok().map(|decision| decision.passed);
        prop_assert_eq!(result, expected, "{:?}", judgment.result);
        check_evidence(judgment)?;
    }

    #[test]
    fn a_stale_list_never_leads_to_a_wrong_value(
        past in prop::collection::vec(past(), 0..12),
        indexed in 0..16_usize,
        lagging: bool,
        by_jobs: bool,
    ) {
        let mut github = SimulatedGitHub::new(past, indexed, lagging);
        // If the list lacks a completed run, a run in progress may be skipped. Both values are right.
        let expected = if by_jobs {
            [true, false].map(|running_may_pass| github.expected_by_jobs(running_may_pass))
        } else {
            [github.expected_by_conclusion(); 2]
        };

        let Some(judgment) = github.judge(&settings(by_jobs)) else { return Ok(()) };

        if let Ok(decision) = &judgment.result {
            prop_assert!(expected.contains(&Some(decision.passed)), "{decision:?} {expected:?}");
        }
        check_evidence(judgment)?;
    }
}
