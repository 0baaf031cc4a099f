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

/// A GitHub with one run, and what the reporter keeps between its runs.
struct Kept {
    github: FakeGitHub,
    responses: Arc<StoredResponses>,
}

impl Kept {
    fn with(run: Run) -> Self {
        let github = FakeGitHub::start();
        github.repository("acme/shop").run(run.id(7));
        Self { github, responses: Arc::default() }
    }

    fn replace(&self, run: Run) {
        self.github.repository("acme/shop").delete_runs(1).run(run.id(7));
    }

    /// The minutes of runners, and how often a run of the reporter asks for lists of jobs.
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
    let kept = Kept::with(ci().age(days(1)).with_job(job(3)));
    let stage = Stage::on(&kept.github);
    assert_eq!(kept.minutes(&stage).await, expected(3, 1));
    assert_eq!(kept.minutes(&stage).await, expected(3, 0));
    // The list of runs and the jobs, but not the response with the jobs.
    assert_eq!(kept.responses.count(), 2);
}

#[tokio::test]
async fn the_jobs_of_a_new_attempt_are_requested() {
    let first = || ci().age(days(1)).conclusion(Failure).with_job(job(3));
    let kept = Kept::with(first());
    let stage = Stage::on(&kept.github);
    assert_eq!(kept.minutes(&stage).await, expected(3, 1));

    let in_progress = Job::in_progress("test").started(seconds(60));
    kept.replace(first().re_run().started(seconds(90)).with_job(in_progress));
    assert_eq!(kept.minutes(&stage).await.1, 1);
    assert_eq!(kept.minutes(&stage).await.1, 1);

    kept.replace(first().re_run().started(seconds(90)).conclusion(Success).with_job(job(1)));
    assert_eq!(kept.minutes(&stage).await, expected(4, 1));
    assert_eq!(kept.minutes(&stage).await, expected(4, 0));
}

#[tokio::test]
async fn jobs_that_have_not_ended_are_requested_although_their_run_has() {
    let kept = Kept::with(ci().age(days(1)).with_job(Job::in_progress("test").started(seconds(60))));
    let stage = Stage::on(&kept.github);
    assert_eq!(kept.minutes(&stage).await.1, 1);

    kept.replace(ci().age(days(1)).with_job(job(3)));

    assert_eq!(kept.minutes(&stage).await, expected(3, 1));
}

#[tokio::test]
async fn the_jobs_of_a_list_that_is_older_than_an_attempt_are_not_kept() {
    // The list of runs shows the first attempt, but the list of jobs has a job of the second one already.
    let run = ci().age(days(1)).conclusion(Failure).with_job(job(3).attempt(1)).with_job(job(1).attempt(2));
    let kept = Kept::with(run);
    let stage = Stage::on(&kept.github);
    for _ in 0..2 {
        assert_eq!(kept.minutes(&stage).await.1, 1);
    }
}

#[tokio::test]
async fn what_one_token_may_read_is_not_given_to_another() {
    let kept = Kept::with(ci().age(days(1)).with_job(job(3)));
    kept.minutes(&Stage::on(&kept.github)).await;
    let settings = "[repository]\nname = \"acme/shop\"\nbranch = \"main\"";
    let other = Stage::empty().github(&kept.github).variable("GITHUB_TOKEN", "ghp_other").settings(settings);
    assert_eq!(kept.minutes(&other).await, expected(3, 1));
}
