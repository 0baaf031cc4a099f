//! Detects settings from the current folder and the environment. It makes no network requests and reads no secrets: it only
//! checks whether their variables are set.

use std::env;

use system_health_registry::{Detected, linked_extensions};

/// Variables that hold a secret or locate one. Their values are not read.
const CREDENTIALS: [&str; 12] = [
    "GITHUB_DASHBOARD_TOKEN",
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "DD_API_KEY",
    "DD_APP_KEY",
    "PUSHGATEWAY_PASSWORD",
    "PUSHGATEWAY_TOKEN",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    "PROMETHEUS_REMOTE_WRITE_PASSWORD",
    "PROMETHEUS_REMOTE_WRITE_TOKEN",
    "AWS_PROFILE",
];

/// CI systems, each with a variable that it sets in every job.
const CI_SYSTEMS: [(&str, &str); 5] = [
    ("GITHUB_ACTIONS", "GitHub Actions"),
    ("GITLAB_CI", "GitLab CI"),
    ("JENKINS_URL", "Jenkins"),
    ("CIRCLECI", "CircleCI"),
    ("BUILDKITE", "Buildkite"),
];

/// What was detected.
#[derive(Debug, Default)]
pub(super) struct Discovery {
    /// The settings that the linked crates detected.
    pub(super) detected: Detected,
    /// The CI system that runs this job.
    pub(super) ci: Option<&'static str>,
    /// Variables that are set and hold credentials.
    pub(super) credentials: Vec<&'static str>,
}

impl Discovery {
    /// Detects settings from the current folder and the environment.
    pub(super) async fn detect() -> Self {
        let mut detected = Detected::default();
        for extension in linked_extensions() {
            let Detected { values, examples, steps } = extension.detect().await;
            detected.values.extend(values);
            detected.examples.extend(examples);
            detected.steps.extend(steps);
        }
        let is_set = |variable: &str| env::var_os(variable).is_some_and(|value| !value.is_empty());
        Self {
            detected,
            ci: CI_SYSTEMS.iter().find(|(variable, _)| is_set(variable)).map(|(_, name)| *name),
            credentials: CREDENTIALS.into_iter().filter(|variable| is_set(variable)).collect(),
        }
    }
}
