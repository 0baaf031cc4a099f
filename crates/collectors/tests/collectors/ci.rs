//! Which run decides, and where it and its jobs come from. What jobs say together is tested beside the
//! code.

use std::time::Duration;

use serde_json::{Value, json};
use system_health_test_support::{
    github::{
        Conclusion::{
            ActionRequired, Cancelled, Failure, Neutral, Skipped, Stale, StartupFailure, Success, TimedOut,
        },
        FakeGitHub, Job, Run,
    },
    server::Answer,
};

use crate::stage::{Stage, line};

const TAGS: &str = "[branch:main, repository:acme/shop, workflow:checks.yml]";

/// The reading over these runs, the newest being the last, where `checks.yml` and `ci.yml` exist.
async fn reading(settings: &str, runs: impl IntoIterator<Item = Run>) -> String {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.workflow("checks.yml").workflow("ci.yml");
    for run in runs {
        shop.run(run);
    }
    line(&Stage::on(&github).settings(settings).tests().await).replace(TAGS, "[…]")
}

fn checks() -> Run {
    Run::new("checks.yml")
}

fn passed() -> Run {
    checks().job("test", Success)
}

fn failed() -> Run {
    checks().conclusion(Failure).job("test", Failure)
}

#[tokio::test]
async fn the_newest_run_that_decided_something_counts() {
    let timed_out = checks().conclusion(TimedOut).job("test", TimedOut);
    assert_eq!(reading("", [failed(), passed()]).await, "1 […]");
    assert_eq!(reading("", [passed(), failed()]).await, "0 […]");
    assert_eq!(reading("", [passed(), timed_out]).await, "0 […]");
    for undecided in [Cancelled, Skipped, Neutral, Stale, ActionRequired] {
        assert_eq!(reading("", [failed(), checks().conclusion(undecided)]).await, "0 […]", "{undecided:?}");
    }
    assert_eq!(reading("", [failed(), checks().in_progress()]).await, "0 […]");
}

#[tokio::test]
async fn the_value_links_to_the_run_that_decided() {
    let github = FakeGitHub::start();
    github.repository("acme/shop").run(passed().id(7)).run(checks().id(8).conclusion(Cancelled));

    let sample = Stage::on(&github).tests().await.unwrap();

    assert_eq!(sample.link(), Some("https://github.com/acme/shop/actions/runs/7"));
}

#[tokio::test]
async fn a_run_without_a_page_has_its_value_all_the_same() {
    let own = json!({"id": 1});
    for page in [Value::Null, json!("runs/7")] {
        let run = json!({"id": 7, "status": "completed", "conclusion": "success", "repository": own,
            "head_repository": own, "html_url": page});
        let github = FakeGitHub::start();
        github.fail("/runs?", Answer::json(200, &json!({"total_count": 1, "workflow_runs": [run]})));
        let jobs = json!({"total_count": 1, "jobs": [{"name": "test", "conclusion": "success"}]});
        github.fail("/jobs", Answer::json(200, &jobs));

        let sample = Stage::on(&github).tests().await.unwrap();

        assert_eq!((sample.value().to_string(), sample.link()), ("1".into(), None), "{page}");
    }
}

#[tokio::test]
async fn ten_completed_runs_are_looked_at() {
    let after = |undecided| {
        let newer = std::iter::repeat_n(checks().conclusion(Cancelled), undecided);
        reading("", std::iter::once(passed()).chain(newer))
    };
    assert_eq!(after(9).await, "1 […]");
    assert_eq!(
        after(10).await,
        "no data: none of the latest 10 completed runs of checks.yml on the branch `main` of acme/shop passed or failed"
    );
}

#[tokio::test]
async fn without_a_decision_there_is_no_data() {
    assert_eq!(
        reading("", [checks().queued()]).await,
        "no data: checks.yml has no completed run on the branch `main` of acme/shop"
    );
    assert_eq!(
        reading("", [checks().conclusion(Skipped), checks().conclusion(Cancelled)]).await,
        "no data: none of the 2 completed runs of checks.yml on the branch `main` of acme/shop passed or failed"
    );
}

#[tokio::test]
async fn runs_of_forks_other_branches_and_other_workflows_do_not_count() {
    let other_branch = failed().branch("next");
    let other_workflow = Run::new("deploy.yml").conclusion(Failure).job("test", Failure);
    // More than a page of them, so that the repository's own run is on the second.
    let forks = std::iter::repeat_n(failed().fork("mallory/shop"), 31);

    let reading = reading("", [passed(), other_branch, other_workflow].into_iter().chain(forks)).await;

    assert_eq!(reading, "1 […]");
}

#[tokio::test]
async fn a_run_of_a_deleted_fork_or_one_that_runs_again_does_not_count() {
    let own = json!({"id": 1});
    let run = |head: &Value, status: &str, conclusion: Option<&str>| json!({"id": 7, "status": status, "conclusion": conclusion, "repository": own, "head_repository": head});
    let runs = [run(&Value::Null, "completed", Some("failure")), run(&own, "in_progress", None)];
    let github = FakeGitHub::start();
    github.fail("/runs?", Answer::json(200, &json!({"total_count": 2, "workflow_runs": runs})));

    assert_eq!(
        line(&Stage::on(&github).tests().await),
        "no data: checks.yml has no completed run on the branch `main` of acme/shop"
    );
}

#[tokio::test]
async fn all_jobs_of_the_latest_attempt_count() {
    let many = checks().conclusion(Failure).jobs(120, Success).job("last", Failure);
    let again = passed().attempt(2).with_job(Job::new("test", Failure).attempt(1));
    assert_eq!(reading("", [many]).await, "0 […]");
    assert_eq!(reading("", [again]).await, "1 […]");
}

#[tokio::test]
async fn settings_name_the_workflow_and_the_jobs_that_must_be_there() {
    let run = Run::new("ci.yml").id(7).job("lint", Success).job("test", Cancelled).conclusion(Failure);
    let required = |jobs: &str| format!("[ci]\nworkflow = \"ci.yml\"\nrequired_jobs = [{jobs}]");
    assert_eq!(
        reading(&required("\"test\""), [run.clone()]).await,
        "no data: the required job `test` of run 7 was cancelled"
    );
    assert_eq!(
        reading(&required("\"lint\", \"e2e\""), [run]).await,
        "error: run 7 has no job `e2e`, which `required_jobs` in [ci] wants; its jobs are `lint`, `test`"
    );
}

#[tokio::test]
async fn a_run_without_jobs_is_an_error() {
    for (conclusion, word) in [(Success, "success"), (StartupFailure, "startup_failure")] {
        let reading = reading("", [passed(), checks().id(7).conclusion(conclusion)]).await;
        assert_eq!(reading, format!("error: run 7 ({word}) has no jobs"));
    }
}

#[tokio::test]
async fn a_workflow_that_is_not_there_is_an_error_that_names_it() {
    let reading = reading("[ci]\nworkflow = \"nope.yml\"", []).await;
    assert!(
        reading.starts_with(
            "error: there is no workflow `nope.yml` in acme/shop that can be seen; `workflow` in [ci] is the name of a \
             file in .github/workflows: GET /repos/acme/shop/actions/workflows/nope.yml/runs: GitHub answered 404"
        ),
        "{reading}"
    );
}

#[tokio::test]
async fn an_unknown_conclusion_is_an_error() {
    let run = json!({"id": 7, "status": "completed", "conclusion": "exploded", "repository": {"id": 1},
        "head_repository": {"id": 1}});
    let github = FakeGitHub::start();
    github.fail("/runs?", Answer::json(200, &json!({"total_count": 1, "workflow_runs": [run]})));

    assert_eq!(line(&Stage::on(&github).tests().await), "error: run 7 has the unknown conclusion `exploded`");
}

#[tokio::test]
async fn a_run_or_a_job_that_lacks_what_decides_is_an_error() {
    let run = json!({"id": 7, "status": "completed", "conclusion": "failure", "repository": {"id": 1},
        "head_repository": {"id": 1}});
    for field in ["status", "conclusion", "head_repository"] {
        let mut run = run.clone();
        run.as_object_mut().unwrap().remove(field);
        let github = FakeGitHub::start();
        github.fail("/runs?", Answer::json(200, &json!({"total_count": 1, "workflow_runs": [run]})));

        let reading = line(&Stage::on(&github).tests().await);

        assert!(reading.contains(&format!("missing field `{field}`")), "{reading}");
    }
    let github = FakeGitHub::start();
    github.repository("acme/shop").run(passed());
    github.fail("/jobs", Answer::json(200, &json!({"total_count": 1, "jobs": [{"name": "test"}]})));
    let reading = line(&Stage::on(&github).tests().await);
    assert!(reading.contains("missing field `conclusion`"), "{reading}");
}

#[tokio::test]
async fn jobs_that_are_announced_but_not_listed_are_an_error() {
    let github = FakeGitHub::start();
    github.repository("acme/shop").run(passed().id(7));
    let jobs = json!({"total_count": 2, "jobs": [{"name": "test", "conclusion": "success"}]});
    github.fail("/jobs", Answer::json(200, &jobs));

    assert_eq!(
        line(&Stage::on(&github).tests().await),
        "error: GitHub listed 1 of the 2 jobs of run 7 in acme/shop"
    );
}

#[tokio::test]
async fn a_failure_on_either_endpoint_is_an_error_and_no_number() {
    for endpoint in ["/runs?", "/jobs"] {
        let github = FakeGitHub::start();
        github.repository("acme/shop").run(passed().age(Duration::from_secs(5)));
        github.fail(endpoint, Answer::json(418, &json!({"message": "teapot"})));

        let reading = line(&Stage::on(&github).tests().await);

        assert!(reading.starts_with("error: cannot list the "), "{reading}");
        assert!(reading.ends_with("GitHub answered 418 I'm a teapot: teapot"), "{reading}");
    }
}
