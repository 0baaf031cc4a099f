//! Findings about GitHub, its repositories and the metrics that are read there.

use serde_json::json;
use system_health_test_support::{
    datadog::DatadogIntake,
    github::{Conclusion, Run},
    server::{Answer, Fault},
};

use super::{finding, github, scene};

#[test]
fn many_repositories_are_checked_and_summarised() {
    let (github, intake) = (github(), DatadogIntake::start());
    let mut names = github.repositories(20, |_, repository| {
        repository.commits(1).run(Run::new("checks.yml").job("tests", Conclusion::Success));
    });
    names.extend((1..=15).map(|number| format!("acme/gone-{number}")));
    let settings = format!("[repository]\nnames = {names:?}\n");

    let ended = scene(&github, &intake).file("system-health.toml", &settings).run(&["doctor"]).with_status(1);

    let (grade, message) = finding(&ended, "GitHub repository");
    assert_eq!(
        (&*grade, &*message),
        ("failed", "20 of 35 repositories can be read, or need not be read"),
        "{ended}"
    );
    let (grade, message) = finding(&ended, "GitHub repository acme/gone-1");
    assert!(grade == "failed" && message.contains("404") && message.contains("check the name"), "{message}");
    let (grade, message) = finding(&ended, "metric commits.hotfix");
    let expected = "has values for 20 of 35 subjects, errors for 15";
    assert_eq!((&*grade, &*message), ("failed", expected), "{ended}");
    assert_eq!(finding(&ended, "metric commits.hotfix of acme/gone-1").0, "failed");
    let (grade, message) = finding(&ended, "more");
    assert!(grade == "failed" && message.starts_with("5 more of this kind"), "{message}");
    assert!(ended.json()["findings"].as_array().unwrap().len() < 75, "{ended}");
}

#[test]
fn a_hanging_server_does_not_affect_other_findings() {
    let (github, intake) = (github(), DatadogIntake::start());
    github.fail("/rate_limit", Fault::Hang);

    let ended = scene(&github, &intake).run(&["doctor"]).with_status(1);

    let (grade, message) = finding(&ended, "GitHub");
    assert!(grade == "failed" && message.contains("no response from 127.0.0.1"), "{grade}: {message}");
    assert_eq!(finding(&ended, "Datadog API key").0, "ok");
}

#[test]
fn metrics_have_the_same_deadline_as_in_a_run() {
    let (github, intake) = (github(), DatadogIntake::start());
    github.fail("/commits", Fault::Hang);

    let ended = scene(&github, &intake)
        .file("system-health.toml", "[report]\ndeadline = '2s'\n")
        .run(&["doctor"])
        .with_status(1);

    let (grade, message) = finding(&ended, "metric commits.hotfix");
    assert!(grade == "failed" && message.contains("deadline"), "{grade}: {message}");
    assert_eq!(finding(&ended, "Datadog API key").0, "ok");
}

#[test]
fn the_same_requests_are_made_as_in_a_run() {
    for (path, key) in [("/commits", "commits.hotfix"), ("/runs", "ci.tests_passing_on_main")] {
        let (github, intake) = (github(), DatadogIntake::start());
        github.fail(path, Answer::json(403, &json!({})));

        let ended = scene(&github, &intake).run(&["doctor"]).with_status(1);

        let (grade, message) = finding(&ended, &format!("metric {key}"));
        assert!(grade == "failed" && message.contains("403 Forbidden"), "{grade}: {message}");
    }
    let (github, intake) = (github(), DatadogIntake::start());
    let ended = scene(&github, &intake).run(&["doctor", "--branch", "nope"]).with_status(1);
    assert_eq!(finding(&ended, "metric commits.hotfix").0, "failed");
}

#[test]
fn a_github_server_without_rate_limits_is_ok() {
    let (github, intake) = (github(), DatadogIntake::start());
    github.fail("/rate_limit", Answer::json(404, &json!({"message": "Rate limiting is not enabled."})));

    let ended = scene(&github, &intake).run(&["doctor"]).with_status(0);

    assert_eq!(finding(&ended, "GitHub").0, "ok");
}
