//! What a push would create: the same documents as those of `report monitors push` and `report dashboard push`.

use std::borrow::Cow;

use serde_json::Value;
use system_health_command::with_remembered_metrics;
use system_health_datadog_commands::{monitor_scope, wanted_dashboard, wanted_monitors};
use system_health_registry::self_metrics::is_self_metric;
use system_health_reporter::{Choice, selected_by_settings};
use system_health_serve::PartSettings;

/// The documents of a catalog.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Documents {
    pub(crate) monitors: Vec<Monitor>,
    pub(crate) dashboards: Vec<Value>,
}

/// A monitor that a push would create.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Monitor {
    /// The document that the push sends.
    pub(crate) document: Value,
    /// The key of the metric that it watches, if the service does not collect that metric.
    pub(crate) not_collected: Option<String>,
}

impl Documents {
    /// The documents for the metrics that are known now. The metrics of sources are known only after a run.
    pub(crate) fn new(part: &PartSettings) -> anyhow::Result<Self> {
        let PartSettings { catalog, settings, selection, folder } = part;
        let catalog = match folder {
            Some(folder) => with_remembered_metrics(catalog, folder),
            None => Cow::Borrowed(catalog),
        };
        let is_skipped = |key: &str| {
            let mut metrics = catalog.metrics().iter();
            let metric = metrics.find(|metric| metric.key() == key && !is_self_metric(key));
            metric.is_some_and(|metric| selection.choice(metric) != Choice::Collected)
        };
        let mut monitors = Vec::new();
        for wanted in wanted_monitors(&catalog, &monitor_scope(settings)?, settings)? {
            let not_collected = Some(wanted.metric()).filter(|key| is_skipped(key)).map(str::to_owned);
            monitors.push(Monitor { document: wanted.json()?, not_collected });
        }
        let selected = selected_by_settings(catalog.into_owned(), settings)?;
        let dashboards = vec![wanted_dashboard(&selected)?.json()?];
        Ok(Self { monitors, dashboards })
    }
}

impl Monitor {
    pub(crate) fn query(&self) -> &str {
        self.document["query"].as_str().unwrap_or_default()
    }

    /// How far back it looks, in seconds. The windows of all pushed monitors are in minutes.
    pub(crate) fn window(&self) -> i64 {
        let window = self.query().split_once("(last_").and_then(|(_, rest)| rest.split_once("m)"));
        window.and_then(|(minutes, _)| minutes.parse::<i64>().ok()).unwrap_or_default() * 60
    }
}
