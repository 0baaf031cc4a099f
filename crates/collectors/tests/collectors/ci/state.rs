//! Which workflows pass on the branch now, and since when the tests fail.

use std::time::Duration;

use system_health_collectors::ci::state;
use system_health_registry::{IntoReading, StartedAt, Unavailable};
use system_health_test_support::{
    github::{
        Conclusion::{Cancelled, Failure, Success},
        FakeGitHub, Job, Run, refusal,
    },
    server::Answer,
};

use super::{checks, docs, failed, jobs_setting, passed, pull_request, requests};
use crate::stage::{OneRepository, Stage, days, evidence_of};

/// The samples of a metric without the tag of the branch, joined with `; `, or the reason of no data, or the error.
async fn line(metric: &str, context: &OneRepository) -> String {
    match collect(metric, context).await {
        Ok(lines) => lines.join("; "),
        Err(Unavailable::NoData(reason)) => format!("no data: {reason}"),
        Err(Unavailable::Error(error)) => format!("error: {error}"),
    }
}

async fn collect(metric: &str, context: &OneRepository) -> Result<Vec<String>, Unavailable> {
    let reading = match metric {
        "workflow_passing" => state::workflow_passing(context.get().await?).into_reading(),
        "workflows_failing" => state::workflows_failing(context.get().await?).into_reading(),
        "red_seconds" => {
            let started_at: StartedAt = context.get().await?;
            state::red_seconds(context.get().await?, started_at).into_reading()
        }
        other => panic!("there is no metric {other}"),
    }?;
    let samples = reading.samples().iter().map(|sample| {
        let tags = sample.tags().iter().map(ToString::to_string);
        let tags: Vec<String> = tags.filter(|tag| tag != "branch:main").collect();
        format!("{} {}", sample.value(), tags.join(" ")).trim().to_owned()
    });
    Ok(samples.collect())
}

/// The line of a metric over these runs, from the oldest to the newest.
async fn line_over(metric: &str, settings: &str, runs: impl IntoIterator<Item = Run>) -> String {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.workflow("checks.yml").commits(1);
    for run in runs {
        shop.run(run);
    }
    line(metric, &Stage::on(&github).settings(settings).one_repository()).await
}

/// The value of `red_seconds` in hours, or the reason of no data, or the error.
async fn red_hours(settings: &str, runs: impl IntoIterator<Item = Run>) -> String {
    let red = line_over("red_seconds", settings, runs).await;
    match red.strip_suffix(" workflow:checks.yml") {
        Some(seconds) => format!("{:.0}", seconds.parse::<f64>().unwrap() / 3600.0),
        None => red,
    }
}

fn hours(hours: u64) -> Duration {
    Duration::from_hours(hours)
}

#[tokio::test]
async fn every_active_workflow_that_runs_on_the_branch_has_a_value() {
    let runs = || {
        [
            checks().age(hours(3)),
            Run::new("nightly.yml").age(hours(2)).event("schedule").conclusion(Failure),
            Run::new("nightly.yml").age(hours(1)).event("schedule").conclusion(Cancelled),
            // These do not run on the branch.
            Run::new("label.yml").event("pull_request").branch("feature").conclusion(Failure),
            Run::new("fork.yml").fork("mallory/shop").conclusion(Failure),
            Run::new("queue.yml").event("pull_request").conclusion(Failure),
            // These have no recent result.
            Run::new("release.yml").age(days(15)).conclusion(Failure),
            Run::new("new.yml").in_progress(),
        ]
    };
    assert_eq!(
        line_over("workflow_passing", "", runs()).await,
        "1 workflow:checks.yml; 0 workflow:nightly.yml"
    );
    assert_eq!(line_over("workflows_failing", "", runs()).await, "1");
    assert_eq!(line_over("workflows_failing", "", [checks()]).await, "0");
}

#[tokio::test]
async fn a_disabled_workflow_has_no_value() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.run(checks()).run(Run::new("old.yml").conclusion(Failure)).disable_workflow("old.yml");
    let context = Stage::on(&github).one_repository();
    assert_eq!(line("workflow_passing", &context).await, "1 workflow:checks.yml");
    assert_eq!(line("workflows_failing", &context).await, "0");
    assert_eq!(requests(&github), ["actions/runs?per_page=100", "actions/workflows?per_page=100"]);
}

#[tokio::test]
async fn without_a_recent_result_there_is_no_data() {
    for metric in ["workflow_passing", "workflows_failing"] {
        for runs in [vec![], vec![checks().in_progress()], vec![checks().age(days(15))]] {
            assert_eq!(
                line_over(metric, "", runs).await,
                "no data: no active workflow has a recent result on the branch `main`"
            );
        }
    }
}

#[tokio::test]
async fn an_attempt_that_failed_counts_until_the_next_one_has_ended() {
    assert_eq!(line_over("workflow_passing", "", [failed().re_run()]).await, "0 workflow:checks.yml");
    let passed_again = failed().re_run().conclusion(Success);
    assert_eq!(line_over("workflow_passing", "", [passed_again]).await, "1 workflow:checks.yml");
}

#[tokio::test]
async fn runs_of_pull_requests_do_not_hide_those_of_the_branch() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.run(failed().age(days(13)));
    for _ in 0..250 {
        shop.run(pull_request());
    }
    assert_eq!(line("workflows_failing", &Stage::on(&github).one_repository()).await, "1");
}

#[tokio::test]
async fn the_selected_jobs_decide_for_the_workflow_that_tests_the_branch() {
    // Only the deployment failed.
    let run = || checks().conclusion(Failure).job("test", Success).job("deploy", Failure);
    assert_eq!(line_over("workflow_passing", "", [run()]).await, "0 workflow:checks.yml");
    assert_eq!(
        line_over("workflow_passing", &jobs_setting("'test'"), [run()]).await,
        "1 workflow:checks.yml"
    );
    let other = Run::new("other.yml").conclusion(Failure).job("test", Success);
    assert_eq!(
        line_over("workflow_passing", &jobs_setting("'test'"), [run(), other]).await,
        "1 workflow:checks.yml; 0 workflow:other.yml"
    );
}

#[tokio::test]
async fn with_an_unknown_result_the_number_of_failing_workflows_is_no_data() {
    let cancelled = || checks().conclusion(Cancelled).job("test", Cancelled);
    let other = || Run::new("other.yml").conclusion(Failure);
    let failing = line_over("workflows_failing", &jobs_setting("'test'"), [other(), cancelled()]).await;
    assert!(
        failing.starts_with("no data: checks.yml may be failing: the only run of checks.yml"),
        "{failing}"
    );
    assert_eq!(
        line_over("workflow_passing", &jobs_setting("'test'"), [other(), cancelled()]).await,
        "0 workflow:other.yml"
    );
}

#[tokio::test]
async fn with_an_unknown_result_no_workflow_counts_in_the_evidence() {
    let github = FakeGitHub::start();
    let cancelled = checks().conclusion(Cancelled).job("test", Cancelled);
    github.repository("acme/shop").run(Run::new("other.yml").conclusion(Failure)).run(cancelled);

    let evidence =
        evidence_of(&Stage::on(&github).settings(&jobs_setting("'test'")), "ci.workflows_failing").await;

    assert!(evidence[0].starts_with("- checks.yml: the only run of checks.yml"), "{evidence:?}");
    assert_eq!(evidence[1..], ["- other.yml: it fails"]);
}

#[tokio::test]
async fn a_renamed_branch_is_an_error() {
    let github = FakeGitHub::start();
    github.repository("acme/shop").commits(1).run(checks().branch("trunk")).rename_branch("main", "trunk");
    for metric in ["workflow_passing", "workflows_failing"] {
        assert_eq!(
            line(metric, &Stage::on(&github).one_repository()).await,
            "error: the branch `main` of acme/shop was renamed to `trunk`"
        );
    }
}

#[tokio::test]
async fn a_run_with_too_many_undecided_attempts_may_be_failing() {
    let attempt = |run: Run| run.started(hours(20)).conclusion(Cancelled);
    let cancelled = (0..30).fold(attempt(checks().age(hours(20))), |run, _| attempt(run.re_run()));
    let reason = "run #1 on the branch `main` has too many attempts that decide nothing; at most 20 are read";
    let other = Run::new("other.yml").conclusion(Failure);
    assert_eq!(
        line_over("workflows_failing", "", [cancelled.clone(), other]).await,
        format!("no data: checks.yml may be failing: {reason}")
    );
    assert_eq!(
        red_hours("", [cancelled, failed().age(hours(5))]).await,
        format!("no data: the tests fail, but it is not known since when: {reason}")
    );
}

#[tokio::test]
async fn green_is_0_seconds_and_red_counts_from_the_first_failure() {
    let passed = |age| passed().age(hours(age));
    let failed = |age| failed().age(hours(age));
    let cancelled = |age| checks().age(hours(age)).conclusion(Cancelled);
    let running = |age| checks().age(hours(age)).in_progress();
    for (runs, expected) in [
        (vec![passed(5)], "0"),
        (vec![failed(9), passed(5)], "0"),
        (vec![passed(9), failed(5)], "5"),
        (vec![failed(30), passed(20), failed(9), failed(5), failed(1)], "9"),
        // Runs that were cancelled or have not ended neither end nor start the streak.
        (vec![passed(20), cancelled(15), failed(9), cancelled(7), failed(5), cancelled(2), running(1)], "9"),
        // No older run passed.
        (vec![failed(9), failed(5)], "9"),
        (vec![cancelled(12), failed(9)], "9"),
        // The first failure may be older than `max_age`.
        (vec![passed(600), failed(500), failed(5)], "500"),
    ] {
        assert_eq!(red_hours("", runs.clone()).await, expected, "{runs:?}");
    }
}

#[tokio::test]
async fn a_re_run_does_not_start_the_streak_again() {
    let failed = || failed().age(hours(9));
    let again = || failed().re_run().started(hours(5));
    let before = || passed().age(hours(20));
    assert_eq!(red_hours("", [before(), again().conclusion(Failure)]).await, "9");
    assert_eq!(red_hours("", [before(), again()]).await, "9");
    assert_eq!(red_hours("", [before(), again().conclusion(Cancelled)]).await, "9");
    // The first attempt passed, so the second one is the first failure.
    let flipped = passed().age(hours(9)).re_run().started(hours(5)).conclusion(Failure);
    assert_eq!(red_hours("", [before(), flipped]).await, "5");
}

#[tokio::test]
async fn a_re_run_has_no_effect_on_the_streak_once_a_newer_run_has_decided() {
    let passed = |age| passed().age(hours(age));
    let failed = |age| failed().age(hours(age));
    let again = |run: Run, age, end| run.re_run().started(hours(age)).conclusion(end);
    for (runs, expected) in [
        // The newest run had decided before the re-run started.
        (vec![again(passed(50), 2, Failure), failed(40)], "40"),
        (vec![passed(60), failed(50), again(failed(40), 5, Success), failed(30), failed(20)], "50"),
        (vec![passed(60), again(failed(50), 5, Success), failed(40)], "50"),
        // A cancelled run does not decide, so the re-run does.
        (vec![again(passed(50), 2, Failure), checks().age(hours(40)).conclusion(Cancelled)], "2"),
        // The older run passed and then failed in its re-runs, before the newer run started.
        (vec![passed(60), again(again(failed(50), 45, Success), 40, Failure), failed(30)], "40"),
        // The newer run decided only in its re-run, after the re-run of the older run.
        (
            vec![
                again(passed(50), 20, Failure),
                again(checks().age(hours(40)).conclusion(Cancelled), 10, Failure),
            ],
            "20",
        ),
        // The newer run decided in its re-run, before the re-run of the older run.
        (
            vec![
                again(passed(50), 10, Failure),
                again(checks().age(hours(40)).conclusion(Cancelled), 20, Failure),
            ],
            "20",
        ),
    ] {
        assert_eq!(red_hours("", runs.clone()).await, expected, "{runs:?}");
    }
}

#[tokio::test]
async fn a_re_run_decides_for_the_jobs_that_a_newer_run_skipped() {
    let settings = &jobs_setting("'test', 'docs'");
    let both = |age, end| {
        let run = checks().age(hours(age)).conclusion(end);
        run.with_job(Job::new("test", end)).job("docs", Success)
    };
    let again = |run: Run, age, end| {
        let run = run.re_run().started(hours(age)).conclusion(end);
        run.with_job(Job::new("test", end)).job("docs", Success)
    };
    let docs = |age| docs().age(hours(age));
    assert_eq!(red_hours(settings, [again(both(20, Success), 5, Failure), docs(9)]).await, "5");
    // The newer run 15 hours ago decided, so the re-run has no effect.
    assert_eq!(
        red_hours(settings, [again(both(20, Failure), 5, Success), both(15, Failure), docs(9)]).await,
        "20"
    );
}

#[tokio::test]
async fn a_skipped_job_stays_red_and_unselected_jobs_have_no_effect() {
    let settings = &jobs_setting("'test', 'docs'");
    let docs = |age| docs().age(hours(age));
    let both = |age, end| {
        let run = checks().age(hours(age)).conclusion(end);
        run.with_job(Job::new("test", end)).job("docs", Success)
    };
    assert_eq!(red_hours(settings, [both(20, Success), both(9, Failure), docs(5), docs(1)]).await, "9");
    assert_eq!(
        red_hours(settings, [both(20, Success), both(9, Failure), docs(5), both(1, Success)]).await,
        "0"
    );
    let deploy = checks().age(hours(15)).conclusion(Failure).job("test", Success).job("docs", Success);
    assert_eq!(red_hours(settings, [deploy.job("deploy", Failure), both(9, Failure)]).await, "9");
}

#[tokio::test]
async fn a_streak_whose_start_is_not_known_is_no_data() {
    let long = red_hours("", (0..101).map(|_| failed())).await;
    assert_eq!(
        long,
        "no data: the tests fail, but it is not known since when: they may have begun to fail before the oldest run that GitHub lists"
    );
    // GitHub's list of the runs on the branch is stale: it lacks the run that failed.
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commits(1).run(passed().age(hours(9))).stop_search_index();
    shop.run(failed());
    for _ in 0..99 {
        shop.run(pull_request());
    }
    let stale = line("red_seconds", &Stage::on(&github).one_repository()).await;
    assert!(stale.starts_with("no data: the tests fail, but it is not known since when: "), "{stale}");
    assert!(stale.contains("may be stale"), "{stale}");
    // The stale list lacks both runs, so no older run is known.
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commits(1).stop_search_index();
    shop.run(passed().age(hours(9))).run(failed());
    for _ in 0..99 {
        shop.run(pull_request());
    }
    let stale = line("red_seconds", &Stage::on(&github).one_repository()).await;
    assert!(stale.contains("may be stale"), "{stale}");
}

#[tokio::test]
async fn the_red_streak_and_the_verdict_share_their_requests() {
    let github = FakeGitHub::start();
    github.repository("acme/shop").run(passed().age(hours(9))).run(failed().age(hours(5)));
    let context = Stage::on(&github).one_repository();
    crate::stage::tests(&context).await.unwrap();
    line("red_seconds", &context).await;
    assert_eq!(requests(&github), ["actions/workflows/checks.yml/runs?per_page=100"]);
}

#[tokio::test]
async fn a_failed_request_is_an_error_and_a_missing_permission_is_no_data() {
    let metrics = [
        ("workflow_passing", ["/workflows?", "/runs?"]),
        ("workflows_failing", ["/workflows?", "/attempts/"]),
        ("red_seconds", ["/runs?", "/attempts/"]),
    ];
    for (metric, request) in
        metrics.into_iter().flat_map(|(metric, requests)| requests.map(|request| (metric, request)))
    {
        let github = FakeGitHub::start();
        github.repository("acme/shop").run(failed().re_run());
        github.fail(request, Answer::json(418, &serde_json::json!({"message": "teapot"})));
        let line = line(metric, &Stage::on(&github).one_repository()).await;
        assert!(line.starts_with("error: cannot ") && line.ends_with("teapot: teapot"), "{metric}: {line}");
    }
    let github = FakeGitHub::start();
    github.repository("acme/shop").run(passed());
    github.fail("/workflows?", refusal::forbidden());
    let line = line("workflow_passing", &Stage::on(&github).one_repository()).await;
    assert!(
        line.starts_with("no data: the GitHub token needs the permission `Actions` (read) for acme/shop: "),
        "{line}"
    );
}
