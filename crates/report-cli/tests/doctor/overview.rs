//! What is printed: every finding, what works and the next steps.

use std::{fs, time::Duration};

use system_health_test_support::{
    datadog::DatadogIntake,
    scene::{ProgramOutput, Scene},
};

use super::{TOKEN, finding, github, scene};

#[test]
fn if_everything_works_all_findings_are_ok_and_no_secret_is_shown() {
    let (github, intake) = (github(), DatadogIntake::start());

    let ended = scene(&github, &intake).run(&["doctor"]).with_status(0);

    for check in [
        "[repository] name",
        "GitHub token",
        "GitHub",
        "GitHub rate limit",
        "GitHub permission Actions",
        "GitHub permission Contents",
        "requests of ci.*",
        "requests to GitHub",
        "GitHub repository",
        "GitHub workflow",
        "AWS",
        "metric ci.tests_passing_on_main",
        "metric commits.hotfix",
        "metric commits.reverts",
        "Datadog API key",
        "Datadog application key",
        "clock compared with Datadog",
        "state folder",
    ] {
        assert_eq!(finding(&ended, check).0, "ok", "{ended}");
    }
    assert_eq!(finding(&ended, "GitHub token").1, "is the value of GITHUB_TOKEN");
    assert_eq!(finding(&ended, "requests of ci.*").1, "about 3 requests: 3 for one repository");
    let requests = finding(&ended, "requests to GitHub").1;
    assert!(
        requests.starts_with("about 5 requests; ") && requests.contains(" requests remain until "),
        "{requests}"
    );
    assert!(finding(&ended, "[repository] name").1.ends_with("from environment variable GITHUB_REPOSITORY"));
    for secret in [TOKEN, DatadogIntake::KEY, DatadogIntake::APP_KEY] {
        assert!(!ended.stdout().contains(secret));
    }
    assert_eq!(intake.points(), []);
    let works = ended.json()["works"].to_string();
    assert!(
        works.contains("3 of 3 metrics have a value") && works.contains("delivered to datadog"),
        "{works}"
    );
}

#[test]
fn without_settings_each_cause_is_printed_once_before_the_next_steps() {
    let ended = Scene::new(env!("CARGO_BIN_EXE_report")).run(&["doctor", "--format", "table"]).with_status(1);

    let table = ended.stdout();
    let (findings, steps) = table.split_once("\nNext steps\n").unwrap_or_else(|| panic!("{table}"));
    for cause in ["no repository is named", "found no GitHub token"] {
        assert_eq!((findings.matches(cause).count(), steps.matches(cause).count()), (1, 0), "{table}");
    }
    let starts =
        ["1. Name a repository", "2. Set GITHUB_TOKEN", "3. To deliver values", "4. Write a settings file"];
    for (step, start) in steps.lines().zip(starts) {
        assert!(step.trim().starts_with(start), "{step}");
    }
    assert_eq!(steps.lines().count(), starts.len(), "{steps}");
}

#[test]
fn an_existing_settings_file_without_values_is_not_suggested_again() {
    let scene = Scene::new(env!("CARGO_BIN_EXE_report")).file("system-health.toml", "# [repository]\n");

    let steps = scene.run(&["doctor"]).with_status(1).json()["next_steps"].to_string();

    assert!(steps.contains("Name a repository") && !steps.contains("Write a settings file"), "{steps}");
}

#[test]
fn each_failure_has_a_finding_with_advice() {
    let (github, intake) = (github(), DatadogIntake::start());
    let diagnose = |variable: &str, value: &str| {
        scene(&github, &intake).variable(variable, value).run(&["doctor"]).with_status(1)
    };
    let assert_failed = |ended: &ProgramOutput, check: &str, advice: &str| {
        let (grade, message) = finding(ended, check);
        assert!(grade == "failed" && message.contains(advice), "{grade}: {message}");
    };

    assert_failed(&diagnose("GITHUB_TOKEN", "ghp_wrong"), "GitHub", "check the GitHub token");
    assert_failed(&diagnose("GITHUB_REPOSITORY", "acme/nope"), "GitHub repository", "check the name");
    assert_failed(&diagnose("GITHUB_API_URL", "http://127.0.0.1:1"), "GitHub", "no response from 127.0.0.1");
    assert_failed(&diagnose("DD_API_KEY", "0123456789abcdef"), "Datadog API key", "the API key was refused");
    assert_failed(
        &diagnose("DD_URL", "http://127.0.0.1:1"),
        "Datadog API key",
        "the connection to 127.0.0.1:1 (from DD_SITE or DD_URL) failed",
    );
    assert_failed(&diagnose("SYSTEM_HEALTH_STATE_DIR", "/dev/null/state"), "state folder", "/dev/null/state");
    let workflow = scene(&github, &intake).file("system-health.toml", "[ci]\nworkflow = 'nope.yml'\n");
    assert_failed(
        &workflow.run(&["doctor"]).with_status(1),
        "GitHub workflow",
        "there is checks.yml; set `workflow`",
    );
    let jobs = scene(&github, &intake).file("system-health.toml", "[ci]\njobs = ['unit*']\n");
    assert_failed(
        &jobs.run(&["doctor"]).with_status(1),
        "GitHub workflow",
        "`unit*` matches no job in any inspected run; the nearest name is `tests`",
    );
}

#[test]
fn the_table_shows_grades_in_words() {
    let (github, intake) = (github(), DatadogIntake::start());
    let scene = scene(&github, &intake);
    fs::create_dir(scene.folder().join(".state")).unwrap();
    fs::write(scene.folder().join(".state/state.db"), "no database".repeat(100)).unwrap();

    let table = scene.run(&["doctor", "--format", "table"]).with_status(1).stdout();

    assert!(table.lines().any(|line| line.starts_with("ok       GitHub token  ")), "{table}");
    assert!(table.lines().any(|line| line.starts_with("failed   state folder  ")), "{table}");
}

#[test]
fn doctor_fails_if_every_run_would_fail() {
    let intake = DatadogIntake::start();
    let scene = Scene::new(env!("CARGO_BIN_EXE_report"))
        .variable("DD_URL", intake.url())
        .variable("DD_API_KEY", DatadogIntake::KEY);

    let ended = scene.run(&["doctor"]).with_status(1);

    let (grade, message) = finding(&ended, "metric commits.hotfix");
    assert!(grade == "failed" && message.contains("no repository is named"), "{grade}: {message}");
}

#[test]
fn missing_credentials_are_named() {
    let scene = Scene::new(env!("CARGO_BIN_EXE_report")).git_work_tree().commit("a", Duration::from_mins(1));

    let ended = scene.run(&["doctor"]).with_status(0);

    assert_eq!(finding(&ended, "GitHub token").0, "warning");
    assert_eq!(finding(&ended, "AWS identity"), ("warning".into(), "there are no AWS credentials".into()));
    let (grade, message) = finding(&ended, "Datadog API key");
    assert!(grade == "info" && message.contains("DD_API_KEY"), "{grade}: {message}");
    // If the settings name Datadog, the missing key is a failure.
    let wanted =
        scene.file("system-health.toml", "[report]\nto = ['datadog']\n").run(&["doctor"]).with_status(1);
    assert_eq!(finding(&wanted, "Datadog API key").0, "failed");
}

#[test]
fn the_next_steps_leave_out_what_only_skipped_metrics_need() {
    let scene = Scene::new(env!("CARGO_BIN_EXE_report"));

    let ended = scene
        .file("system-health.toml", "[report]\nskip = ['ci.*', 'commits.*']\n")
        .run(&["doctor"])
        .with_status(1);

    let message = "the selection leaves no metric to collect";
    assert_eq!(finding(&ended, "metrics"), ("failed".into(), message.into()));
    let steps = ended.json()["next_steps"].to_string();
    assert!(!steps.contains("repository") && !steps.contains("GITHUB_TOKEN"), "{steps}");
    assert_eq!(finding(&ended, "GitHub").0, "info", "{ended}");
}
