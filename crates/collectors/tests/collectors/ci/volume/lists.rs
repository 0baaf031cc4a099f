//! Long lists, stale lists, and responses that lack something.

use serde_json::{Value, json};
use system_health_test_support::{
    github::{
        Conclusion::{Cancelled, Failure, Success},
        FakeGitHub, Job, refusal,
    },
    server::Answer,
};

use super::{METRICS, ci, days, line, seconds};
use crate::{ci::requests, stage::Stage};

#[tokio::test]
async fn the_list_is_read_until_a_page_is_older_than_the_lookback() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    for _ in 0..250 {
        shop.run(ci().age(days(12)));
    }
    for _ in 0..150 {
        shop.run(ci().age(days(9)).re_run().conclusion(Failure).started(days(1)));
    }
    for _ in 0..120 {
        shop.run(ci());
    }
    assert_eq!(line("success_ratio_samples", &Stage::on(&github).one_repository()).await, "270");
    // Three pages have runs of the last ten days. The fourth has only older ones, so no further page is read.
    assert_eq!(requests(&github).len(), 4);
}

#[tokio::test]
async fn the_counts_of_a_branch_without_runs_are_0_only_if_it_exists() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    // A fork may have a branch with any name.
    shop.commits(1).run(ci().branch("trunk")).run(ci().fork("mallory/shop"));
    for metric in ["flaky_runs", "cancelled_runs", "rerun_runs", "success_ratio_samples"] {
        assert_eq!(line(metric, &Stage::on(&github).one_repository()).await, "0", "{metric}");
    }
    let requests = github.requests().len();
    let context = Stage::on(&github).one_repository();
    line("flaky_runs", &context).await;
    line("rerun_runs", &context).await;
    assert_eq!(github.requests().len(), requests + 2, "the list and the branch, once each");

    shop.rename_branch("main", "trunk");
    for metric in METRICS {
        let line = line(metric, &Stage::on(&github).one_repository()).await;
        let expected = match *metric {
            // These metrics are not about the branch.
            "queued_jobs" => "0",
            "runners" => "0 status:idle; 0 status:busy; 0 status:offline",
            _ => "error: the branch `main` of acme/shop was renamed to `trunk`",
        };
        assert_eq!(line, expected, "{metric}");
    }
    shop.delete_branch("trunk");
    let line = line("flaky_runs", &Stage::on(&github).one_repository()).await;
    assert!(line.starts_with("error: cannot read the branch `main` of acme/shop: "), "{line}");
}

#[tokio::test]
async fn without_permission_to_read_a_branch_without_runs_there_is_no_data() {
    let github = FakeGitHub::start();
    github.repository("acme/shop").commits(1).run(ci().branch("trunk"));
    github.fail("/branches/", refusal::forbidden());
    let line = line("flaky_runs", &Stage::on(&github).one_repository()).await;
    let expected = "no data: the GitHub token needs the permission `Contents` (read) for acme/shop: ";
    assert!(line.starts_with(expected), "{line}");
}

#[tokio::test]
async fn a_list_with_more_pages_than_the_limit_is_an_error() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    for _ in 0..201 {
        shop.run(ci());
    }
    let api = format!("[github]\napi_url = \"{}\"\nmax_pages = 2", github.url());
    let settings = format!("{api}\n[repository]\nname = \"acme/shop\"\nbranch = \"main\"");
    let context = Stage::empty().token().settings(&settings).one_repository();

    let line = line("runs", &context).await;

    assert!(line.starts_with("error: cannot list the workflow runs of acme/shop since "), "{line}");
    assert!(line.ends_with("allows (2) and would be cut off; raise `max_pages`"), "{line}");
}

#[tokio::test]
async fn more_than_a_thousand_runs_are_counted_and_the_search_index_is_not_used() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.run(ci()).stop_search_index();
    for _ in 0..1_100 {
        shop.run(ci());
    }
    assert_eq!(line("success_ratio_samples", &Stage::on(&github).one_repository()).await, "1101");
}

#[tokio::test]
async fn a_run_that_is_listed_twice_counts_once() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    let runs: Vec<Value> = (0..100).map(|id| run(id % 99)).collect();
    shop.run(ci());
    github.fail("/runs?", Answer::json(200, &json!({"total_count": 100, "workflow_runs": runs})));

    assert_eq!(line("success_ratio_samples", &Stage::on(&github).one_repository()).await, "99");
}

/// A run that succeeded a few seconds ago.
fn run(id: u64) -> Value {
    let now = humantime::format_rfc3339_seconds(std::time::SystemTime::now() - seconds(5)).to_string();
    json!({"id": id, "event": "push", "head_branch": "main", "head_sha": "abc", "status": "completed",
        "conclusion": "success", "repository": {"id": 1}, "head_repository": {"id": 1}, "path": ".github/workflows/ci.yml",
        "created_at": now, "run_started_at": now})
}

#[tokio::test]
async fn runs_that_are_deleted_while_the_list_is_read_hide_no_other_runs() {
    let listed = async |deletions: usize| {
        let github = FakeGitHub::start();
        let shop = github.repository("acme/shop");
        for conclusion in [Success, Cancelled, Success] {
            for _ in 0..100 {
                shop.run(ci().conclusion(conclusion));
            }
        }
        for _ in 0..deletions {
            let changed = shop.clone();
            github.after_next_request(move || {
                changed.delete_runs(50);
            });
            // Nothing changes after the next request, which is the last one of this attempt to read the list.
            github.after_next_request(|| {});
        }
        (line("cancelled_runs", &Stage::on(&github).one_repository()).await, github.requests().len())
    };
    assert_eq!(listed(0).await, ("100".to_owned(), 3));
    // After 50 runs were deleted, the second page lacks 50 cancelled runs, so the list is read again.
    assert_eq!(listed(1).await, ("100".to_owned(), 2 + 3));
    let (line, requests) = listed(2).await;
    assert!(line.starts_with("error: cannot list the workflow runs of acme/shop since "), "{line}");
    assert!(line.ends_with("runs are deleted faster than the list can be read"), "{line}");
    assert_eq!(requests, 4);
}

#[tokio::test]
async fn a_list_that_lacks_runs_is_an_error() {
    let github = FakeGitHub::start();
    github.repository("acme/shop").run(ci());
    github.fail("/runs?", Answer::json(200, &json!({"total_count": 3, "workflow_runs": [run(1), run(2)]})));

    let line = line("runs", &Stage::on(&github).one_repository()).await;

    assert!(line.starts_with("error: cannot list the workflow runs of acme/shop since "), "{line}");
    assert!(line.ends_with("GitHub listed 2 of the 3 runs of acme/shop"), "{line}");
}

#[tokio::test]
async fn an_unknown_value_or_a_missing_field_is_an_error() {
    for (field, value, error) in [
        ("conclusion", json!("exploded"), "run 1 has the unknown conclusion `exploded`"),
        ("status", json!("paused"), "run 1 has the unknown status `paused`"),
        (
            "path",
            Value::Null,
            "run 1 does not name its workflow file; GitHub Enterprise Server 3.5 or newer does",
        ),
    ] {
        let github = FakeGitHub::start();
        github.repository("acme/shop").run(ci());
        let mut run = run(1);
        run[field] = value;
        github.fail("/runs?", Answer::json(200, &json!({"total_count": 1, "workflow_runs": [run]})));
        assert_eq!(line("runs", &Stage::on(&github).one_repository()).await, format!("error: {error}"));
    }
    for (field, metric) in
        [("created_at", "queue_seconds"), ("started_at", "queue_seconds"), ("completed_at", "runner_minutes")]
    {
        let github = FakeGitHub::start();
        github.repository("acme/shop").run(ci());
        let now = humantime::format_rfc3339_seconds(std::time::SystemTime::now() - seconds(5)).to_string();
        let mut job = json!({"name": "test", "status": "completed", "conclusion": "success", "runner_id": 7,
            "created_at": now, "started_at": now, "completed_at": now});
        job.as_object_mut().unwrap().remove(field);
        github.fail("/jobs", Answer::json(200, &json!({"total_count": 1, "jobs": [job]})));
        assert_eq!(
            line(metric, &Stage::on(&github).one_repository()).await,
            format!("error: the job `test` of run #1 has no `{field}`")
        );
    }
}

#[tokio::test]
async fn a_failure_on_any_endpoint_is_an_error_and_no_number() {
    let teapot = || Answer::json(418, &json!({"message": "teapot"}));
    for metric in METRICS {
        for request in ["/runs?", "/jobs", "/attempts/", "/runners"] {
            let github = FakeGitHub::start();
            let run = || ci().conclusion(Failure).job("test", Failure).re_run();
            github
                .repository("acme/shop")
                .run(run().conclusion(Success).job("test", Success))
                .run(ci().in_progress().with_job(Job::queued("test")));
            github.fail(request, teapot());

            let line = line(metric, &Stage::on(&github).one_repository()).await;

            let is_requested = github.requests().iter().any(|made| made.target.contains(request));
            let is_error = line.starts_with("error: cannot ") && line.ends_with("418 I'm a teapot: teapot");
            assert_eq!(is_requested, is_error, "{metric} {request}: {line}");
        }
    }
}
