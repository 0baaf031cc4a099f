//! The jobs of a run that has ended do not change, so later runs of the reporter do not request them again.

use std::sync::Arc;

use system_health_test_support::github::{
    Conclusion::{Failure, Success},
    FakeGitHub, Job, Run,
};

use super::{ci, days, line, seconds};
use crate::{
    ci::requests,
    conditional::{StoredResponses, context_with},
    stage::Stage,
};

/// A GitHub with one run, and the responses that the reporter keeps between its runs.
struct Fixture {
    github: FakeGitHub,
    responses: Arc<StoredResponses>,
}

impl Fixture {
    fn with(run: Run) -> Self {
        let github = FakeGitHub::start();
        github.repository("acme/shop").run(run.id(7));
        Self { github, responses: Arc::default() }
    }

    fn replace(&self, run: Run) {
        self.github.repository("acme/shop").delete_runs(1).run(run.id(7));
    }

    /// The value of `runner_minutes`, and how many requests for jobs the reporter makes for it.
    async fn minutes(&self, stage: &Stage) -> (String, usize) {
        let lists = || requests(&self.github).iter().filter(|path| path.contains("/jobs?")).count();
        let before = lists();
        let minutes = line("runner_minutes", &context_with(stage, &self.responses).into()).await;
        (minutes, lists() - before)
    }
}

/// A job that ran for this many minutes.
fn job(minutes: u64) -> Job {
    Job::new("test", Success).started(seconds(60 * minutes)).completed(seconds(0))
}

fn expected(minutes: u64, lists: usize) -> (String, usize) {
    (format!("{minutes} os:linux"), lists)
}

#[tokio::test]
async fn the_jobs_of_a_run_that_has_ended_are_requested_once() {
    let fixture = Fixture::with(ci().age(days(1)).with_job(job(3)));
    let stage = Stage::on(&fixture.github);
    assert_eq!(fixture.minutes(&stage).await, expected(3, 1));
    assert_eq!(fixture.minutes(&stage).await, expected(3, 0));
    // Two things are kept: the response with the list of runs, and the jobs. The response with the jobs is not kept.
    assert_eq!(fixture.responses.count(), 2);
}

#[tokio::test]
async fn the_jobs_of_a_new_attempt_are_requested() {
    let first = || ci().age(days(1)).conclusion(Failure).with_job(job(3));
    let fixture = Fixture::with(first());
    let stage = Stage::on(&fixture.github);
    assert_eq!(fixture.minutes(&stage).await, expected(3, 1));

    let in_progress = Job::in_progress("test").started(seconds(60));
    fixture.replace(first().re_run().started(seconds(90)).with_job(in_progress));
    assert_eq!(fixture.minutes(&stage).await.1, 1);
    assert_eq!(fixture.minutes(&stage).await.1, 1);

    fixture.replace(first().re_run().started(seconds(90)).conclusion(Success).with_job(job(1)));
    assert_eq!(fixture.minutes(&stage).await, expected(4, 1));
    assert_eq!(fixture.minutes(&stage).await, expected(4, 0));
}

#[tokio::test]
async fn jobs_in_progress_are_requested_again_even_if_their_run_has_ended() {
    let fixture = Fixture::with(ci().age(days(1)).with_job(Job::in_progress("test").started(seconds(60))));
    let stage = Stage::on(&fixture.github);
    assert_eq!(fixture.minutes(&stage).await.1, 1);

    fixture.replace(ci().age(days(1)).with_job(job(3)));

    assert_eq!(fixture.minutes(&stage).await, expected(3, 1));
}

#[tokio::test]
async fn jobs_of_an_attempt_that_is_not_listed_yet_are_not_kept() {
    // The list of runs shows only the first attempt, but the list of jobs already has a job of the second one.
    let run = ci().age(days(1)).conclusion(Failure).with_job(job(3).attempt(1)).with_job(job(1).attempt(2));
    let fixture = Fixture::with(run);
    let stage = Stage::on(&fixture.github);
    for _ in 0..2 {
        assert_eq!(fixture.minutes(&stage).await.1, 1);
    }
}

#[tokio::test]
async fn jobs_that_were_read_with_one_token_are_not_used_with_another() {
    let fixture = Fixture::with(ci().age(days(1)).with_job(job(3)));
    fixture.minutes(&Stage::on(&fixture.github)).await;
    let settings = "[repository]\nname = \"acme/shop\"\nbranch = \"main\"";
    let other =
        Stage::empty().github(&fixture.github).variable("GITHUB_TOKEN", "ghp_other").settings(settings);
    assert_eq!(fixture.minutes(&other).await, expected(3, 1));
}
