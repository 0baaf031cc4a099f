//! The dashboard for Grafana and the rules for Prometheus that the real program prints.
#![cfg(feature = "prometheus")]

use system_health_test_support::{
    prometheus::check_file,
    scene::{ProgramOutput, Scene},
    tools::run_contract_script,
};

const SETTINGS: &str = "
[report]
env = 'production'

[goals.'commits.reverted']
goal = 'commits.reverts / commits.hotfix < 0.5'

[monitors]
group_by = ['repository']

[monitors.metrics.'commits.*']
on_missing_data = 'show_and_notify_no_data'

[prometheus]
textfile = '/var/lib/prometheus/node-exporter/health.prom'
";

fn run(arguments: &[&str]) -> ProgramOutput {
    let scene = Scene::new(env!("CARGO_BIN_EXE_report")).file("system-health.toml", SETTINGS);
    scene.run(arguments)
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn promtool_accepts_the_rules_of_the_linked_metrics() {
    let rules = run(&["monitors", "--for", "prometheus"]).with_status(0).stdout();

    let checked = check_file("rules", &rules);
    assert_eq!(checked.status, Some(0), "{}\n{rules}", checked.output);
    for alert in [
        "CommitsHotfixMissesGoal",
        "CommitsHotfixHasNoValue",
        "CommitsRevertedMissesGoal",
        "MetricFails",
        "ReporterHasStopped",
        "ReporterTextfileIsOld",
    ] {
        assert!(rules.contains(&format!("- alert: {alert}\n")), "{alert} is missing in\n{rules}");
    }
}

#[test]
#[ignore = "needs Grafana's models: run cargo xtask test"]
fn grafanas_models_read_the_dashboard_of_the_linked_metrics() {
    let dashboard = run(&["dashboard", "--for", "grafana", "--title", "CI"]).with_status(0).json();

    let input = format!("[{dashboard}]");
    assert_eq!(dashboard["title"], "CI");
    assert_eq!(run_contract_script("grafana_check.py", &[], input.as_bytes()), "[[]]");
}

#[test]
fn rules_for_development_come_with_a_warning() {
    let scene = Scene::new(env!("CARGO_BIN_EXE_report"));
    let ended = scene.run(&["monitors", "--for", "prometheus"]).with_status(0);
    ended.says("these rules watch only series with the label env=\"development\"");
}

/// The rules are always YAML, so `--format json` is refused.
#[test]
fn rules_are_printed_only_as_yaml() {
    for arguments in [
        ["monitors", "--for", "prometheus", "--format", "json"],
        ["--format", "json", "monitors", "--for", "prometheus"],
    ] {
        let ended = run(&arguments).with_status(2);
        ended.says("this command does not support --format");
        assert_eq!(ended.stdout(), "");
    }
}

#[test]
#[cfg(feature = "datadog")]
fn arguments_for_another_system_are_refused() {
    run(&["dashboard", "--for", "grafana", "push"]).with_status(2).says("cannot be used with");
    run(&["monitors", "--dashboard-url", "https://grafana.example.com"])
        .with_status(2)
        .says("`--dashboard-url` is not for datadog; it needs `--for prometheus`");
    run(&["monitors", "--for", "grafana"]).with_status(2).says("[possible values: datadog, prometheus]");
}

/// In a program without Datadog, each command supports only one system, so `--for` is optional.
#[test]
#[cfg(not(feature = "datadog"))]
fn the_only_system_is_the_default() {
    let rules = run(&["monitors"]).with_status(0).stdout();
    assert!(rules.contains("groups:\n"), "{rules}");
    assert!(run(&["dashboard"]).with_status(0).json()["schemaVersion"].is_number());
}
