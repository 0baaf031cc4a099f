//! How long runs took, how long jobs waited, and how long they ran.

use system_health_test_support::github::{
    Conclusion::{Cancelled, Failure, Skipped, StartupFailure, Success, TimedOut},
    FakeGitHub, Job,
};

use super::{ci, days, line, line_over, lines, seconds};
use crate::{
    ci::requests,
    stage::{OneRepository, Stage},
};

/// A job. `created`, `started` and `completed` are in seconds before now.
fn job(name: &str, created: u64, started: u64, completed: u64) -> Job {
    Job::new(name, Success).created(seconds(created)).started(seconds(started)).completed(seconds(completed))
}

/// A repository with the times of a real run: run 16620109074 of step-security/skip-duplicate-actions. That run was created
/// at 10:30:31, its last job ended at 10:31:42, and it was updated at 10:31:43.
fn recorded() -> OneRepository {
    // Seconds before 10:31:43.
    let run = ci()
        .age(seconds(72))
        .with_job(job("pre_job", 72, 63, 47))
        .with_job(job("skip_individual_steps_job", 72, 64, 47))
        .with_job(job("build", 72, 67, 36))
        .with_job(job("private_action", 72, 64, 16))
        .with_job(job("main_job", 46, 41, 1));
    let github = Box::leak(Box::new(FakeGitHub::start()));
    github.repository("acme/shop").run(run);
    Stage::on(github).one_repository()
}

#[tokio::test]
async fn a_recorded_run_has_the_times_that_were_computed_by_hand() {
    let context = recorded();
    assert_eq!(
        lines("duration_seconds", &context).await,
        [
            "71 quantile:p50 workflow:ci.yml",
            "71 quantile:p90 workflow:ci.yml",
            "71 quantile:p99 workflow:ci.yml"
        ]
    );
    // The waits are 9, 8, 5, 8 and 5 seconds.
    let waits = lines("queue_seconds", &context).await;
    assert_eq!(waits[..2], ["8 quantile:p50", "8.6 quantile:p90"]);
    assert_eq!(line("queue_seconds_samples", &context).await, "5");
    // The jobs ran for 16, 17, 31, 48 and 40 seconds.
    let minutes = 152.0 / 60.0;
    assert_eq!(line("runner_minutes", &context).await, format!("{minutes} os:linux"));
}

#[tokio::test]
async fn a_run_lasts_from_the_start_of_its_latest_attempt_to_the_end_of_its_last_job() {
    let run = ci()
        .age(days(2))
        .conclusion(Failure)
        .with_job(job("test", 172_800, 172_700, 172_600))
        .re_run()
        .started(seconds(1_000))
        .conclusion(Success)
        // A job of the first attempt that is listed again, and two jobs that ran.
        .with_job(job("lint", 1_000, 172_700, 172_650))
        .with_job(job("test", 990, 980, 400))
        .with_job(job("report", 400, 390, 350));
    assert_eq!(first_line_over("duration_seconds", [run]).await, "650 quantile:p50 workflow:ci.yml");
}

/// The first sample of a metric over these runs.
async fn first_line_over(
    metric: &str,
    runs: impl IntoIterator<Item = system_health_test_support::github::Run>,
) -> String {
    line_over(metric, runs).await.split("; ").next().unwrap().to_owned()
}

#[tokio::test]
async fn only_runs_that_ran_to_their_end_have_a_duration() {
    let took = |ending, duration: u64| {
        let run = ci().age(seconds(5_000)).conclusion(ending);
        run.with_job(job("test", 5_000, 4_990, 5_000 - duration))
    };
    let runs = || {
        [
            took(Success, 100),
            took(Failure, 300),
            took(TimedOut, 200),
            took(Cancelled, 4_000),
            took(Skipped, 0),
            ci().conclusion(StartupFailure),
            // The workflow file of this run is invalid.
            ci().conclusion(Failure),
            ci().in_progress().with_job(job("lint", 60, 50, 40)),
        ]
    };
    assert_eq!(
        line_over("duration_seconds", runs()).await,
        "200 quantile:p50 workflow:ci.yml; 280 quantile:p90 workflow:ci.yml; 298 quantile:p99 workflow:ci.yml"
    );
    assert_eq!(line_over("duration_seconds_samples", runs()).await, "3 workflow:ci.yml");
    assert_eq!(line_over("duration_seconds_samples", [took(Cancelled, 9)]).await, "0 workflow:ci.yml");
    let none = line_over("duration_seconds", [took(Cancelled, 9)]).await;
    assert!(
        none.starts_with("no data: none ran to its end: 1 run tested the branch `main` since "),
        "{none}"
    );
}

#[tokio::test]
async fn only_jobs_that_got_a_runner_waited_for_one() {
    let run = ci()
        .in_progress()
        .age(seconds(9_000))
        .with_job(job("lint", 9_000, 8_990, 8_000))
        .with_job(Job::in_progress("test").created(seconds(9_000)).started(seconds(8_970)))
        // GitHub gives these jobs a start time, too.
        .with_job(Job::queued("wide").created(seconds(9_000)))
        .with_job(Job::waiting("deploy").created(seconds(9_000)))
        .with_job(Job::new("docs", Skipped).created(seconds(9_000)))
        .with_job(Job::new("gone", Cancelled).created(seconds(9_000)).without_runner());
    assert_eq!(first_line_over("queue_seconds", [run.clone()]).await, "20 quantile:p50");
    assert_eq!(line_over("queue_seconds_samples", [run.clone()]).await, "2");
    // Only `lint` has ended.
    assert_eq!(line_over("runner_minutes", [run]).await, "16.5 os:linux");
    assert_eq!(line_over("queue_seconds_samples", []).await, "0");
}

#[tokio::test]
async fn a_job_that_is_listed_again_neither_waits_nor_runs_again() {
    let run = ci()
        .age(seconds(9_000))
        .conclusion(Failure)
        .with_job(job("lint", 9_000, 8_990, 8_930))
        .with_job(job("test", 9_000, 8_980, 8_920))
        .re_run()
        .started(seconds(5_000))
        .conclusion(Success)
        // As GitHub lists it: created for the new attempt, with the times of the old one.
        .with_job(job("lint", 5_000, 8_990, 8_930))
        .with_job(job("test", 5_000, 4_970, 4_910));
    assert_eq!(line_over("queue_seconds_samples", [run.clone()]).await, "3");
    assert_eq!(first_line_over("queue_seconds", [run.clone()]).await, "20 quantile:p50");
    assert_eq!(line_over("runner_minutes", [run]).await, "3 os:linux");
}

#[tokio::test]
async fn a_job_that_started_before_it_was_created_did_not_wait() {
    let run = ci().age(seconds(100)).with_job(job("test", 99, 100, 40));
    assert_eq!(first_line_over("queue_seconds", [run]).await, "0 quantile:p50");
}

#[tokio::test]
async fn jobs_of_earlier_attempts_before_the_window_do_not_count() {
    let day = 86_400;
    let run = ci()
        .age(days(8))
        .conclusion(Failure)
        .with_job(job("test", 8 * day, 8 * day, 8 * day - 60))
        .re_run()
        .started(days(1))
        .conclusion(Success)
        .with_job(job("test", day, day, day - 120));
    assert_eq!(line_over("queue_seconds_samples", [run.clone()]).await, "1");
    assert_eq!(line_over("runner_minutes", [run]).await, "2 os:linux");
}

#[tokio::test]
async fn minutes_are_summed_by_operating_system() {
    let run = ci()
        .age(seconds(900))
        .with_job(job("a", 900, 900, 870).labels(["ubuntu-24.04"]))
        .with_job(job("b", 900, 900, 840).labels(["self-hosted", "Linux", "X64"]))
        .with_job(job("c", 900, 900, 780).labels(["windows-latest"]))
        .with_job(job("d", 900, 900, 600).labels(["macos-15-xlarge"]))
        .with_job(job("e", 900, 900, 600).labels(["gpu"]));
    assert_eq!(
        line_over("runner_minutes", [run]).await,
        "1.5 os:linux; 5 os:macos; 5 os:other; 2 os:windows"
    );
    let none = line_over("runner_minutes", [ci().conclusion(Skipped)]).await;
    assert!(none.starts_with("no data: no job ended on a runner"), "{none}");
}

#[tokio::test]
async fn the_jobs_of_a_run_are_requested_once() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.run(ci().id(1).with_job(job("test", 60, 50, 10)));
    shop.run(ci().id(2).conclusion(Skipped)).run(ci().id(3).branch("feature"));
    let context = Stage::on(&github).one_repository();
    for metric in ["duration_seconds", "queue_seconds", "runner_minutes", "duration_seconds_samples", "runs"]
    {
        line(metric, &context).await;
    }
    assert_eq!(
        requests(&github),
        ["actions/runs?per_page=100", "actions/runs/1/jobs?filter=all&per_page=100"]
    );
}

#[tokio::test]
async fn more_lists_of_jobs_than_the_limit_are_an_error() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    for _ in 0..3 {
        shop.run(ci());
    }
    let context = Stage::on(&github).settings("[ci]\nmax_run_requests = 2").one_repository();
    assert_eq!(
        line("duration_seconds", &context).await,
        "error: 3 lists of jobs are needed, and `max_run_requests` in [ci] permits 2; raise it, or set a shorter window in \
         [metrics]"
    );
    assert_eq!(requests(&github).len(), 1);
}
