//! `report backfill`: the whole program with a clone and with a fake GitHub.

use std::time::Duration;

use serde_json::{Value, json};
use system_health_test_support::{
    github::{Commit, FakeGitHub, PullRequest},
    scene::Scene,
};

const DAY: Duration = Duration::from_hours(24);

fn scene() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report"))
        .git_work_tree()
        .commit("First", 50 * DAY)
        .commit("hotfix: login", 12 * DAY)
        .commit("Sell socks", Duration::from_mins(1))
}

/// The results of a metric.
fn metric<'j>(document: &'j Value, key: &str) -> &'j Value {
    document["metrics"].as_array().unwrap().iter().find(|metric| metric["key"] == key).unwrap()
}

#[test]
fn the_history_of_a_clone_is_computed_and_a_second_backfill_adds_nothing() {
    let scene = scene();

    let first = scene.run(&["backfill", "--since", "30d"]).with_status(0).json();
    let second = scene.run(&["backfill", "--since", "30d"]).with_status(0).json();

    let hotfix = metric(&first, "commits.hotfix");
    assert_eq!((&hotfix["added"], &hotfix["known"]), (&json!(30), &json!(0)), "{first:#}");
    let hotfix = metric(&second, "commits.hotfix");
    assert_eq!((&hotfix["added"], &hotfix["known"]), (&json!(0), &json!(30)), "{second:#}");
    let only_now = first["only_now"].as_array().unwrap();
    assert!(only_now.iter().any(|metric| metric["key"] == "ci.tests_passing_on_main"), "{first:#}");

    let rows = scene.run(&["history", "commits.hotfix", "--since", "40d"]).with_status(0).json();
    let rows = rows.as_array().unwrap();
    let counted = rows.iter().filter(|row| row["value"] == 1).count();
    assert_eq!((rows.len(), counted), (30, 7), "the hotfix was in the window for seven days: {rows:#?}");
    assert!(rows.iter().all(|row| row["backfilled"] == true));
    let table = scene.run(&["history", "--since", "40d", "--format", "table"]).with_status(0).stdout();
    assert!(table.contains("computed by `backfill`: "), "{table}");
}

#[test]
fn a_backfill_keeps_the_results_of_runs() {
    let scene = scene();
    let _ = scene.run(&["--only", "commits.hotfix"]).with_status(0);

    let _ = scene.run(&["backfill", "--since", "10d", "--only", "commits.*"]).with_status(0);

    let rows = scene.run(&["history", "commits.hotfix", "--since", "40d"]).with_status(0).json();
    let rows_of_runs: Vec<&Value> =
        rows.as_array().unwrap().iter().filter(|row| row["backfilled"] == false).collect();
    assert_eq!((rows_of_runs.len(), &rows_of_runs[0]["value"]), (1, &json!(0)), "{rows:#}");
}

#[test]
fn the_table_shows_what_was_computed_and_what_cannot_be_computed() {
    let table = scene().run(&["backfill", "--since", "3d", "--format", "table"]).with_status(0).stdout();

    assert!(table.starts_with("3 instants, every 1day, from "), "{table}");
    let line = table.lines().find(|line| line.starts_with("commits.reverts")).unwrap();
    assert_eq!(line.split_whitespace().nth(1), Some("3"), "{table}");
    assert!(table.contains("Cannot be computed for the past:\n"), "{table}");
    assert!(table.contains("  ci.tests_passing_on_main: it would take requests for every run"), "{table}");
}

#[test]
fn a_dry_run_shows_instants_metrics_and_requests_and_reads_only_the_rate_limit() {
    let github = FakeGitHub::start();
    github.repository("acme/shop").commit("First");
    let scene = scene()
        .variable("GITHUB_API_URL", github.url())
        .variable("GITHUB_TOKEN", "ghp_0123456789012345678901234567890123ab")
        .variable("GITHUB_REPOSITORY", "acme/shop");

    let table = scene.run(&["backfill", "--dry-run", "--format", "table"]).with_status(0).stdout();

    assert!(table.starts_with("90 instants, every 1day, from "), "{table}");
    assert!(table.contains("  commits.hotfix\n"), "{table}");
    assert!(
        table.contains("Requests to GitHub that a backfill makes:\n  commits.* about 2 requests: at least 2"),
        "{table}"
    );
    let requests = github.requests();
    assert!(!requests.is_empty(), "the rate limit is read");
    assert!(requests.iter().all(|request| request.path() == "/rate_limit"), "{requests:#?}");
    scene.run(&["history"]).with_status(2).says("no runs are kept");
}

#[test]
fn metrics_about_pull_requests_are_computed_from_github() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commit(Commit::new("First").age(80 * DAY));
    shop.pull_request(PullRequest::new("Sell socks").age(40 * DAY).merge(20 * DAY));
    let scene = Scene::new(env!("CARGO_BIN_EXE_report"))
        .variable("GITHUB_API_URL", github.url())
        .variable("GITHUB_TOKEN", "ghp_0123456789012345678901234567890123ab")
        .variable("GITHUB_REPOSITORY", "acme/shop")
        .file("system-health.toml", "[metrics]\nenable = ['prs.*']\n");

    let document = scene.run(&["backfill", "--since", "60d", "--only", "prs.*"]).with_status(0).json();

    assert_eq!(metric(&document, "prs.merged")["added"], 60, "{document:#}");
    let time_to_merge = metric(&document, "prs.time_to_merge_seconds");
    assert_eq!(time_to_merge["added"], 7, "{document:#}");
    assert_eq!(time_to_merge["no_data"][0]["instants"].as_array().unwrap().len(), 53, "{document:#}");
    let rows = scene.run(&["history", "prs.open", "--since", "70d"]).with_status(0).json();
    let is_open =
        |row: &&Value| row["value"] == 1 && row["tags"].as_array().unwrap().contains(&json!("draft:false"));
    assert_eq!(rows.as_array().unwrap().iter().filter(is_open).count(), 20, "{rows:#}");
}

#[test]
fn a_failure_is_an_error_and_not_a_value() {
    let github = FakeGitHub::start();
    let scene = Scene::new(env!("CARGO_BIN_EXE_report"))
        .variable("GITHUB_API_URL", github.url())
        .variable("GITHUB_TOKEN", "ghp_0123456789012345678901234567890123ab")
        .variable("GITHUB_REPOSITORY", "acme/nowhere");

    let ended = scene.run(&["backfill", "--since", "3d"]).with_status(1);

    let document = ended.json();
    let errors = &metric(&document, "commits.hotfix")["errors"];
    assert_eq!(errors[0]["instants"].as_array().unwrap().len(), 3, "{document:#}");
    assert_eq!(errors[0]["subject"], "acme/nowhere", "{document:#}");
    assert_eq!(metric(&document, "commits.hotfix")["added"], 0);
}

#[test]
fn a_period_that_exceeds_the_history_or_has_no_instant_is_refused() {
    let ended = scene().run(&["backfill", "--since", "91d"]).with_status(2);
    ended.says("--since is 91days, but the history keeps 90days");
    ended.says("`keep` in [state]");
    scene().run(&["backfill", "--since", "1h", "--every", "18250d"]).with_status(2).says("no multiple");
}
