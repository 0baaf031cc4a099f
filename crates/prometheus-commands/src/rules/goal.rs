//! The rules of a goal: one for a missed goal, and another one for missing values if the settings ask for it.

use std::collections::BTreeMap;

use system_health_monitor_settings::{MonitoredGoal, Watched};
use system_health_prometheus::tag_labels;
use system_health_registry::{
    Facts, Tag,
    alerting::{Alerting, OnMissingData, TwoMetricGoalFacts},
    duration_in_words,
};

use super::{
    condition::Condition,
    quantity::Quantity,
    reporter_labels::ReporterLabels,
    rule::{Rule, alert_name, minutes, severity},
    template,
};
use crate::promql::{equals, label_name, missing_values, selector};

/// What alerts say about a metric or a goal.
struct About<'a> {
    /// Key of the metric, or name of the goal.
    name: &'a str,
    description: String,
    runbook: Option<&'a str>,
    owner: Option<&'a str>,
    /// The tags of the metrics, as written.
    tags: Vec<&'a str>,
}

/// The rules of a goal. Alerts link to the dashboard.
pub(super) fn goal_rules(
    goal: &MonitoredGoal<'_>,
    reporter_labels: &ReporterLabels,
    dashboard: Option<&str>,
) -> Vec<Rule> {
    let MonitoredGoal { watched, alerting } = goal;
    let labels: Vec<String> = alerting.group_by.iter().map(|tag| label_name(tag)).collect();
    let (quantity, about) = match watched {
        Watched::Metric(metric) => {
            let Some(goal) = metric.goal() else { return Vec::new() };
            (
                Quantity::from_metric((metric, goal), alerting, reporter_labels, &labels),
                About::from(metric.facts()),
            )
        }
        Watched::TwoMetricGoal(goal) => {
            (Quantity::from_combination(goal, alerting, reporter_labels, &labels), About::from(goal))
        }
    };
    let condition = Condition::new(&quantity, alerting.window);
    let alert = alert_name(about.name, "MissesGoal");
    let firing: Vec<String> =
        [("alertname", alert.as_str()), ("alertstate", "firing"), ("metric", about.name)]
            .into_iter()
            .chain(reporter_labels.0.iter().map(|(name, value)| (name.as_str(), value.as_str())))
            // `on` compares the labels of the groups.
            .filter(|(name, _)| !labels.iter().any(|label| label == *name))
            .map(|(name, value)| equals(name, value))
            .collect();
    let missed = Rule {
        alert,
        expression: condition.expression(&selector("ALERTS", &firing), &labels),
        pending: condition.pending,
        labels: about.labels(alerting, reporter_labels, &labels),
        annotations: about.annotations(condition.summary + &template::label_values(&labels), dashboard),
    };
    let missing = (alerting.on_missing_data == OnMissingData::ShowAndNotifyNoData).then(|| {
        let window = duration_in_words(alerting.window);
        let summary = format!("{} has had no value for {window}", template::escape(&quantity.name));
        Rule {
            alert: alert_name(about.name, "HasNoValue"),
            expression: missing_values(&quantity.value, &minutes(alerting.window), &labels),
            pending: None,
            labels: about.labels(alerting, reporter_labels, &labels),
            annotations: about.annotations(summary + &template::label_values(&labels), dashboard),
        }
    });
    std::iter::once(missed).chain(missing).collect()
}

impl About<'_> {
    /// The labels that the rule sets. Labels that distinguish the groups are left out: otherwise, all groups would have the same
    /// value, and Prometheus refuses to evaluate a rule if two of its alerts have the same labels.
    fn labels(
        &self,
        alerting: &Alerting,
        reporter_labels: &ReporterLabels,
        group_labels: &[String],
    ) -> BTreeMap<String, String> {
        let tags: Vec<Tag> = self.tags.iter().filter_map(|tag| Tag::parse(tag).ok()).collect();
        let mut labels: BTreeMap<String, String> = tag_labels(&tags).into_iter().collect();
        labels.insert("metric".to_owned(), self.name.to_owned());
        labels.insert("severity".to_owned(), severity(alerting.priority));
        labels.extend(self.owner.map(|owner| ("owner".to_owned(), owner.to_owned())));
        labels.retain(|name, _| !group_labels.contains(name));
        // The reporter's labels are the same for all groups.
        labels.extend(reporter_labels.0.clone());
        labels.into_iter().map(|(name, value)| (name, template::escape(&value))).collect()
    }

    fn annotations(&self, summary: String, dashboard: Option<&str>) -> BTreeMap<&'static str, String> {
        let mut annotations = BTreeMap::from([("summary", summary)]);
        let further = [
            ("description", Some(self.description.as_str()).filter(|text| !text.is_empty())),
            ("runbook_url", self.runbook),
            ("dashboard_url", dashboard),
        ];
        let further = further.into_iter().filter_map(|(name, text)| Some((name, template::escape(text?))));
        annotations.extend(further);
        annotations
    }
}

impl<'a> From<&'a Facts> for About<'a> {
    fn from(metric: &'a Facts) -> Self {
        Self {
            name: metric.key(),
            description: metric.description().trim().to_owned(),
            runbook: metric.monitoring().runbook.as_deref(),
            owner: metric.monitoring().owner.as_deref(),
            tags: metric.tags().iter().map(String::as_str).collect(),
        }
    }
}

impl<'a> From<&TwoMetricGoalFacts<'a>> for About<'a> {
    fn from(goal: &TwoMetricGoalFacts<'a>) -> Self {
        let metrics = [goal.left, goal.right];
        let descriptions = metrics.map(|metric| format!("{}: {}", metric.key(), metric.description().trim()));
        let paragraphs = goal.description.map(str::to_owned).into_iter().chain(descriptions);
        Self {
            name: goal.name,
            description: paragraphs.collect::<Vec<_>>().join("\n"),
            runbook: goal.runbook,
            owner: goal.owner,
            tags: metrics.into_iter().flat_map(Facts::tags).map(String::as_str).collect(),
        }
    }
}
