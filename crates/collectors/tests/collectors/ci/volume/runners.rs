//! The jobs that wait for runners now, and the runners themselves.

use system_health_test_support::github::{Conclusion::Success, FakeGitHub, Job, Runner, refusal};

use super::{ci, line, line_over};
use crate::{ci::requests, stage::Stage};

#[tokio::test]
async fn jobs_that_wait_for_a_runner_are_counted_on_all_branches() {
    let runs = || {
        [
            ci().in_progress().job("lint", Success).with_job(Job::queued("test")),
            ci().queued().branch("feature").event("pull_request").with_job(Job::queued("test")),
            ci().queued().fork("mallory/shop").with_job(Job::queued("a")).with_job(Job::in_progress("b")),
            // This job waits for an approval, and not for a runner.
            ci().in_progress().with_job(Job::waiting("deploy")),
            ci().job("test", Success),
        ]
    };
    assert_eq!(line_over("queued_jobs", runs()).await, "3");
    assert_eq!(line_over("queued_jobs", []).await, "0");

    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    for run in runs() {
        shop.run(run);
    }
    line("queued_jobs", &Stage::on(&github).one_repository()).await;
    assert_eq!(requests(&github).len(), 5, "the list, and the jobs of four runs");
}

#[tokio::test]
async fn runners_are_counted_by_status() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    let expected = "0 status:idle; 0 status:busy; 0 status:offline";
    assert_eq!(line("runners", &Stage::on(&github).one_repository()).await, expected);
    for _ in 0..130 {
        shop.runner(Runner::Idle);
    }
    shop.runner(Runner::Busy).runner(Runner::Offline).runner(Runner::Offline);
    let expected = "130 status:idle; 1 status:busy; 2 status:offline";
    assert_eq!(line("runners", &Stage::on(&github).one_repository()).await, expected);
}

#[tokio::test]
async fn a_missing_permission_is_no_data_that_names_it() {
    for (metric, request, permission) in
        [("runners", "/runners", "Administration"), ("runs", "/runs?", "Actions")]
    {
        let github = FakeGitHub::start();
        github.repository("acme/shop").run(ci());
        github.fail(request, refusal::forbidden());

        let line = line(metric, &Stage::on(&github).one_repository()).await;

        assert!(
            line.starts_with(&format!(
                "no data: the GitHub token needs the permission `{permission}` (read) for acme/shop: "
            )),
            "{line}"
        );
        assert!(line.contains("Resource not accessible by personal access token"), "{line}");
    }
}
