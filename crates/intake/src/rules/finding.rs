//! What Datadog would do with a part of a submission that breaks one of its rules.

use std::fmt;

use serde::Serialize;

use super::{Effect, Rule};

/// The longest part of a submission that a finding quotes, in characters.
const MAX_QUOTE: usize = 120;

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
    /// A finding about a subject, such as a metric. Long texts are cut, because the sender chose them.
    pub(crate) fn new(rule: Rule, subject: &str, message: impl Into<String>) -> Self {
        Self { rule, subject: quoted(subject), message: message.into() }
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
    let plain = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut quoted: String = text.chars().take(MAX_QUOTE).map(plain).collect();
    if text.chars().nth(MAX_QUOTE).is_some() {
        quoted.push('…');
    }
    quoted
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
}
