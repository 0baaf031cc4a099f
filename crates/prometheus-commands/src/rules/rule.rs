//! An alerting rule, as YAML.
//! See <https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/>.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde_json::json;

/// An alerting rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rule {
    /// The name of the alert.
    pub(super) alert: String,
    pub(super) expression: String,
    /// How long the expression must have a result before the alert fires. Default: it fires at once.
    pub(super) pending: Option<Duration>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) annotations: BTreeMap<&'static str, String>,
}

/// The name of an alert: the key in camel case, and what is wrong.
pub(super) fn alert_name(key: &str, problem: &str) -> String {
    let mut name = String::new();
    for word in key.split(|c: char| !c.is_ascii_alphanumeric()) {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name + problem
}

/// A duration for expressions, in whole minutes, rounded up.
pub(super) fn minutes(time: Duration) -> String {
    format!("{}m", time.as_secs().div_ceil(60))
}

/// Severity by priority, from 1 (high) to 5 (low). Default: `warning`.
pub(super) fn severity(priority: Option<u8>) -> String {
    match priority {
        Some(1 | 2) => "critical",
        None | Some(3) => "warning",
        Some(_) => "info",
    }
    .to_owned()
}

/// A YAML string. Quotes keep words such as `on` and numbers from having another type. In double quotes, YAML reads JSON strings.
/// In single quotes, text with double quotes is easier to read.
/// See <https://yaml.org/spec/1.2.2/#73-flow-scalar-styles>.
fn yaml_string(text: &str) -> String {
    if text.contains('"') && !text.contains(needs_escape) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let escaped = |c| if needs_escape(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    json!(text).to_string().chars().map(escaped).collect()
}

/// The name of a label as a YAML key. Names have only lower-case letters, digits and underscores. In YAML,
/// some of these names are values of other types. See <https://yaml.org/type/bool.html> and <https://yaml.org/type/null.html>.
fn yaml_key(label: &str) -> String {
    match label {
        "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n" => yaml_string(label),
        _ => label.to_owned(),
    }
}

/// Whether YAML does not allow a character, or reads it as a line break. `serde_json` escapes only those below U+0020.
/// See <https://yaml.org/spec/1.2.2/#51-character-set>.
fn needs_escape(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "      - alert: {}", self.alert)?;
        writeln!(f, "        expr: {}", yaml_string(&self.expression))?;
        if let Some(pending) = self.pending {
            writeln!(f, "        for: {}", minutes(pending))?;
        }
        writeln!(f, "        labels:")?;
        for (name, value) in &self.labels {
            writeln!(f, "          {}: {}", yaml_key(name), yaml_string(value))?;
        }
        writeln!(f, "        annotations:")?;
        for (name, value) in &self.annotations {
            writeln!(f, "          {name}: {}", yaml_string(value))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_one_yaml_string() {
        for (written, expected) in [
            ("on", "\"on\""),
            ("up{job=\"it's\"}", "'up{job=\"it''s\"}'"),
            ("a \"b\"\nc\\d", "\"a \\\"b\\\"\\nc\\\\d\""),
            ("\u{7f}é\u{85}\u{2028}", "\"\\u007fé\\u0085\\u2028\""),
        ] {
            assert_eq!(yaml_string(written), expected);
        }
    }

    #[test]
    fn a_label_whose_name_means_something_else_in_yaml_is_quoted() {
        let labels = ["env", "no", "null", "nullable"].map(|name| (name.to_owned(), "a".to_owned())).into();
        let rule = Rule {
            alert: "A".to_owned(),
            expression: "a > 1".to_owned(),
            pending: None,
            labels,
            annotations: BTreeMap::new(),
        };

        let text = rule.to_string();

        let lines = "        labels:\n          env: \"a\"\n          \"no\": \"a\"\n          \"null\": \"a\"\n          \
                     nullable: \"a\"\n";
        assert!(text.contains(lines), "{text}");
    }

    #[test]
    fn an_alert_is_named_after_the_key() {
        for (key, name) in [
            ("commits.hotfix", "CommitsHotfixMissesGoal"),
            ("ci.tests_passing_on_main", "CiTestsPassingOnMainMissesGoal"),
            ("ci.testsPassing", "CiTestsPassingMissesGoal"),
        ] {
            assert_eq!(alert_name(key, "MissesGoal"), name);
        }
    }
}
