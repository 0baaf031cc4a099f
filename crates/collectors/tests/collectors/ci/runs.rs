//! Which run decides.

use std::time::Duration;

use system_health_test_support::github::{
    Conclusion::{
        ActionRequired, Cancelled, Failure, Neutral, Skipped, Stale, StartupFailure, Success, TimedOut,
    },
    Run,
};

use super::{checks, docs, failed, jobs_setting, passed, reading};
use crate::stage::days;

#[tokio::test]
async fn in_each_situation_the_right_run_decides() {
    let main_to_production = failed().event("pull_request");
    let fail_fast = checks().conclusion(Failure).job("test (linux)", Failure).job("test (mac)", Cancelled);
    let tolerated = checks().job("test", Success).job("nightly toolchain", Failure);
    let deploy_failed = checks().conclusion(Failure).job("test", Success).job("deploy", Failure);
    let unexpanded = checks().job("test (${{ matrix.os }})", Skipped).job("lint", Success);
    let matrix = |mac| checks().job("test (linux)", Success).job("test (mac)", mac).job("lint", Success);
    let too_old = passed().age(days(731) + Duration::from_mins(90));
    let one_job = jobs_setting("'test'");
    let matrix_jobs = jobs_setting("'test*'");
    for (situation, settings, runs, expected) in [
        ("the newest run failed and is being re-run", "", vec![passed(), failed().re_run()], "0"),
        (
            "the newest run failed and is being re-run, with selected jobs",
            &*one_job,
            vec![passed(), failed().re_run()],
            "0",
        ),
        ("a documentation commit skips the job", &one_job, vec![failed(), docs()], "0"),
        ("a documentation commit after a run that passed", &one_job, vec![passed(), docs()], "1"),
        (
            "fail-fast cancels the other job of the matrix",
            &matrix_jobs,
            vec![matrix(Success), fail_fast.clone()],
            "0",
        ),
        ("fail-fast without selected jobs", "", vec![passed(), fail_fast], "0"),
        ("a pull request from main to production", "", vec![passed(), main_to_production], "1"),
        ("a tolerated failure", "", vec![failed(), tolerated], "1"),
        (
            "a skipped matrix after a run that failed",
            &matrix_jobs,
            vec![matrix(Failure), unexpanded.clone()],
            "0",
        ),
        (
            "a skipped matrix after a run that passed",
            &jobs_setting("'test (mac)', 'lint'"),
            vec![matrix(Success), unexpanded],
            "1",
        ),
        ("a deploy job failed", &matrix_jobs, vec![failed(), deploy_failed], "1"),
        (
            "a pattern matches no job",
            &jobs_setting("'tset*', 'lint'"),
            vec![matrix(Success)],
            "error: `jobs` in [ci]: `tset*` matches no job in any inspected run; the nearest names are `test (mac)`, \
             `test (linux)`, `lint`",
        ),
        (
            "the newest run is two years old",
            "",
            vec![too_old],
            "no data: run #1 on the branch `main`, which decides, is 731 days 1 hour old; `max_age` in [ci] is 14 days",
        ),
    ] {
        let reading = reading(settings, runs).await.replace(" […]", "");
        assert_eq!(reading, expected, "{situation}");
    }
}

#[tokio::test]
async fn the_newest_run_that_decided_something_counts() {
    let timed_out = checks().conclusion(TimedOut).job("test", TimedOut);
    assert_eq!(reading("", [failed(), passed()]).await, "1 […]");
    assert_eq!(reading("", [passed(), failed()]).await, "0 […]");
    assert_eq!(reading("", [passed(), timed_out]).await, "0 […]");
    assert_eq!(reading("", [passed(), checks().conclusion(StartupFailure)]).await, "0 […]");
    for undecided in [Cancelled, Skipped, Neutral, Stale, ActionRequired] {
        assert_eq!(reading("", [failed(), checks().conclusion(undecided)]).await, "0 […]", "{undecided:?}");
    }
    assert_eq!(reading("", [failed(), checks().in_progress()]).await, "0 […]");
    assert_eq!(reading("", [failed(), checks().queued()]).await, "0 […]");
}

#[tokio::test]
async fn within_a_run_the_newest_attempt_that_decided_something_counts() {
    for settings in ["", &jobs_setting("'test'")] {
        let again = || failed().re_run();
        for (run, expected) in [
            (again(), "0 […]"),
            (again().conclusion(Success).job("test", Success), "1 […]"),
            // The cancelled attempt decides nothing, but the attempt before it does.
            (again().conclusion(Cancelled).job("test", Cancelled), "0 […]"),
            (again().conclusion(Cancelled).job("test", Cancelled).re_run(), "0 […]"),
            (
                again()
                    .conclusion(Cancelled)
                    .job("test", Cancelled)
                    .re_run()
                    .conclusion(Success)
                    .job("test", Success),
                "1 […]",
            ),
            // No attempt decided anything, so the previous run counts.
            (checks().conclusion(Cancelled).job("test", Cancelled).re_run(), "1 […]"),
        ] {
            assert_eq!(reading(settings, [passed(), run.clone()]).await, expected, "{settings} {run:?}");
        }
    }
}

#[tokio::test]
async fn settings_name_the_events_that_count() {
    let runs = || [passed(), failed().event("pull_request"), failed().event("issue_comment")];
    assert_eq!(reading("", runs()).await, "1 […]");
    assert_eq!(reading("[ci]\nevents = ['push', 'pull_request']", runs()).await, "0 […]");
    for event in ["schedule", "workflow_dispatch", "repository_dispatch", "workflow_run"] {
        assert_eq!(reading("", [passed(), failed().event(event)]).await, "0 […]", "{event}");
    }
}

#[tokio::test]
async fn the_age_is_that_of_the_attempt_or_job_that_decided() {
    let re_run = || checks().conclusion(Cancelled).age(days(30)).re_run().conclusion(Success);
    assert_eq!(reading("", [re_run().started(days(1))]).await, "1 […]");
    // The first attempt decided. It is as old as the run, although the run is being re-run today.
    let old = reading("", [failed().age(days(30) + Duration::from_mins(90)).re_run().started(days(0))]).await;
    assert!(old.ends_with("is 30 days 1 hour old; `max_age` in [ci] is 14 days"), "{old}");

    let settings = jobs_setting("'test', 'docs'");
    let skipped_since =
        |age| [passed().age(days(age) + Duration::from_mins(90)).job("docs", Success), docs().age(days(1))];
    assert_eq!(reading(&settings, skipped_since(13)).await, "1 […]");
    assert_eq!(
        reading(&settings, skipped_since(20)).await,
        "no data: the job `test` of run #1 on the branch `main`, which decides, is 20 days 1 hour old; `max_age` in \
         [ci] is 14 days"
    );
    assert_eq!(reading(&format!("{settings}\nmax_age = '30d'"), skipped_since(20)).await, "1 […]");
    let hours = reading("[ci]\nmax_age = '1h'", [passed().age(Duration::from_secs(107 * 60 + 30))]).await;
    assert!(hours.ends_with("is 1 hour 47 minutes old; `max_age` in [ci] is 1 hour"), "{hours}");
}

#[tokio::test]
async fn without_a_decision_there_is_no_data() {
    for (runs, reason) in [
        (vec![], "checks.yml has no run on the branch `main` with an event that tests it"),
        (
            vec![failed().event("pull_request")],
            "checks.yml has no run on the branch `main` with an event that tests it",
        ),
        (vec![checks().queued()], "the only run of checks.yml on the branch `main` did not decide"),
        (
            vec![checks().conclusion(Skipped), checks().conclusion(Cancelled)],
            "the newest 2 runs of checks.yml on the branch `main` did not decide",
        ),
    ] {
        assert_eq!(reading("", runs).await, format!("no data: {reason}"));
    }
}

#[tokio::test]
async fn if_the_newest_run_has_too_many_attempts_the_reason_says_so() {
    let cancelled = checks().conclusion(Cancelled);
    let cancelled = (0..30).fold(cancelled, |run, _| run.re_run().conclusion(Cancelled));
    assert_eq!(
        reading("", [passed(), cancelled]).await,
        "no data: run #2 on the branch `main` has too many attempts that decide nothing; at most 20 are read"
    );
}

#[tokio::test]
async fn settings_name_the_workflow() {
    let other = Run::new("ci.yml").conclusion(Failure).job("test", Failure);
    let reading = reading("[ci]\nworkflow = 'ci.yml'", [other, passed()]).await;
    assert_eq!(reading, "0 [branch:main, repository:acme/shop, workflow:ci.yml]");
}
