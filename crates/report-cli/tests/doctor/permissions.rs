//! Findings about the permissions of the GitHub token. The settings determine which permissions the metrics need.

use system_health_test_support::datadog::DatadogIntake;

use super::{github, scene};

/// The permissions that the findings name, in their order.
fn permissions(settings: &str) -> Vec<String> {
    let (github, intake) = (github(), DatadogIntake::start());
    let ended = scene(&github, &intake).file("system-health.toml", settings).run(&["doctor"]);
    let document = ended.json();
    let checks = document["findings"].as_array().unwrap().iter().map(|it| it["check"].as_str().unwrap());
    checks.filter_map(|check| Some(check.strip_prefix("GitHub permission ")?.to_owned())).collect()
}

#[test]
fn the_setting_for_deployments_determines_the_permissions() {
    for (deployments, expected) in [
        ("github", &["Contents", "Deployments", "Issues", "Metadata", "Pull requests"][..]),
        ("releases", &["Contents", "Issues", "Metadata", "Pull requests"]),
        ("tags", &["Contents", "Issues", "Metadata", "Pull requests"]),
        ("workflow", &["Actions", "Contents", "Issues", "Metadata", "Pull requests"]),
    ] {
        let settings = format!(
            "[report]\nskip = ['ci.*', 'commits.*']\n[metrics]\nenable = ['dora.*']\n[dora]\ndeployments = '{deployments}'\n"
        );
        assert_eq!(permissions(&settings), expected, "{deployments}");
    }
}

#[test]
fn labels_of_hotfixes_need_the_permission_for_pull_requests() {
    let settings = |labels: &str| format!("[report]\nskip = ['ci.*']\n[commits]\n{labels}\n");
    assert_eq!(permissions(&settings("")), ["Contents", "Metadata"]);
    assert_eq!(
        permissions(&settings("hotfix_labels = ['hotfix']")),
        ["Contents", "Metadata", "Pull requests"]
    );
}
