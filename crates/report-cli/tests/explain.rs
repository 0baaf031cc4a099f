//! `report explain`: collects the selected metrics, and delivers and stores nothing.

use std::time::Duration;

use system_health_test_support::scene::Scene;

fn scene() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report")).git_work_tree().commit("hotfix", Duration::from_mins(1))
}

#[test]
fn the_named_metrics_are_collected_and_nothing_is_kept_or_delivered() {
    let scene = scene().variable("DD_URL", "http://127.0.0.1:1").variable("DD_API_KEY", "k");

    let document = scene.run(&["explain", "commits.reverts", "commits.hot*"]).with_status(0).json();

    let keys: Vec<&str> = document["metrics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|metric| metric["key"].as_str().unwrap())
        .collect();
    assert_eq!(keys, ["commits.hotfix", "commits.reverts"]);
    assert_eq!(document["metrics"][0]["samples"][0]["value"], 1.0);
    assert_eq!(document["deliveries"], serde_json::json!([]));
    assert!(!scene.folder().join(".state").exists());
}

#[test]
fn keys_that_cannot_be_explained_are_refused_with_advice() {
    let explain = |key| scene().run(&["explain", key]).with_status(2);

    explain("commits.hotfx").says("`commits.hotfx` matches no metric; did you mean `commits.hotfix`?");
    explain("ci.tests_pasing*").says("did you mean `ci.tests_passing_on_main`?");
    explain("system_health.reporter.metrics").says("the selected metrics are about the reporter itself");
    let without_key = scene().run(&["explain"]).with_status(2);
    without_key.says("<KEY>");
}

#[test]
fn explain_has_the_flags_of_a_run_except_push() {
    let scene = scene();
    let explain = |flags: &[&str]| scene.run(&[&["explain", "commits.hotfix"], flags].concat());

    explain(&["--branch", "nowhere"]).with_status(1).says("nowhere");
    explain(&["--config", "nowhere.toml"]).with_status(2).says("nowhere.toml");
    explain(&["--format", "csv"]).with_status(2).says("it supports table, json, markdown");
    explain(&["--push"]).with_status(2).says("--push");
    let table = explain(&["--format", "table", "--deadline", "1m", "-q"]).with_status(0);
    let first = table.stdout().lines().next().unwrap().to_owned();
    assert!(
        first.starts_with("commits.hotfix of ") && first.ends_with(": 1 commit, goal < 5 met"),
        "{table}"
    );
    assert_eq!(table.stderr(), "");
}

#[test]
fn help_documents_the_exit_statuses() {
    let help = scene().run(&["explain", "--help"]).with_status(0).stdout();

    for text in [
        "Goals do not change the exit status",
        "If a KEY matches no metric, the exit status is 2",
        "a metric or an item of it failed",
        "Nothing is delivered",
    ] {
        assert!(help.contains(text), "{text}: {help}");
    }
    assert!(scene().run(&["--help"]).with_status(0).stdout().contains("explain"));
}
