//! Runs that have not ended although their selected jobs have.

use system_health_test_support::github::{
    Conclusion::{Cancelled, Failure, Skipped, Success},
    FakeGitHub, Job, Run,
};

use super::{
    add_runs_and_fill_newest_page, checks, docs, evidence_lines, failed, jobs_setting, passed, reading,
    requests, shown,
};
use crate::stage::Stage;

/// The run, which has not ended, because its job `deploy` is still queued.
fn waiting(run: Run) -> Run {
    run.in_progress().with_job(Job::queued("deploy"))
}

#[tokio::test]
async fn selected_jobs_that_ended_decide_before_the_run_ends() {
    let test = jobs_setting("'test'");
    let tests = jobs_setting("'test*'");
    let with_slow = || checks().conclusion(Failure).job("test", Success).job("test slow", Failure);
    let calls = |test, other| checks().job("a / test", test).job("b", other);
    for (situation, settings, runs, expected) in [
        ("a job failed", &*test, vec![passed(), waiting(failed())], "0"),
        ("the jobs passed", &test, vec![failed(), waiting(passed())], "1"),
        ("a job runs", &test, vec![failed(), waiting(checks().with_job(Job::in_progress("test")))], "0"),
        ("no job is listed yet", &test, vec![failed(), waiting(checks())], "0"),
        ("a job was skipped", &test, vec![failed(), waiting(docs())], "0"),
        ("a job is not listed yet", &tests, vec![with_slow(), waiting(passed())], "0"),
        ("all jobs are listed", &tests, vec![with_slow(), waiting(passed().job("test slow", Success))], "1"),
        (
            "one of two jobs with the same name is not listed",
            &test,
            vec![failed().job("test", Failure), waiting(passed())],
            "0",
        ),
        (
            "a reusable workflow that was skipped may be run this time",
            &jobs_setting("'* / test'"),
            vec![calls(Failure, Skipped), waiting(checks().job("a / test", Success))],
            "0",
        ),
        (
            "a reusable workflow that was skipped is skipped again",
            &jobs_setting("'* / test'"),
            vec![calls(Failure, Skipped), waiting(calls(Success, Skipped))],
            "1",
        ),
        (
            "a job failed before every pattern matched a job",
            &jobs_setting("'test', 'end to end'"),
            vec![passed().job("end to end", Success), failed().in_progress()],
            "0",
        ),
        (
            "the run before was cancelled before all jobs were listed",
            &tests,
            vec![with_slow(), checks().conclusion(Cancelled).job("test", Cancelled), waiting(passed())],
            "0",
        ),
        (
            "a newer run skipped the job",
            &jobs_setting("'test', 'docs'"),
            vec![passed(), waiting(failed()), docs()],
            "0",
        ),
        (
            "a newer run decided the job",
            &jobs_setting("'test', 'docs'"),
            vec![passed(), waiting(checks().job("docs", Failure)), docs()],
            "1",
        ),
        (
            "a re-run failed, but has not ended",
            &test,
            vec![waiting(passed().re_run().job("test", Failure))],
            "1",
        ),
        (
            "a re-run passed, but has not ended",
            &test,
            vec![waiting(failed().re_run().job("test", Success))],
            "0",
        ),
        (
            "there is no completed run",
            &test,
            vec![waiting(passed())],
            "no data: the only run of checks.yml on the branch `main` did not decide: the selected jobs were not \
             decided",
        ),
        ("without `jobs`", "", vec![passed(), waiting(failed())], "1"),
    ] {
        assert_eq!(reading(settings, runs).await.replace(" […]", ""), expected, "{situation}");
    }
}

#[tokio::test]
async fn the_jobs_of_at_most_five_runs_in_progress_are_read() {
    for (queued, expected) in [(4, "0 […]"), (5, "1 […]")] {
        let newest = std::iter::repeat_n(checks().queued(), queued);
        let runs = [passed(), waiting(failed())].into_iter().chain(newest);
        assert_eq!(reading(&jobs_setting("'test'"), runs).await, expected);
    }
}

#[tokio::test]
async fn the_evidence_says_that_the_run_has_not_ended() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.run(failed().head_sha("aaaaaaaaaa1")).run(waiting(passed()).head_sha("aaaaaaaaaa2"));

    let reading = Stage::on(&github).settings(&jobs_setting("'test'")).tests().await;

    assert_eq!(
        evidence_lines(&reading),
        [
            "+ run #2 (push, aaaaaaaaaa): Change something: the selected jobs passed, although the run has not ended",
            "+ job `test` of run #2: passed",
            "- run #1 (push, aaaaaaaaaa): Change something: it is older than the run that decided",
        ]
    );
}

#[tokio::test]
async fn a_run_in_progress_on_only_the_filtered_list_is_read_too() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    let tip = shop.commits(1).tip("main");
    add_runs_and_fill_newest_page(&shop, [failed().id(6), waiting(passed()).id(7).head_sha(tip)]);

    assert_eq!(shown(&Stage::on(&github).settings(&jobs_setting("'test'")).tests().await), "1 […]");
    let paths = requests(&github);
    let paths: Vec<&str> = paths[3..].iter().filter_map(|path| path.split('?').next()).collect();
    assert_eq!(paths, ["actions/runs/7", "actions/runs/7/jobs", "actions/runs/6", "actions/runs/6/jobs"]);
}
