//! The message of a monitor.
//! See <https://docs.datadoghq.com/monitors/notify/variables/>.

use std::fmt::Write;

use system_health_registry::{Facts, alerting::Alerting};

use crate::escape::{escape, escape_url};

/// The texts of a message.
pub(super) struct MessageTexts<'a> {
    pub(super) alert: String,
    /// Text for the recovery from an alert. Also for the recovery from missing data, if missing data notifies somebody.
    pub(super) recovery: String,
    pub(super) no_data: String,
    pub(super) about: Vec<About<'a>>,
    pub(super) alerting: &'a Alerting,
}

/// What a reader should know about a metric or a goal.
#[derive(Default)]
pub(super) struct About<'a> {
    /// The key of the metric, if the alert is about several metrics.
    pub(super) key: Option<&'a str>,
    pub(super) description: &'a str,
    pub(super) runbook: Option<&'a str>,
    pub(super) owner: Option<&'a str>,
}

impl<'a> From<&'a Facts> for About<'a> {
    fn from(metric: &'a Facts) -> Self {
        Self {
            key: None,
            description: metric.description(),
            runbook: metric.monitoring().runbook.as_deref(),
            owner: metric.monitoring().owner.as_deref(),
        }
    }
}

/// Builds the message, with a section for each kind of transition.
pub(super) fn message(texts: &MessageTexts<'_>) -> String {
    let MessageTexts { alert, recovery, no_data, about, alerting } = texts;
    let mut message = format!("{{{{#is_alert}}}}{alert}{{{{/is_alert}}}}\n");
    if alerting.on_missing_data.notifies() {
        push(&mut message, format_args!("{{{{#is_no_data}}}}{no_data}{{{{/is_no_data}}}}\n"));
    }
    // If nobody was notified of missing data, nobody is notified when data arrives again.
    let recovery_variable =
        if alerting.on_missing_data.notifies() { "is_recovery" } else { "is_alert_recovery" };
    push(&mut message, format_args!("{{{{#{recovery_variable}}}}}{recovery}{{{{/{recovery_variable}}}}}\n"));
    let mut paragraphs: Vec<String> = about.iter().flat_map(About::paragraphs).collect();
    if !alerting.notify.is_empty() {
        paragraphs.push(alerting.notify.join(" "));
    }
    message + "\n" + &paragraphs.join("\n\n")
}

impl<'a> About<'a> {
    /// Describes one of the metrics of an alert that is about several.
    pub(super) fn one_of_several(metric: &'a Facts) -> Self {
        Self { key: Some(metric.key()), ..metric.into() }
    }

    fn paragraphs(&self) -> Vec<String> {
        let description = escape(self.description.trim());
        let description = match self.key {
            Some(key) => Some(format!("`{key}`: {description}")),
            None => Some(description).filter(|description| !description.is_empty()),
        };
        let runbook = self.runbook.map(|runbook| format!("Runbook: {}", escape_url(runbook)));
        let owner = self.owner.map(|owner| format!("Owner: {}", escape(owner)));
        description.into_iter().chain(runbook).chain(owner).collect()
    }
}

fn push(message: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = message.write_fmt(text);
}
