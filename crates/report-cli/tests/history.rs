//! `report history`: the results of earlier runs.

use std::time::Duration;

use serde_json::json;
use system_health_test_support::scene::Scene;

fn scene() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report")).git_work_tree().commit("hotfix", Duration::from_mins(1))
}

#[test]
fn runs_are_kept_even_without_a_push() {
    let scene = scene();
    let _ = scene.run(&[]).with_status(0);

    let rows = scene.run(&["history"]).with_status(0).json();

    let row = |key: &str| rows.as_array().unwrap().iter().find(|row| row["key"] == key).unwrap().clone();
    assert_eq!(row("commits.hotfix")["value"], json!(1));
    let tags = row("commits.hotfix")["tags"].clone();
    assert!(tags.as_array().unwrap().contains(&json!("branch:main")), "{tags}");
    assert_eq!(row("commits.hotfix")["unit"], "commit");
    assert_eq!(row("commits.hotfix")["state"], "value");
    assert_eq!(row("ci.tests_passing_on_main")["state"], "no_data");
    assert!(row("ci.tests_passing_on_main")["reason"].as_str().unwrap().contains("GITHUB_TOKEN"));
}

#[test]
fn people_get_lines_and_plots_with_the_goal() {
    let scene = scene();
    let _ = scene.run(&[]).with_status(0);

    let overview = scene.run(&["history", "--format", "table"]).with_status(0).stdout();
    let plot = scene.run(&["history", "commits.hotfix", "--format", "table"]).with_status(0).stdout();

    let line = overview.lines().find(|line| line.starts_with("commits.hotfix")).unwrap();
    assert!(line.contains('▅') && line.contains("< 5  met"), "{line}");
    assert!(overview.contains(": no data once, last at"), "{overview}");
    assert!(plot.contains('●') && plot.contains("goal < 5"), "{plot}");
}

#[test]
fn spreadsheets_get_comma_separated_values() {
    let scene = scene();
    let _ = scene.run(&["--only", "commits.hotfix"]).with_status(0);

    let csv = scene.run(&["history", "--format", "csv"]).with_status(0).stdout();

    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "time,key,subject,state,value,unit,tags,reason,count,p50,p99,backfilled");
    assert!(lines[1].contains(",commits.hotfix,"), "{csv}");
    assert!(lines[1].contains(",value,1,commit,\"branch:main,env:development,"), "{csv}");
    assert_eq!(lines.len(), 2);
}

#[test]
fn globs_and_several_keys_choose_metrics() {
    let scene = scene();
    let _ = scene.run(&[]).with_status(0);
    let keys = |arguments: &[&str]| {
        let rows = scene.run(&[&["history"], arguments].concat()).with_status(0).json();
        let keys = rows.as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap().to_owned());
        keys.collect::<Vec<_>>()
    };

    assert_eq!(keys(&["commits.*"]), ["commits.hotfix", "commits.reverts"]);
    let several = keys(&["ci.tests_passing_on_main,commits.hotfix"]);
    assert_eq!(several, ["ci.tests_passing_on_main", "commits.hotfix"]);
    let overview = scene.run(&["history", "commits.*", "--format", "table"]).with_status(0).stdout();
    assert!(overview.starts_with("METRIC") && !overview.contains("ci."), "{overview}");
    scene
        .run(&["history", "commits.*,comits.*"])
        .with_status(2)
        .says("`comits.*` matches no linked metric, and none that a run has recorded; ");
}

#[test]
fn a_missing_folder_or_metric_is_an_error() {
    let scene = scene();
    scene.run(&["history"]).with_status(2).says("no runs are kept in");
    let _ = scene.run(&[]).with_status(0);
    scene
        .run(&["history", "commits.hotfixes"])
        .with_status(2)
        .says("no linked metric has the key `commits.hotfixes`");
}

#[cfg(unix)]
#[test]
fn a_state_folder_that_cannot_be_read_is_an_error() {
    // Nothing can be read below a file.
    let scene = scene().file("file", "");
    scene.run(&["history", "--state-dir", "file/state"]).with_status(2).says("it cannot be opened");
}

#[test]
fn a_range_that_starts_before_1970_shows_all_runs() {
    let scene = scene();
    let _ = scene.run(&["--only", "commits.hotfix"]).with_status(0);

    for format in ["table", "json", "csv"] {
        let ended = scene.run(&["history", "--since", "36500d", "--format", format]).with_status(0);
        assert!(ended.stdout().contains("commits.hotfix"), "{ended}");
    }
}
