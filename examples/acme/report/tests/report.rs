//! Runs Acme's binary.

use std::{
    process::Command,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::json;
use system_health_test_support::{
    datadog::DatadogIntake,
    scene::{Scene, next_second},
};

fn scene() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_acme-report"))
}

#[test]
fn lists_built_in_and_own_metrics() {
    let list = scene().run(&["list"]).with_status(0).json();

    let list = list["metrics"].as_array().unwrap();
    let collected = list.iter().filter(|metric| metric["collected"] == true);
    let keys: Vec<&str> = collected.map(|metric| metric["key"].as_str().unwrap()).collect();
    let expected = [
        "acme.incidents.oldest_seconds",
        "acme.incidents.open",
        "ci.tests_passing_on_main",
        "commits.hotfix",
        "commits.reverts",
    ];
    assert_eq!(keys[..expected.len()], expected);
    assert!(keys[expected.len()..].iter().all(|key| key.starts_with("system_health.reporter.")));
    assert_eq!(list[0]["crate"], "acme_collectors");
    assert_eq!(list[0]["goal"], "< 86400");
    assert!(list[0]["file"].as_str().unwrap().ends_with("metrics.rs"));
}

#[test]
fn the_version_and_completions_contain_the_name_of_the_binary() {
    let version = scene().run(&["--version"]).with_status(0).stdout();
    let completions = scene().run(&["completions", "bash"]).with_status(0).stdout();

    assert!(version.starts_with("acme-report "), "{version}");
    assert!(completions.starts_with("_acme__report()"), "{completions}");
    assert!(completions.trim_end().ends_with("acme-report\nfi"), "{completions}");
}

#[test]
fn collects_from_its_own_resource_and_settings() {
    let scene = scene()
        .file("system-health.toml", "[acme]\nincidents = 'open.tsv'\n")
        .file("open.tsv", "high\t1700000000\tcheckout is down\n");

    let ended = scene.run(&["--only", "acme.*"]).with_status(0);

    let open = ended.metric("acme.incidents.open");
    let evidence = |counted: bool| {
        let item = json!({
            "title": "checkout is down", "counted": counted, "reason": "its severity is high", "link": null,
        });
        json!({ "counted": u8::from(counted), "total": 1, "items": [item] })
    };
    let tags = |severity: &str| {
        ["env:development", "service:system-health", severity, "source:system-health", "team:acme"]
            .map(str::to_owned)
    };
    let expected = json!([
        { "value": 1, "tags": tags("severity:high"), "link": null, "evidence": evidence(true) },
        { "value": 0, "tags": tags("severity:low"), "link": null, "evidence": evidence(false) },
    ]);
    assert_eq!(open["samples"], expected);
    assert_eq!(open["goal"]["met"], false);
    let oldest = ended.metric("acme.incidents.oldest_seconds");
    assert!(oldest["samples"][0]["value"].as_f64().unwrap() > 0.0, "{oldest}");
}

#[cfg(unix)]
#[test]
fn a_blocked_read_does_not_keep_the_process_alive() {
    let scene = scene().file("system-health.toml", "[acme]\nincidents = 'pipe'\n");
    let made = Command::new("mkfifo").arg(scene.folder().join("pipe")).status().unwrap();
    assert!(made.success());

    // Nobody writes into the pipe, so without a deadline the run would never end.
    let ended = scene.run(&["--only", "acme.*", "--deadline", "1s"]).with_status(1);

    let error = ended.metric("acme.incidents.open")["error"].as_str().unwrap().to_owned();
    assert!(error.starts_with("no result within "), "{error}");
    assert!(
        error.ends_with(", the time left until the run's deadline, still waiting for Incidents"),
        "{error}"
    );
}

#[test]
fn a_missing_file_is_an_error_and_not_zero() {
    let ended = scene().run(&["--only", "acme.*"]).with_status(1);

    for key in ["acme.incidents.open", "acme.incidents.oldest_seconds"] {
        let metric = ended.metric(key);
        assert_eq!(metric["state"], "error");
        assert!(metric["error"].as_str().unwrap().starts_with("cannot read incidents from incidents.tsv: "));
    }
}

#[test]
fn a_misspelt_setting_of_another_crate_is_refused() {
    let scene = scene().file("system-health.toml", "[acme]\nincident = 'open.tsv'\n");

    let ended = scene.run(&[]).with_status(2);

    ended.says("system-health.toml:2:1: there is no key `incident` in [acme]; did you mean `incidents`?");
}

#[test]
fn an_incident_is_one_event_and_its_metric_is_delivered_under_both_keys() {
    let intake = DatadogIntake::start();
    let opened = |age: u64| {
        let opened = SystemTime::now() - Duration::from_hours(age);
        opened.duration_since(UNIX_EPOCH).unwrap().as_secs()
    };
    let list = format!("high\t{}\tcheckout is down\nlow\t{}\tan old one\n", opened(1), opened(48));
    let scene = scene()
        .variable("DD_URL", intake.url())
        .variable("DD_API_KEY", DatadogIntake::KEY)
        .file("incidents.tsv", &list);

    for _ in 0..2 {
        let _ = scene.run(&["--push", "--only", "acme.*", "--no-self-metrics"]).with_status(0);
        next_second();
    }

    let [event] = &intake.events()[..] else { panic!("{:?}", intake.events()) };
    assert_eq!(event["title"], "checkout is down", "Datadog does not accept events of two days ago");
    let tags = event["tags"].to_string();
    assert!(tags.contains("\"severity:high\"") && tags.contains("\"source:system-health\""), "{event}");
    let values = |key: &str| -> Vec<f64> {
        intake.points().iter().filter(|point| point.metric == key).map(|point| point.value).collect()
    };
    assert_eq!(values("acme.incidents.open"), [1.0, 1.0, 1.0, 1.0]);
    assert_eq!(values("acme.open_incidents"), values("acme.incidents.open"));
}

#[test]
fn the_monitor_uses_the_attributes_of_the_metric() {
    let monitors = scene().run(&["monitors"]).with_status(0).json();

    let [open] = &monitors
        .as_array()
        .unwrap()
        .iter()
        .filter(|monitor| monitor["tags"].to_string().contains("\"metric:acme.incidents.open\""))
        .collect::<Vec<_>>()[..]
    else {
        panic!("{monitors}")
    };
    let query = open["query"].as_str().unwrap();
    assert!(query.starts_with("max(last_30m):abs(sum:acme.incidents.open{"), "{query}");
    let message = open["message"].as_str().unwrap();
    assert!(message.contains("Runbook: https://acme.example/runbooks/incidents"), "{message}");
    assert!(message.contains("@slack-acme"), "{message}");
}
