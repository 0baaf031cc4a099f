//! Random histories of runs and attempts. The metrics about the state of CI read a history from the fake GitHub. They must agree
//! with a slow reference implementation, which reads the history directly.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use proptest::prelude::*;
use system_health_test_support::github::{
    Conclusion::{self, Cancelled, Failure, Skipped, StartupFailure, Success, TimedOut},
    FakeGitHub, Run,
};

use crate::stage::{Stage, collected};

const WORKFLOWS: [&str; 2] = ["checks.yml", "nightly.yml"];
/// In minutes.
const MAX_AGE: u64 = 14 * 24 * 60;

/// All times are in minutes before now.
#[derive(Debug, Clone)]
struct PastRun {
    workflow: &'static str,
    branch: &'static str,
    event: &'static str,
    is_from_fork: bool,
    created: u64,
    /// The attempts, the oldest first: when each started, and how it ended. Only the last one may still run.
    attempts: Vec<(u64, Option<Conclusion>)>,
}

/// The result of an attempt that passed or failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AttemptResult {
    Passed,
    Failed,
}

/// What the three metrics say. `None` is no data.
#[derive(Debug, PartialEq, Eq)]
struct State {
    passing: BTreeMap<String, bool>,
    failing: Option<usize>,
    /// In seconds.
    red: Option<u64>,
}

fn conclusion() -> impl Strategy<Value = Conclusion> {
    prop_oneof![
        3 => Just(Success),
        4 => Just(Failure),
        1 => Just(Cancelled),
        1 => Just(Skipped),
        1 => Just(TimedOut),
        1 => Just(StartupFailure),
    ]
}

prop_compose! {
    fn past_run()(
        workflow in prop::sample::select(&WORKFLOWS[..]),
        branch in prop_oneof![5 => Just("main"), 1 => Just("feature")],
        event in prop_oneof![4 => Just("push"), 1 => Just("schedule"), 1 => Just("pull_request")],
        is_from_fork in prop::bool::weighted(0.1),
        created in 1..30_000_u64,
        endings in prop::collection::vec((conclusion(), 0.0..1.0), 1..4),
        is_running in prop::bool::weighted(0.2),
    ) -> PastRun {
        // A fork's runs are for pull requests.
        let event = if is_from_fork { "pull_request" } else { event };
        let mut started = created;
        let last = endings.len() - 1;
        let mut attempts = Vec::new();
        for (index, (conclusion, share)) in endings.into_iter().enumerate() {
            if index > 0 {
                started = part(started, share);
            }
            attempts.push((started, (index < last || !is_running).then_some(conclusion)));
        }
        PastRun { workflow, branch, event, is_from_fork, created, attempts }
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the numbers are small, and not negative"
)]
fn part(minutes: u64, share: f64) -> u64 {
    (minutes as f64 * share) as u64
}

/// Runs, the newest first. No two were created at the same time.
fn history() -> impl Strategy<Value = Vec<PastRun>> {
    prop::collection::vec(past_run(), 0..7).prop_map(|mut runs| {
        runs.sort_by_key(|run| run.created);
        runs.dedup_by_key(|run| run.created);
        runs
    })
}

impl PastRun {
    fn tests_branch(&self) -> bool {
        !self.is_from_fork && self.branch == "main" && self.event != "pull_request"
    }

    fn to_run(&self) -> Run {
        let minutes = Duration::from_mins;
        let mut run =
            Run::new(self.workflow).branch(self.branch).event(self.event).age(minutes(self.created));
        if self.is_from_fork {
            run = run.fork("mallory/shop");
        }
        for (index, (started, ending)) in self.attempts.iter().enumerate() {
            if index > 0 {
                run = run.re_run();
            }
            run = run.started(minutes(*started));
            run = match ending {
                Some(conclusion) => run.conclusion(*conclusion),
                None => run.in_progress(),
            };
        }
        run
    }
}

/// The runs of a workflow that test the branch, the newest first.
fn branch_runs<'a>(runs: &'a [PastRun], workflow: &str) -> Vec<&'a PastRun> {
    runs.iter().filter(|run| run.workflow == workflow && run.tests_branch()).collect()
}

fn attempt_result(ending: Option<Conclusion>) -> Option<AttemptResult> {
    match ending {
        Some(Success) => Some(AttemptResult::Passed),
        Some(Failure | TimedOut | StartupFailure) => Some(AttemptResult::Failed),
        _ => None,
    }
}

/// The age and the result of the attempt that decides, among the attempts that have started. It is the last attempt that passed
/// or failed, of the newest run that has one.
fn deciding_attempt(
    runs: &[&PastRun],
    has_started: impl Fn(&PastRun, usize) -> bool,
) -> Option<(u64, AttemptResult)> {
    runs.iter().find_map(|run| {
        let attempts = run.attempts.iter().enumerate().rev();
        let mut started = attempts.filter(|(index, _)| has_started(run, *index));
        started.find_map(|(_, (age, ending))| Some((*age, attempt_result(*ending)?)))
    })
}

/// The age of the attempt since which the workflow has failed without a break. Replays all attempts in the order of their
/// starts.
fn red_since(runs: &[&PastRun]) -> Option<u64> {
    let mut attempts: Vec<(u64, u64, usize)> = runs
        .iter()
        .flat_map(|run| run.attempts.iter().enumerate().map(|(index, (age, _))| (*age, run.created, index)))
        .collect();
    // Of attempts that started at the same time, those of newer runs come later, and those of one run keep their order.
    attempts.sort_by_key(|(age, created, index)| (Reverse(*age), Reverse(*created), *index));
    let mut since = None;
    for (position, (age, ..)) in attempts.iter().enumerate() {
        let so_far = &attempts[..=position];
        let has_started =
            |run: &PastRun, index: usize| so_far.contains(&(run.attempts[index].0, run.created, index));
        since = match deciding_attempt(runs, has_started) {
            Some((_, AttemptResult::Failed)) => since.or(Some(*age)),
            _ => None,
        };
    }
    since
}

fn expected(runs: &[PastRun]) -> State {
    let recent: Vec<PastRun> = runs.iter().filter(|run| run.created <= MAX_AGE).cloned().collect();
    let all_started = |_: &PastRun, _| true;
    let mut passing = BTreeMap::new();
    for workflow in WORKFLOWS {
        if let Some((_, result)) = deciding_attempt(&branch_runs(&recent, workflow), all_started) {
            passing.insert(workflow.to_owned(), result == AttemptResult::Passed);
        }
    }
    let failing = passing.values().filter(|passing| !**passing).count();
    let failing = (!passing.is_empty()).then_some(failing);
    let tests = branch_runs(runs, "checks.yml");
    let red = match deciding_attempt(&tests, all_started) {
        Some((age, _)) if age > MAX_AGE => None,
        None => None,
        Some((_, AttemptResult::Passed)) => Some(0),
        Some((_, AttemptResult::Failed)) => red_since(&tests).map(|age| age * 60),
    };
    State { passing, failing, red }
}

async fn measured(runs: &[PastRun]) -> State {
    let now: SystemTime = UNIX_EPOCH + Duration::from_hours(485_772);
    let github = FakeGitHub::builder().now(now).start();
    let shop = github.repository("acme/shop");
    shop.workflow("checks.yml").commits(1);
    for run in runs.iter().rev() {
        shop.run(run.to_run());
    }
    let stage = Stage::on(&github).started_at(now);
    // The number and the workflow of each line. Lines without a number are left out.
    let values = async |key: &str| -> Vec<(u64, String)> {
        let lines = collected(&stage, key).await;
        assert!(lines.iter().all(|line| !line.starts_with("error: ")), "{key}: {lines:?}");
        let parse = |line: &String| {
            let (value, tags) = line.split_once(' ')?;
            let workflow = tags.split_once("workflow:").map_or("", |(_, workflow)| workflow);
            Some((value.parse().ok()?, workflow.to_owned()))
        };
        lines.iter().filter_map(parse).collect()
    };
    let number = |values: Vec<(u64, String)>| values.first().map(|(value, _)| *value);
    let failing = number(values("ci.workflows_failing").await);
    State {
        passing: values("ci.workflow_passing")
            .await
            .into_iter()
            .map(|(value, workflow)| (workflow, value == 1))
            .collect(),
        failing: failing.and_then(|value| usize::try_from(value).ok()),
        red: number(values("ci.red_seconds").await),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_random_history_has_the_state_of_the_reference(runs in history()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        prop_assert_eq!(runtime.block_on(measured(&runs)), expected(&runs));
    }
}
