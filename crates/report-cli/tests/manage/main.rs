//! Dashboards, monitors, metadata and events, which the real program creates in a fake Datadog.
#![cfg(feature = "datadog")]

mod alerting;
mod dashboard;
mod events;
mod goals;
mod metadata;
mod monitors;
mod scopes;
mod verify;

use std::time::Duration;

use serde_json::Value;
use system_health_test_support::{
    datadog::{
        self, DatadogIntake,
        contract::{self, Message},
    },
    scene::{ProgramOutput, Scene},
};

/// A clone with one commit, and Datadog's API key and application key.
fn scene(intake: &DatadogIntake) -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report"))
        .git_work_tree()
        .commit("first", Duration::from_mins(2))
        .variable("DD_URL", intake.url())
        .variable("DD_API_KEY", DatadogIntake::KEY)
        .variable("DD_APP_KEY", DatadogIntake::APP_KEY)
        .variable("DD_ENV", "production")
}

/// The requests so far that could have changed something.
fn writes(intake: &DatadogIntake) -> Vec<String> {
    let requests = intake.server().requests();
    let writes = requests.iter().filter(|request| request.method != "GET");
    writes.map(|request| format!("{} {}", request.method, request.path())).collect()
}

/// The steps that a command prints: their actions and names.
fn steps(ended: &ProgramOutput) -> Vec<(String, String)> {
    let text = |step: &Value, name: &str| step[name].as_str().unwrap_or_default().to_owned();
    ended.json().as_array().unwrap().iter().map(|step| (text(step, "action"), text(step, "name"))).collect()
}

/// Validates every POST and PUT request against Datadog's API description.
fn assert_matches_api_description(intake: &DatadogIntake) {
    let requests = intake.server().requests();
    let bodies: Vec<(String, String, Value)> = requests
        .iter()
        .filter(|request| ["POST", "PUT"].contains(&request.method.as_str()))
        .map(|request| {
            let body = serde_json::from_slice(&request.body).unwrap();
            (request.method.clone(), request.path().to_owned(), body)
        })
        .collect();
    let messages: Vec<Message<'_>> =
        bodies.iter().map(|(method, path, body)| Message::request(method, path, body.clone())).collect();
    assert!(!messages.is_empty());
    for (message, problems) in messages.iter().zip(contract::problems(&messages)) {
        assert_eq!(problems, [""; 0], "{message:?}");
    }
}

#[test]
fn without_an_application_key_no_request_is_sent() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake).variable("DD_APP_KEY", "");
    let scene = scene.file("system-health.toml", "[secrets]\naws = false\n");

    for command in [&["dashboard", "push"][..], &["monitors", "diff"], &["metadata", "--push"], &["verify"]] {
        let ended = scene.run(command).with_status(2);

        ended.says("application key");
        ended.says("DD_APP_KEY");
    }
    assert_eq!(intake.server().requests().len(), 0);
}

#[test]
fn a_refused_request_names_the_scope_that_it_needs() {
    let metric = "commits.hotfix";
    for (request, command, scope) in [
        ("GET /api/v1/dashboard", &["dashboard", "list"][..], "dashboards_read"),
        ("POST /api/v1/dashboard", &["dashboard", "push"], "dashboards_write"),
        ("GET /api/v1/monitor", &["monitors", "diff"], "monitors_read"),
        ("POST /api/v1/monitor", &["monitors", "push"], "monitors_write"),
        (&format!("GET /api/v1/metrics/{metric}"), &["metadata", "--push"], "metrics_read"),
        (&format!("PUT /api/v1/metrics/{metric}"), &["metadata", "--push"], "metrics_metadata_write"),
    ] {
        let intake = DatadogIntake::start();
        let scene = scene(&intake);
        let _ = scene.run(&["--push"]).with_status(0);
        intake.server().fail(request, datadog::error(403, "Forbidden"));

        let ended = scene.run(command).with_status(3);

        ended.says(&format!("has the scope `{scope}`"));
    }
}

#[test]
fn a_refused_application_key_is_named_and_never_shown() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake).variable("DD_APP_KEY", "0badc0de0badc0de");

    for command in [
        &["dashboard", "push"][..],
        &["dashboard", "list"],
        &["dashboard", "pull", "CI"],
        &["monitors", "push"],
        &["monitors", "delete", "--yes"],
        &["metadata", "--push"],
    ] {
        let ended = scene.run(command).with_status(3);

        ended.says("the application key or the API key was refused");
        ended.says("Forbidden");
        assert!(!(ended.stdout() + &ended.stderr()).contains("0badc0de"), "{ended}");
    }
    assert_eq!(intake.dashboards().len() + intake.monitors().len(), 0);
}
