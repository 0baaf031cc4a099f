//! How the results of the selected jobs decide the value, run by run.

use system_health_test_support::github::{
    Conclusion::{Cancelled, Failure, Skipped, StartupFailure, Success},
    FakeGitHub,
};

use super::{checks, docs, failed, jobs_setting, passed, reading, requests};
use crate::stage::{Stage, line};

#[tokio::test]
async fn jobs_that_were_not_re_run_keep_their_results() {
    let run = checks().conclusion(Failure).job("lint", Success).job("test", Failure).re_run();
    let fixed = run.clone().conclusion(Success).job("test", Success);
    let settings = jobs_setting("'lint', 'test'");
    assert_eq!(reading(&settings, [fixed]).await, "1 […]");
    let broken = checks().conclusion(Failure).job("lint", Failure).job("test", Failure).re_run();
    assert_eq!(reading(&settings, [broken.conclusion(Failure).job("test", Success)]).await, "0 […]");
}

#[tokio::test]
async fn only_an_older_run_decides_a_cancelled_job() {
    let settings = jobs_setting("'test*'");
    let cancelled =
        || checks().conclusion(Cancelled).job("test (linux)", Success).job("test (mac)", Cancelled);
    let before = |mac| checks().job("test (linux)", Success).job("test (mac)", mac);
    assert_eq!(
        reading(&settings, [cancelled()]).await,
        "no data: the only run of checks.yml on the branch `main` did not decide: the selected jobs were not decided"
    );
    assert_eq!(reading(&settings, [before(Success), cancelled()]).await, "1 […]");
    assert_eq!(reading(&settings, [before(Failure), cancelled()]).await, "0 […]");
}

#[tokio::test]
async fn a_skipped_job_keeps_its_older_result_and_a_removed_job_does_not_decide() {
    let settings = jobs_setting("'test*', 'lint'");
    let run = |mac| checks().job("test (linux)", Success).job("test (mac)", mac).job("lint", Success);
    let without_mac = checks().job("test (linux)", Success).job("lint", Success);
    let skipped = checks().job("test (${{ matrix.os }})", Skipped).job("lint", Success);
    // The job `test (mac)` was removed after it failed.
    assert_eq!(reading(&settings, [run(Failure), without_mac.clone()]).await, "1 […]");
    assert_eq!(reading(&settings, [run(Failure), without_mac, skipped.clone()]).await, "1 […]");
    // Only a cancelled run is between the failed and the skipped job.
    let cancelled = checks().conclusion(Cancelled).job("test (mac)", Cancelled).job("lint", Cancelled);
    assert_eq!(reading(&settings, [run(Failure), cancelled, skipped.clone()]).await, "0 […]");
    // Nothing older exists, so there is no result to keep.
    assert_eq!(reading(&settings, [skipped]).await, "1 […]");
    assert_eq!(
        reading(&jobs_setting("'test'"), [docs()]).await,
        "no data: the only run of checks.yml on the branch `main` did not decide: the selected jobs were skipped"
    );
    let workflow = |test| checks().job("call / test", test).job("lint", Success);
    let settings = jobs_setting("'call / test', 'lint'");
    let skipped = checks().job("call", Skipped).job("lint", Success);
    assert_eq!(reading(&settings, [workflow(Failure), skipped.clone()]).await, "0 […]");
    assert_eq!(reading(&settings, [workflow(Success), skipped]).await, "1 […]");
}

#[tokio::test]
async fn a_job_that_the_newest_run_no_longer_has_is_no_data() {
    let renamed = checks().job("unit tests", Success).job("deploy", Skipped);
    assert_eq!(
        reading(&jobs_setting("'unit'"), [checks().job("unit", Success), renamed]).await,
        "no data: the newest 2 runs of checks.yml on the branch `main` did not decide: one of them has no job that matches \
         `unit`; the nearest names are `unit tests`, `deploy`"
    );
}

#[tokio::test]
async fn at_most_twenty_runs_are_inspected() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.run(failed());
    for _ in 0..20 {
        shop.run(docs());
    }
    let reading = Stage::on(&github).settings(&jobs_setting("'test', 'docs'")).tests().await;

    // A failure may be further back, so this is not 1.
    assert_eq!(
        line(&reading),
        "no data: the newest 20 runs of checks.yml on the branch `main` did not decide: `test` was skipped and no older \
         run decided it"
    );
    assert_eq!(requests(&github).len(), 21);
}

#[tokio::test]
async fn all_jobs_of_the_latest_attempt_count() {
    let settings = jobs_setting("'*'");
    let many = checks().conclusion(Failure).jobs(120, Success).job("last", Failure);
    let again = failed().re_run().conclusion(Success).job("test", Success);
    assert_eq!(reading(&settings, [many]).await, "0 […]");
    assert_eq!(reading(&settings, [again]).await, "1 […]");
}

#[tokio::test]
async fn a_workflow_file_that_cannot_be_used_fails_the_selected_jobs() {
    for conclusion in [StartupFailure, Failure] {
        let settings = jobs_setting("'test'");
        assert_eq!(reading(&settings, [passed(), checks().conclusion(conclusion)]).await, "0 […]");
        assert_eq!(reading(&settings, [passed(), checks().conclusion(conclusion).re_run()]).await, "0 […]");
    }
    // A cancelled run without jobs decides nothing.
    assert_eq!(reading(&jobs_setting("'test'"), [passed(), checks().conclusion(Cancelled)]).await, "1 […]");
}
