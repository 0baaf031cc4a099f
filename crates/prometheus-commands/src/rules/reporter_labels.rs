//! Which series the rules watch. Each environment and service has its own rules.

use std::collections::BTreeMap;

use system_health_prometheus::tag_labels;
use system_health_registry::Settings;
use system_health_reporter::{ReportSettings, base_tags};

use crate::promql::{equals, selector};

/// The labels `env` and `service` of all series of a reporter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReporterLabels(pub(super) BTreeMap<String, String>);

impl ReporterLabels {
    pub(super) fn from_settings(settings: &Settings) -> anyhow::Result<Self> {
        let report: ReportSettings = settings.table()?;
        let labels = tag_labels(&base_tags(&report)?);
        Ok(Self(labels.into_iter().filter(|(name, _)| ["env", "service"].contains(&name.as_str())).collect()))
    }

    /// The series of a metric of the reporter. Further matchers restrict them.
    pub(super) fn select(&self, metric: &str, further: &[&str]) -> String {
        let matchers: Vec<String> = self
            .0
            .iter()
            .map(|(name, value)| equals(name, value))
            .chain(further.iter().map(|matcher| (*matcher).to_owned()))
            .collect();
        selector(metric, &matchers)
    }

    /// The name of the environment, if there is one.
    pub(super) fn environment(&self) -> Option<&str> {
        self.0.get("env").map(String::as_str)
    }
}
