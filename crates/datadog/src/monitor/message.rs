//! What an alert says to the person that it wakes up.
//! See <https://docs.datadoghq.com/monitors/notify/variables/>.

use std::fmt::Write;

use system_health_registry::Facts;

use super::Alerting;
use crate::words::{harmless, harmless_url};

/// What there is to say.
pub(super) struct Words<'a> {
    pub(super) alert: String,
    /// Said when the monitor recovers from an alert, and from missing data if that notifies.
    pub(super) recovery: String,
    pub(super) no_data: String,
    pub(super) about: Vec<About<'a>>,
    pub(super) alerting: &'a Alerting,
}

/// What there is to know of something that the alert is about.
#[derive(Default)]
pub(super) struct About<'a> {
    /// Its key, where the alert is about several things.
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

/// The message.
pub(super) fn of(words: &Words<'_>) -> String {
    let Words { alert, recovery, no_data, .. } = words;
    let mut message = format!("{{{{#is_alert}}}}{alert}{{{{/is_alert}}}}\n");
    if words.alerting.on_missing_data.notifies() {
        push(&mut message, format_args!("{{{{#is_no_data}}}}{no_data}{{{{/is_no_data}}}}\n"));
    }
    // After missing data that nobody was notified of, there is nothing to recover from.
    let recovers =
        if words.alerting.on_missing_data.notifies() { "is_recovery" } else { "is_alert_recovery" };
    push(&mut message, format_args!("{{{{#{recovers}}}}}{recovery}{{{{/{recovers}}}}}\n"));
    let mut paragraphs: Vec<String> = words.about.iter().flat_map(About::paragraphs).collect();
    if !words.alerting.notify.is_empty() {
        paragraphs.push(words.alerting.notify.join(" "));
    }
    message + "\n" + &paragraphs.join("\n\n")
}

impl<'a> About<'a> {
    /// For an alert that is about other metrics, too.
    pub(super) fn one_of_several(metric: &'a Facts) -> Self {
        Self { key: Some(metric.key()), ..metric.into() }
    }

    fn paragraphs(&self) -> Vec<String> {
        let description = harmless(self.description.trim());
        let description = match self.key {
            Some(key) => Some(format!("`{key}`: {description}")),
            None => Some(description).filter(|description| !description.is_empty()),
        };
        let runbook = self.runbook.map(|runbook| format!("Runbook: {}", harmless_url(runbook)));
        let owner = self.owner.map(|owner| format!("Owner: {}", harmless(owner)));
        description.into_iter().chain(runbook).chain(owner).collect()
    }
}

fn push(message: &mut String, text: std::fmt::Arguments<'_>) {
    // A string takes all that is written to it.
    let _ = message.write_fmt(text);
}
