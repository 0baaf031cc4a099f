//! `report list`, and other commands that do not need a run.

use std::fs;

use system_health_test_support::scene::Scene;

fn scene() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report"))
}

#[test]
fn every_linked_metric_is_listed_with_its_facts() {
    let list = scene().run(&["list"]).with_status(0).json();

    let metrics = list["metrics"].as_array().unwrap();
    assert_eq!(list["sources"].as_array().map(Vec::len), Some(0));
    let by_default = metrics.iter().filter(|metric| metric["enabled"] == true);
    let keys = by_default.map(|metric| metric["key"].as_str().unwrap());
    let (self_metrics, others): (Vec<&str>, Vec<&str>) =
        keys.partition(|key| key.starts_with("system_health.reporter."));
    assert_eq!(others, ["ci.tests_passing_on_main", "commits.hotfix", "commits.reverts"]);
    assert_eq!(self_metrics.len(), 16);
    let hotfix = metrics.iter().find(|metric| metric["key"] == "commits.hotfix").unwrap();
    assert_eq!(hotfix["kind"], "gauge");
    assert_eq!(hotfix["unit"], "commit");
    assert_eq!(hotfix["goal"], "< 5");
    assert_eq!(hotfix["recovery"], 3.0);
    assert_eq!(hotfix["crate"], "system_health_collectors");
    assert!(hotfix["file"].as_str().unwrap().ends_with("commits/metrics.rs"));
    assert!(hotfix["line"].as_u64().unwrap() > 0);
    assert!(!hotfix["description"].as_str().unwrap().is_empty());
}

#[test]
fn people_get_a_table() {
    let table = scene().run(&["list", "--format", "table"]).with_status(0).stdout();

    let header: Vec<&str> = table.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(
        header,
        ["METRIC", "EACH", "KIND", "UNIT", "GOAL", "REQUESTS", "COLLECTED", "DESCRIPTION", "SOURCE"]
    );
    assert!(table.lines().any(|line| line.starts_with("commits.reverts")));
}

#[test]
fn wrong_settings_are_ignored_with_a_warning() {
    let scene = scene().file("system-health.toml", "[report]\nskip = ['comits.*']");

    let ended = scene.run(&["list", "--format", "table"]).with_status(0);

    ended.says(
        "without settings: system-health.toml:2:9: `skip[0]` in [report]: `comits.*` matches no metric",
    );
    assert!(ended.stdout().lines().any(|line| line.starts_with("commits.reverts")));
}

#[cfg(feature = "datadog")]
#[test]
fn a_skipped_metric_is_not_on_the_dashboard() {
    let scene = scene().file("system-health.toml", "[report]\nskip = ['commits.*']");

    let list = scene.run(&["list"]).with_status(0).json();
    let dashboard = scene.run(&["dashboard", "--title", "Ours"]).with_status(0).stdout();

    let mut metrics = list["metrics"].as_array().unwrap().iter();
    let hotfix = metrics.find(|metric| metric["key"] == "commits.hotfix").unwrap();
    assert_eq!(hotfix["collected"], false);
    assert!(dashboard.contains("ci.tests_passing_on_main") && !dashboard.contains("commits.hotfix"));
}

#[test]
fn the_catalog_in_the_documentation_is_current() {
    let documented =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/catalog.md")).unwrap();

    let listed = scene().run(&["list", "--format", "markdown"]).with_status(0).stdout();

    assert_eq!(documented, listed, "write `report list --format markdown` into docs/catalog.md");
}

#[test]
fn an_unsupported_format_is_refused() {
    scene().run(&["list", "--format", "csv"]).with_status(2).says("it supports table, json, markdown");
    scene().run(&["--format", "csv"]).with_status(2).says("this command does not support --format csv");
    scene().run(&["doctor", "--format", "markdown"]).with_status(2).says("it supports table, json");
}

#[cfg(feature = "datadog")]
#[test]
fn the_dashboard_has_every_collected_metric() {
    let listed = scene().run(&["list"]).with_status(0).json();

    let dashboard = scene().run(&["dashboard", "--title", "Ours"]).with_status(0);

    assert_eq!(dashboard.json()["title"], "Ours");
    for metric in listed["metrics"].as_array().unwrap().iter().filter(|metric| metric["collected"] == true) {
        let query = format!(":{}{{$env,$service", metric["key"].as_str().unwrap());
        assert!(dashboard.stdout().contains(&query), "{query}");
    }
}

#[test]
fn listing_makes_no_requests() {
    // Any look-up would log an error, because nothing listens on this port and the file does not exist.
    let scene = scene()
        .variable("GITHUB_TOKEN_FILE", "/nonexistent")
        .variable("GITHUB_API_URL", "http://127.0.0.1:1")
        .variable("AWS_ENDPOINT_URL", "http://127.0.0.1:1");

    let ended = scene.run(&["list", "-vv"]).with_status(0);

    assert_eq!(ended.stderr(), "");
}

#[test]
fn completions_are_written_for_each_shell() {
    for (shell, word) in [("bash", "_report()"), ("zsh", "#compdef report"), ("fish", "complete -c report")] {
        let script = scene().run(&["completions", shell]).with_status(0).stdout();

        assert!(script.contains(word), "{shell}");
        assert!(script.contains("explain"), "{shell}");
    }
}

#[test]
fn help_documents_the_exit_statuses() {
    let help = scene().run(&["--help"]).with_status(0).stdout();

    for meaning in [
        "a metric or an item of it failed",
        "wrong usage",
        "a delivery failed",
        "a goal is missed",
        "interrupted by Ctrl-C",
    ] {
        assert!(help.contains(meaning), "{meaning}: {help}");
    }
    assert!(scene().run(&["--version"]).with_status(0).stdout().contains(env!("CARGO_PKG_VERSION")));
}
