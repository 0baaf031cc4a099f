//! Unusual responses: incomplete ones, values that GitHub does not document, runs that do not count, and errors.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};
use system_health_registry::{Sample, Unavailable};
use system_health_test_support::{
    github::{
        Conclusion::{Cancelled, Failure},
        FakeGitHub, Job, Run,
    },
    server::Answer,
};

use super::{
    add_runs_and_fill_newest_page, checks, evidence_lines, failed, jobs_setting, passed, reading, shown,
};
use crate::stage::{Stage, line};

/// A run with only the fields that are needed.
fn bare_run(id: u64, status: &str, conclusion: Option<&str>) -> Value {
    json!({"id": id, "event": "push", "head_branch": "main", "head_sha": "abc", "status": status,
        "conclusion": conclusion, "repository": {"id": 1}, "head_repository": {"id": 1},
        "created_at": "2026-06-15T12:00:00Z"})
}

async fn reading_of(runs: Value) -> Result<Sample, Unavailable> {
    let github = FakeGitHub::start();
    let total = runs.as_array().unwrap().len();
    github.fail("/runs?", Answer::json(200, &json!({"total_count": total, "workflow_runs": runs})));
    // A minute after 2026-06-15T12:00:00Z, when the runs were created.
    let now = UNIX_EPOCH + Duration::from_hours(494_868) + Duration::from_mins(1);
    Stage::on(&github).started_at(now).tests().await
}

#[tokio::test]
async fn a_run_without_a_valid_link_still_has_a_value() {
    for page in [Value::Null, json!("runs/7")] {
        let mut run = bare_run(7, "completed", Some("success"));
        run["html_url"] = page.clone();

        let sample = reading_of(json!([run])).await.unwrap();

        assert_eq!((sample.value().to_string(), sample.link()), ("1".into(), None), "{page}");
    }
}

#[tokio::test]
async fn runs_of_forks_other_branches_and_other_workflows_do_not_count() {
    let other_branch = failed().branch("next");
    let other_workflow = Run::new("deploy.yml").conclusion(Failure).job("test", Failure);
    let forks = std::iter::repeat_n(failed().fork("mallory/shop").event("push"), 31);
    let mut deleted = bare_run(8, "completed", Some("failure"));
    deleted["head_repository"] = Value::Null;

    let reading = reading("", [passed(), other_branch, other_workflow].into_iter().chain(forks)).await;
    let with_deleted = reading_of(json!([deleted, bare_run(7, "completed", Some("success"))])).await;

    assert_eq!(reading, "1 […]");
    assert_eq!(shown(&with_deleted), "1 […]");
    assert!(evidence_lines(&with_deleted)[0].ends_with(": it ran for a repository that no longer exists"));
}

#[tokio::test]
async fn a_workflow_that_does_not_exist_is_an_error_that_names_it() {
    let reading = reading("[ci]\nworkflow = \"nope.yml\"", []).await;
    assert!(
        reading.starts_with(
            "error: acme/shop has no workflow `nope.yml`, or the token may not read it; `workflow` in [ci] is the name of a \
             file in .github/workflows: GET /repos/acme/shop/actions/workflows/nope.yml/runs: GitHub answered 404"
        ),
        "{reading}"
    );
}

#[tokio::test]
async fn an_unknown_status_or_conclusion_is_an_error() {
    for (status, conclusion, error) in [
        ("completed", Some("exploded"), "run 7 has the unknown conclusion `exploded`"),
        ("completed", None, "run 7 is completed but has no conclusion"),
        ("paused", None, "run 7 has the unknown status `paused`"),
    ] {
        let runs = json!([bare_run(7, status, conclusion), bare_run(6, "completed", Some("success"))]);
        assert_eq!(shown(&reading_of(runs).await), format!("error: {error}"));
    }
    let github = FakeGitHub::start();
    github.repository("acme/shop").run(passed());
    github.fail(
        "/jobs",
        Answer::json(200, &json!({"total_count": 1, "jobs": [{"name": "test", "conclusion": "odd"}]})),
    );
    assert_eq!(
        line(&Stage::on(&github).settings(&jobs_setting("'test'")).tests().await),
        "error: cannot judge run #1: the job `test` has the unknown conclusion `odd`"
    );
}

#[tokio::test]
async fn a_run_or_a_job_without_a_needed_field_is_an_error() {
    let run = bare_run(7, "completed", Some("failure"));
    for field in ["status", "conclusion", "head_repository", "head_branch", "event", "head_sha", "created_at"]
    {
        let mut run = run.clone();
        run.as_object_mut().unwrap().remove(field);

        let reading = shown(&reading_of(json!([run])).await);

        assert!(reading.contains(&format!("missing field `{field}`")), "{reading}");
    }
    let github = FakeGitHub::start();
    github.repository("acme/shop").run(passed());
    github.fail("/jobs", Answer::json(200, &json!({"total_count": 1, "jobs": [{"name": "test"}]})));
    let reading = line(&Stage::on(&github).settings(&jobs_setting("'test'")).tests().await);
    assert!(reading.contains("missing field `conclusion`"), "{reading}");
}

#[tokio::test]
async fn jobs_that_are_announced_but_not_listed_are_an_error() {
    let github = FakeGitHub::start();
    github.repository("acme/shop").run(passed().id(7));
    let answer = json!({"total_count": 2, "jobs": [{"name": "test", "conclusion": "success"}]});
    github.fail("/jobs", Answer::json(200, &answer));

    assert_eq!(
        line(&Stage::on(&github).settings(&jobs_setting("'test'")).tests().await),
        "error: GitHub listed 1 of the 2 jobs of run 7 in acme/shop"
    );
}

#[tokio::test]
async fn a_failure_on_any_endpoint_is_an_error_and_no_number() {
    let test = jobs_setting("'test'");
    for (endpoint, settings, run) in [
        ("/runs?per_page", "", passed()),
        ("/runs?branch", "", checks().conclusion(Cancelled)),
        ("/commits?", "", passed()),
        ("/attempts/1", "", failed().re_run().with_job(Job::in_progress("test"))),
        ("/jobs?", &*test, passed()),
    ] {
        let github = FakeGitHub::start();
        let shop = github.repository("acme/shop");
        shop.commits(1);
        let is_on_newest_page = !endpoint.contains("commits") && !endpoint.contains("branch");
        add_runs_and_fill_newest_page(&shop, [run.clone()]);
        if is_on_newest_page {
            shop.run(run);
        }
        github.fail(endpoint, Answer::json(418, &json!({"message": "teapot"})));

        let reading = line(&Stage::on(&github).settings(settings).tests().await);

        assert!(reading.starts_with("error: cannot "), "{endpoint}: {reading}");
        assert!(reading.ends_with("GitHub answered 418 I'm a teapot: teapot"), "{endpoint}: {reading}");
    }
}
