//! What an alert says to the person that it wakes up.
//! See <https://docs.datadoghq.com/monitors/notify/variables/>.

use std::fmt::Write;

use super::Alerting;
use crate::words::{harmless, harmless_url};

/// What there is to say.
pub(super) struct Words<'a> {
    pub(super) alert: String,
    /// Said when the monitor recovers from an alert, and from missing data if that notifies.
    pub(super) recovery: String,
    pub(super) no_data: String,
    pub(super) description: &'a str,
    pub(super) runbook: Option<&'a str>,
    pub(super) owner: Option<&'a str>,
    pub(super) alerting: &'a Alerting,
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
    push(&mut message, format_args!("\n{}", harmless(words.description.trim())));
    if let Some(runbook) = words.runbook {
        push(&mut message, format_args!("\n\nRunbook: {}", harmless_url(runbook)));
    }
    if let Some(owner) = words.owner {
        push(&mut message, format_args!("\n\nOwner: {}", harmless(owner)));
    }
    if !words.alerting.notify.is_empty() {
        push(&mut message, format_args!("\n\n{}", words.alerting.notify.join(" ")));
    }
    message
}

fn push(message: &mut String, text: std::fmt::Arguments<'_>) {
    // A string takes all that is written to it.
    let _ = message.write_fmt(text);
}
