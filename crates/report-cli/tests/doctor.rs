//! `report doctor`: why it does not work.
#![cfg(feature = "datadog")]

use std::{fs, time::Duration};

use system_health_test_support::{
    datadog::DatadogIntake,
    github::{Conclusion, FakeGitHub, Run},
    scene::{Ended, Scene},
    server::Fault,
};

const TOKEN: &str = "ghp_0123456789012345678901234567890123ab";

fn scene(github: &FakeGitHub, intake: &DatadogIntake) -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report"))
        .variable("GITHUB_API_URL", github.url())
        .variable("GITHUB_TOKEN", TOKEN)
        .variable("GITHUB_REPOSITORY", "acme/shop")
        .variable("DD_URL", intake.url())
        .variable("DD_API_KEY", DatadogIntake::KEY)
        .variable("DD_APP_KEY", "0123456789012345678901234567890123456789")
}

fn github() -> FakeGitHub {
    let github = FakeGitHub::builder().token(TOKEN).start();
    github.repository("acme/shop").commits(1).run(Run::new("checks.yml").job("tests", Conclusion::Success));
    github
}

/// The state and the message of a line.
fn line(ended: &Ended, subject: &str) -> (String, String) {
    let findings = ended.json();
    let finding = findings.as_array().unwrap().iter().find(|finding| finding["subject"] == subject);
    let finding = finding.unwrap_or_else(|| panic!("there is no line about {subject}: {ended}"));
    let text = |field: &str| finding[field].as_str().unwrap().to_owned();
    (text("state"), text("message"))
}

#[test]
fn where_all_works_every_line_is_ok_and_no_secret_is_shown() {
    let (github, intake) = (github(), DatadogIntake::start());

    let ended = scene(&github, &intake).run(&["doctor"]).with_status(0);

    for subject in [
        "[repository] name",
        "GitHub token",
        "GitHub",
        "GitHub rate limit",
        "GitHub repository",
        "GitHub workflow",
        "AWS",
        "Datadog API key",
        "state folder",
    ] {
        assert_eq!(line(&ended, subject).0, "ok", "{ended}");
    }
    assert_eq!(line(&ended, "GitHub token").1, "is the value of GITHUB_TOKEN");
    assert!(line(&ended, "[repository] name").1.ends_with("from environment variable GITHUB_REPOSITORY"));
    assert!(!ended.stdout().contains(TOKEN) && !ended.stdout().contains(DatadogIntake::KEY));
    assert_eq!(intake.points(), []);
}

#[test]
fn each_failure_has_its_line_and_what_to_do() {
    let (github, intake) = (github(), DatadogIntake::start());
    let diagnose = |variable: &str, value: &str| {
        scene(&github, &intake).variable(variable, value).run(&["doctor"]).with_status(1)
    };
    let failed = |ended: &Ended, subject: &str, advice: &str| {
        let (state, message) = line(ended, subject);
        assert!(state == "failed" && message.contains(advice), "{state}: {message}");
    };

    failed(&diagnose("GITHUB_TOKEN", "ghp_wrong"), "GitHub", "check the GitHub token");
    failed(&diagnose("GITHUB_REPOSITORY", "acme/nope"), "GitHub repository", "check the name");
    failed(&diagnose("GITHUB_API_URL", "http://127.0.0.1:1"), "GitHub", "no answer from 127.0.0.1");
    failed(&diagnose("DD_API_KEY", "0123456789abcdef"), "Datadog API key", "the API key was refused");
    failed(&diagnose("DD_URL", "http://127.0.0.1:1"), "Datadog API key", "no connection to 127.0.0.1:1");
    failed(&diagnose("SYSTEM_HEALTH_STATE_DIR", "/dev/null/state"), "state folder", "/dev/null/state");
    let workflow = scene(&github, &intake).file("system-health.toml", "[ci]\nworkflow = 'nope.yml'\n");
    failed(&workflow.run(&["doctor"]).with_status(1), "GitHub workflow", "set `workflow` in [ci]");
}

#[test]
fn a_server_that_never_answers_is_a_line_and_the_others_are_there() {
    let (github, intake) = (github(), DatadogIntake::start());
    github.fail("/rate_limit", Fault::Hang);

    let ended = scene(&github, &intake).run(&["doctor"]).with_status(1);

    assert_eq!(line(&ended, "GitHub"), ("failed".into(), "no answer within 8s".into()));
    assert_eq!(line(&ended, "Datadog API key").0, "ok");
}

#[test]
fn without_credentials_it_says_what_is_missing() {
    let scene = Scene::new(env!("CARGO_BIN_EXE_report")).git_work_tree().commit("a", Duration::from_mins(1));

    let ended = scene.run(&["doctor"]).with_status(1);

    assert_eq!(line(&ended, "GitHub token").0, "warning");
    assert_eq!(line(&ended, "AWS identity"), ("warning".into(), "there are no AWS credentials".into()));
    assert!(line(&ended, "Datadog API key").1.contains("DD_API_KEY"));
}

#[test]
fn people_get_a_table_with_words() {
    let (github, intake) = (github(), DatadogIntake::start());
    let scene = scene(&github, &intake);
    fs::create_dir(scene.folder().join(".state")).unwrap();
    fs::write(scene.folder().join(".state/state.db"), "no database".repeat(100)).unwrap();

    let table = scene.run(&["doctor", "--format", "table"]).with_status(0).stdout();

    assert!(table.lines().any(|line| line.starts_with("ok       GitHub token  ")), "{table}");
    assert!(table.lines().any(|line| line.starts_with("warning  state folder  ")), "{table}");
}
