//! Findings about `report serve`: whether it would start with its address and token.

use system_health_test_support::{
    datadog::DatadogIntake,
    scene::{ProgramOutput, Scene},
};

use super::{finding, github, scene};

const TOKEN: &str = "fedcba9876543210fedcba9876543210";

/// The diagnosis with a table `[serve]`, with or without a token.
fn diagnosed(serve: &str, token: Option<&str>) -> ProgramOutput {
    let (github, intake) = (github(), DatadogIntake::start());
    let scene: Scene = scene(&github, &intake).file("system-health.toml", serve);
    let scene =
        token.into_iter().fold(scene, |scene, token| scene.variable("SYSTEM_HEALTH_SERVE_TOKEN", token));
    let ended = scene.run(&["doctor"]);
    assert!(!format!("{}{}", ended.stdout(), ended.stderr()).contains(TOKEN), "{ended}");
    ended
}

#[test]
fn without_settings_for_the_service_there_is_no_finding_about_it() {
    let ended = diagnosed("", None);

    let document = ended.json();
    let findings = document["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["check"] != "serve"), "{ended}");
}

#[test]
fn on_a_loopback_address_no_token_is_needed() {
    let without_token = diagnosed("[serve]\nevery = '1m'\n", None);
    let with_token = diagnosed("[serve]\nlisten = '[::1]:8700'\n", Some(TOKEN));

    let text = "listens on 127.0.0.1:8700, which only this machine reaches, without a token";
    assert_eq!(finding(&without_token, "serve"), ("ok".into(), text.into()));
    let text = "listens on [::1]:8700; clients need the token";
    assert_eq!(finding(&with_token, "serve"), ("ok".into(), text.into()));
}

#[test]
fn an_address_that_other_machines_can_reach_needs_a_token() {
    let settings = "[serve]\nlisten = '0.0.0.0:8700'\n";

    let good = diagnosed(settings, Some(TOKEN));
    let without = diagnosed(settings, None).with_status(1);
    let short = diagnosed(settings, Some("hunter2")).with_status(1);

    let text = "listens on 0.0.0.0:8700; clients need the token";
    assert_eq!(finding(&good, "serve"), ("ok".into(), text.into()));
    let (grade, text) = finding(&without, "serve");
    assert_eq!(grade, "failed");
    let start = "0.0.0.0:8700 can be reached from other machines, so the server needs a token (on 127.0.0.1, it \
                 needs none): found no token of the service: SYSTEM_HEALTH_SERVE_TOKEN is not set";
    assert!(text.starts_with(start), "{text}");
    let (grade, text) = finding(&short, "serve");
    assert!(grade == "failed" && text.contains("fewer than 16 characters"), "{text}");
    assert!(!short.stdout().contains("hunter2"), "{short}");
}

#[test]
fn a_token_alone_is_checked_too() {
    let short = diagnosed("", Some("hunter2")).with_status(1);

    assert_eq!(finding(&short, "serve").0, "failed");
}

#[test]
fn wrong_settings_of_the_service_are_a_finding() {
    let ended = diagnosed("[serve]\nlisten = 'localhost:8700'\n", None).with_status(1);

    let (grade, text) = finding(&ended, "settings");
    assert_eq!(grade, "failed");
    assert!(text.contains("an address is an IP address with a port"), "{text}");
}
