//! Runs and jobs that failed and then passed on the same commit.

use system_health_test_support::github::{
    Conclusion::{self, Cancelled, Failure, Success},
    FakeGitHub, Job, Run,
};

use super::{ci, days, line, line_over, seconds};
use crate::{ci::requests, stage::Stage};

/// A run whose attempts have these conclusions.
fn run_with_attempts(endings: &[Conclusion]) -> Run {
    let (first, rest) = endings.split_first().unwrap();
    rest.iter().fold(ci().conclusion(*first), |run, ending| run.re_run().conclusion(*ending))
}

/// Re-runs a run. The new attempt started 30 seconds ago.
fn again(run: Run) -> Run {
    run.re_run().started(seconds(30))
}

#[tokio::test]
async fn a_run_is_flaky_if_it_passed_after_a_failure() {
    for (run, expected) in [
        (run_with_attempts(&[Success]), "0"),
        (run_with_attempts(&[Failure]), "0"),
        (run_with_attempts(&[Failure, Success]), "1"),
        (run_with_attempts(&[Failure, Failure]), "0"),
        (run_with_attempts(&[Cancelled, Success]), "0"),
        (run_with_attempts(&[Success, Failure]), "0"),
        (run_with_attempts(&[Failure, Cancelled, Success]), "1"),
        // Later attempts do not change the result.
        (run_with_attempts(&[Failure, Success, Failure]), "1"),
        (run_with_attempts(&[Failure, Success]).re_run(), "1"),
        (run_with_attempts(&[Failure, Failure]).re_run(), "0"),
        (run_with_attempts(&[Failure]).re_run(), "0"),
    ] {
        assert_eq!(line_over("flaky_runs", [run.clone()]).await, expected, "{run:?}");
    }
}

#[tokio::test]
async fn another_run_of_the_same_commit_is_not_another_attempt() {
    let runs = [ci().head_sha("abc").conclusion(Failure), ci().head_sha("abc").event("workflow_dispatch")];
    assert_eq!(line_over("flaky_runs", runs).await, "0");
}

#[tokio::test]
async fn only_attempts_that_may_make_a_run_flaky_are_requested() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    for (id, run) in [
        (1, run_with_attempts(&[Success])),
        (2, run_with_attempts(&[Failure, Failure])),
        (3, run_with_attempts(&[Failure, Success])),
        (4, run_with_attempts(&[Failure, Failure, Failure])),
        (5, run_with_attempts(&[Failure, Success]).branch("feature")),
    ] {
        shop.run(run.id(id).age(seconds(600 - id)));
    }
    assert_eq!(line("flaky_runs", &Stage::on(&github).one_repository()).await, "1");
    let mut requested = requests(&github);
    requested.sort();
    assert_eq!(
        requested,
        [
            "actions/runs/3/attempts/1",
            "actions/runs/4/attempts/1",
            "actions/runs/4/attempts/2",
            "actions/runs?per_page=100",
        ]
    );
}

#[tokio::test]
async fn the_jobs_that_failed_and_then_passed_are_named() {
    let failed = || ci().conclusion(Failure).job("test", Failure).job("lint", Success).job("slow", Cancelled);
    let passed_again = || again(failed()).conclusion(Success).job("test", Success).job("slow", Success);
    let flaky = line_over("flaky_jobs", [passed_again(), passed_again(), failed(), ci()]).await;
    assert_eq!(flaky, "2 job:test workflow:ci.yml");

    let none =
        line_over("flaky_jobs", [failed(), again(failed()).conclusion(Failure).job("test", Failure)]).await;
    assert_eq!(none, "no data: no job failed and then passed in the one run that was re-run");
    let none = line_over("flaky_jobs", [failed(), ci()]).await;
    assert_eq!(none, "no data: no run was re-run");
}

#[tokio::test]
async fn a_job_that_is_listed_again_is_counted_once() {
    // `lint` failed in the first attempt, passed in the second, and is listed again in the third.
    let run = ci()
        .age(days(1))
        .conclusion(Failure)
        .with_job(Job::new("lint", Failure).started(seconds(80_000)))
        .with_job(Job::new("test", Failure).started(seconds(80_000)))
        .re_run()
        .started(seconds(70_000))
        .conclusion(Failure)
        .with_job(Job::new("lint", Success).started(seconds(69_000)))
        .with_job(Job::new("test", Failure).started(seconds(69_000)))
        .re_run()
        .started(seconds(60_000))
        .conclusion(Success)
        .with_job(Job::new("lint", Success).started(seconds(69_000)))
        .with_job(Job::new("test", Success).started(seconds(59_000)));
    assert_eq!(
        line_over("flaky_jobs", [run]).await,
        "1 job:lint workflow:ci.yml; 1 job:test workflow:ci.yml"
    );
}

#[tokio::test]
async fn of_several_jobs_with_one_name_all_have_to_pass() {
    let one_failed = again(ci().conclusion(Failure).job("test", Failure).job("test", Success));
    let one_failed_again = one_failed.clone().conclusion(Failure).job("test", Success).job("test", Failure);
    let passed = one_failed.conclusion(Success).job("test", Success).job("test", Success);
    assert_eq!(line_over("flaky_jobs", [one_failed_again, passed]).await, "1 job:test workflow:ci.yml");
}

#[tokio::test]
async fn only_the_ten_jobs_that_are_flaky_most_often_are_named() {
    let run = |names: &[&str]| {
        let failed = names.iter().fold(ci().conclusion(Failure), |run, name| run.job(*name, Failure));
        names.iter().fold(again(failed).conclusion(Success), |run, name| run.job(*name, Success))
    };
    let all = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "z"];
    let lines = line_over("flaky_jobs", [run(&all), run(&["z"])]).await;
    let names: Vec<&str> = lines.split("; ").collect();
    assert_eq!(names.len(), 10, "{lines}");
    assert_eq!((names[0], names[9]), ("2 job:z workflow:ci.yml", "1 job:i workflow:ci.yml"));
}

#[tokio::test]
async fn jobs_are_counted_by_tag_and_an_invalid_tag_is_a_failed_item() {
    let names = ["test (a)", "test a", "🚀", "lint"];
    let failed = names.iter().fold(ci().conclusion(Failure), |run, name| run.job(*name, Failure));
    let run = names.iter().fold(again(failed).conclusion(Success), |run, name| run.job(*name, Success));
    assert_eq!(
        line_over("flaky_jobs", [run]).await,
        "1 job:lint workflow:ci.yml; 1 job:test_a workflow:ci.yml; failed: workflow:ci.yml: tag `job:🚀` would \
         be stored without its value; a value needs at least one letter, digit, `-`, `.` or `/`, within the first 200 \
         characters of the tag",
        "`test (a)` and `test a` have the same tag, so the run counts once for both"
    );
}
