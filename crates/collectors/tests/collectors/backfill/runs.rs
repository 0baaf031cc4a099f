//! Workflow runs, some of which are re-run or have not ended at an instant.

use std::time::Duration;

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use system_health_test_support::github::{
    Conclusion::{self, Cancelled, Failure, Success, TimedOut},
    FakeGitHub, Job, Run,
};

use super::{DAY, HOUR, NOW, Values, at, backfill, differences, instants, run, seconds};
use crate::stage::Stage;

#[derive(Debug, Clone)]
struct PastRun {
    created: u64,
    branch: &'static str,
    event: &'static str,
    /// The attempts, the oldest first. There is at least one.
    attempts: Vec<Attempt>,
}

#[derive(Debug, Clone, Copy)]
struct Attempt {
    started: u64,
    ended: u64,
    conclusion: Conclusion,
}

fn past_run() -> impl Strategy<Value = PastRun> {
    let conclusion =
        prop_oneof![4 => Just(Success), 3 => Just(Failure), 1 => Just(Cancelled), 1 => Just(TimedOut)];
    let attempt = (0..3 * DAY, prop_oneof![3 => 60..2 * HOUR, 1 => 60..2 * DAY], conclusion);
    let branch = prop_oneof![5 => Just("main"), 1 => Just("feature")];
    let event = prop_oneof![4 => Just("push"), 1 => Just("pull_request")];
    (NOW - 24 * DAY..NOW, branch, event, vec(attempt, 1..4)).prop_map(|(created, branch, event, plans)| {
        let (mut clock, mut attempts) = (created, Vec::new());
        for (index, (gap, takes, conclusion)) in plans.into_iter().enumerate() {
            let started = if index == 0 { created } else { clock + gap };
            if started <= NOW {
                clock = started + takes;
                attempts.push(Attempt { started, ended: clock, conclusion });
            }
        }
        PastRun { created, branch, event, attempts }
    })
}

impl PastRun {
    /// The run as GitHub shows it at the second `until`. The fake's clock must have the same time.
    fn to_run(&self, until: u64) -> Run {
        let age = |second: u64| Duration::from_secs(until - second);
        let mut run = Run::new("ci.yml").branch(self.branch).age(age(self.created)).event(self.event);
        for (index, attempt) in self.attempts.iter().filter(|attempt| attempt.started <= until).enumerate() {
            if index > 0 {
                run = run.re_run();
            }
            run = run.started(age(attempt.started));
            let started = |job: Job| job.created(age(attempt.started)).started(age(attempt.started));
            run = if attempt.ended <= until {
                let job = started(Job::new("test", Success)).completed(age(attempt.ended));
                run.conclusion(attempt.conclusion).with_job(job)
            } else {
                run.in_progress().with_job(started(Job::in_progress("test")))
            };
        }
        run
    }
}

fn github(history: &[PastRun], until: u64) -> FakeGitHub {
    let github = FakeGitHub::builder().now(at(until)).start();
    let shop = github.repository("acme/shop");
    // The branch exists, even if it has no run yet.
    shop.commits(1);
    for run in history.iter().filter(|run| run.created <= until) {
        shop.run(run.to_run(until));
    }
    github
}

/// Compares the values of a run at each instant with those of a backfill, and returns the differences.
async fn compare(history: &[PastRun]) -> Vec<String> {
    let mut runs = Values::new();
    for instant in instants().iter() {
        let github = github(history, seconds(instant));
        runs.extend(run(Stage::on(&github), "ci.", instant).await);
    }
    let github = github(history, NOW);
    let computed = backfill(Stage::on(&github), "ci.").await;
    // One request for the list of runs, perhaps one for the branch, and one for each attempt.
    let max_requests = 2 + history.iter().map(|run| run.attempts.len()).sum::<usize>();
    assert!(github.requests().len() <= max_requests, "nothing is requested twice: {:#?}", github.requests());
    differences(&runs, &computed)
}

#[test]
fn a_backfill_of_workflow_runs_has_the_values_of_runs_at_its_instants() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 4, failure_persistence: None, ..Config::default() });
    let result = runner.run(&vec(past_run(), 0..25), |history| {
        let differences = runtime.block_on(compare(&history));
        if differences.is_empty() { Ok(()) } else { Err(TestCaseError::fail(format!("{differences:#?}"))) }
    });
    result.unwrap();
}

#[tokio::test]
async fn a_run_that_ended_between_two_instants_needs_no_request_of_its_own() {
    let attempt = Attempt { started: NOW - 3 * DAY, ended: NOW - 3 * DAY + 60, conclusion: Success };
    let ended = PastRun { created: NOW - 3 * DAY, branch: "main", event: "push", attempts: vec![attempt] };
    let github = github(&[ended], NOW);

    let values = backfill(Stage::on(&github), "ci.").await;

    assert_eq!(github.requests().len(), 1, "{:#?}", github.requests());
    assert!(values.values().any(|lines| lines.iter().any(|line| line.starts_with("1 "))), "{values:#?}");
}
