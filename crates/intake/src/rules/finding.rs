//! What Datadog would do with a part of a submission that breaks one of its rules.

use std::fmt;

use serde::Serialize;

use super::{Effect, Rule};

/// The longest part of a submission that a finding quotes, in characters.
const MAX_QUOTE: usize = 120;
/// The longest message, in characters. A message may contain two quotations, or the name of a metric.
const MAX_MESSAGE: usize = 600;

/// One violation of Datadog's rules by a submission, and what Datadog does about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// What it is about, such as a metric's name.
    pub subject: String,
    /// What Datadog does, and why.
    pub message: String,
}

impl Finding {
    /// A finding about a subject, such as a metric. The subject and the message may contain any text of the sender. So both become
    /// one line without control characters, and are cut if they are too long.
    pub(crate) fn new(rule: Rule, subject: &str, message: impl Into<String>) -> Self {
        let message: String = message.into();
        Self { rule, subject: quoted(subject), message: one_line(&message, MAX_MESSAGE) }
    }

    /// What happens to the submission.
    #[must_use]
    pub const fn effect(&self) -> Effect {
        self.rule.effect()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:7}  {}: {} ({})", self.effect(), self.subject, self.message, self.rule.link())
    }
}

/// A sender's text for a message: in one line, not too long, and without control characters, because a terminal would obey
/// some of them.
pub(crate) fn quoted(text: &str) -> String {
    one_line(text, MAX_QUOTE)
}

fn one_line(text: &str, max: usize) -> String {
    let plain = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut line: String = text.chars().take(max).map(plain).collect();
    if text.chars().nth(max).is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line_with_a_link() {
        let finding = Finding::new(Rule::TooOld, "a.b\n\u{1b}[31m", "Datadog drops the point");

        assert_eq!(
            finding.to_string(),
            "refused  a.b\u{fffd}\u{fffd}[31m: Datadog drops the point \
             (https://docs.datadoghq.com/api/latest/metrics/#submit-metrics)"
        );
        assert_eq!(quoted(&"a".repeat(500)).chars().count(), MAX_QUOTE + 1);
    }

    #[test]
    fn a_message_is_one_line_of_bounded_length() {
        let unit = format!("\u{1b}[2J\n{}", "x".repeat(8000));

        let finding = Finding::new(Rule::Unit, "a", format!("Datadog does not know the unit `{unit}`"));

        assert!(finding.message.starts_with("Datadog does not know the unit `\u{fffd}[2J\u{fffd}xxx"));
        assert_eq!(finding.message.chars().count(), MAX_MESSAGE + 1);
    }
}
