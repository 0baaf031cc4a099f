//! Findings about the sinks and the state folder.

use std::fs;

use system_health_test_support::{
    datadog::{self, DatadogIntake},
    scene::{ProgramOutput, Scene},
};

use super::{TOKEN, finding, github, scene};

#[test]
fn sinks_that_no_push_uses_are_not_failures() {
    let github = github();
    let scene = || {
        Scene::new(env!("CARGO_BIN_EXE_report"))
            .variable("GITHUB_API_URL", github.url())
            .variable("GITHUB_TOKEN", TOKEN)
            .variable("GITHUB_REPOSITORY", "acme/shop")
    };
    let local = "[local]\nfile = 'points.jsonl'\n";

    let elsewhere = scene().file("system-health.toml", local).run(&["doctor"]).with_status(0);
    assert!(!elsewhere.stdout().contains("Datadog"), "{elsewhere}");
    assert!(elsewhere.json()["works"].to_string().contains("delivered to local"), "{elsewhere}");
    assert!(finding(&elsewhere, "[local] file").1.starts_with("\"points.jsonl\", from "), "{elsewhere}");

    let unnamed = scene()
        .variable("DD_API_KEY", "0123456789abcdef")
        .file("system-health.toml", &format!("[report]\nto = ['local']\n{local}"))
        .run(&["doctor"])
        .with_status(0);
    let (grade, message) = finding(&unnamed, "datadog");
    assert!(grade == "info" && message.contains("`to` in [report] does not name it"), "{grade}: {message}");

    let nothing = scene().run(&["doctor"]).with_status(0);
    let (grade, message) = finding(&nothing, "Datadog API key");
    assert!(grade == "info" && message.contains("set DD_API_KEY"), "{grade}: {message}");
    assert!(nothing.json()["next_steps"].to_string().contains("To deliver values"), "{nothing}");
}

#[test]
fn an_invalid_application_key_is_only_a_warning() {
    let (github, intake) = (github(), DatadogIntake::start());
    let diagnose = |app_key: &str| {
        let ended = scene(&github, &intake).variable("DD_APP_KEY", app_key).run(&["doctor"]).with_status(0);
        finding(&ended, "Datadog application key")
    };

    let (grade, message) = diagnose("0123456789abcdef");
    assert!(
        grade == "warning" && message.contains("the application key or the API key was refused"),
        "{grade}: {message}"
    );
    let (grade, message) = diagnose("two keys");
    assert!(grade == "warning" && message.contains("DD_APP_KEY"), "{grade}: {message}");
}

#[test]
fn a_wrong_choice_of_sinks_is_found() {
    for (settings, message) in [
        ("[report]\nto = ['nope']\n", "names the sink `nope`"),
        ("[report]\nto = ['prometheus']\n", "the sink `prometheus` has no destination"),
    ] {
        let scene = Scene::new(env!("CARGO_BIN_EXE_report")).file("system-health.toml", settings);

        let ended = scene.run(&["doctor"]).with_status(1);

        let (grade, found) = finding(&ended, "destinations");
        assert!(grade == "failed" && found.contains(message), "{found}");
    }
}

#[test]
fn the_finding_about_an_outbox_says_whether_a_push_empties_it() {
    let (github, intake) = (github(), DatadogIntake::start());
    intake.server().fail_times(9, "/api/v2/series", datadog::error(403, "Forbidden"));
    let about_outbox = |diagnosis: &ProgramOutput| {
        let findings = diagnosis.json()["findings"].as_array().unwrap().clone();
        let outbox = findings.iter().find(|finding| {
            finding["check"].as_str().is_some_and(|check| check.starts_with("outbox of datadog "))
        });
        outbox.unwrap_or_else(|| panic!("no outbox: {diagnosis}"))["message"].as_str().unwrap().to_owned()
    };
    let scene = scene(&github, &intake);
    let _ = scene.run(&["--push", "--only", "commits.*"]);

    let chosen = about_outbox(&scene.run(&["doctor"]));
    let scene =
        scene.file("system-health.toml", "[report]\nto = ['local']\n[local]\nfile = 'points.jsonl'\n");
    let left_out = about_outbox(&scene.run(&["doctor"]));

    assert!(chosen.ends_with(" for the next push to it"), "{chosen}");
    assert!(left_out.ends_with("; each push drops points of runs that are older than 30 days"), "{left_out}");
}

#[test]
fn a_damaged_store_is_found_and_not_changed() {
    let (github, intake) = (github(), DatadogIntake::start());
    let scene = scene(&github, &intake);
    let _ = scene.run(&["--only", "commits.*"]).with_status(0);
    let file = scene.folder().join(".state/state.db");
    let mut bytes = fs::read(&file).unwrap();
    bytes[5 * 4096..6 * 4096].fill(0);
    fs::write(&file, &bytes).unwrap();

    for _ in 0..2 {
        let ended = scene.run(&["doctor"]).with_status(1);

        let (grade, message) = finding(&ended, "state folder");
        assert!(
            grade == "failed"
                && message.contains("the file is damaged (SQLite error 11); the next run moves it aside"),
            "{message}"
        );
        assert!(fs::read(&file).unwrap() == bytes);
    }
}
