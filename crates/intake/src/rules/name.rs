//! Names of metrics. See <https://docs.datadoghq.com/metrics/custom_metrics/#naming-custom-metrics>.

use super::{Finding, Rule};

/// The longest name, in characters.
const MAX_NAME: usize = 200;

/// The name that Datadog stores. `None` if it refuses the metric.
pub(crate) fn check_name(name: &str, findings: &mut Vec<Finding>) -> Option<String> {
    let finding = |rule, message: String| Finding::new(rule, name, message);
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        let subject = if name.is_empty() { "a metric without a name" } else { name };
        findings.push(Finding::new(
            Rule::NameStart,
            subject,
            "the name of a metric must start with a letter",
        ));
        return None;
    }
    let length = name.chars().count();
    if length > MAX_NAME {
        let message = format!("the name has {length} characters, and at most {MAX_NAME} are allowed");
        findings.push(finding(Rule::NameLength, message));
        return None;
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    let stored: String = name.chars().map(|c| if allowed(c) { c } else { '_' }).collect();
    if stored != name {
        let message = format!(
            "is stored as `{stored}`: a name contains only ASCII letters, digits, `_` and `.`, and other characters become \
             `_`"
        );
        findings.push(finding(Rule::NameCharacters, message));
    }
    Some(stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(name: &str) -> (Option<String>, Vec<Rule>) {
        let mut findings = Vec::new();
        let stored = check_name(name, &mut findings);
        (stored, findings.iter().map(|finding| finding.rule).collect())
    }

    #[test]
    fn names_become_those_that_datadog_stores() {
        assert_eq!(checked("Jobs.open_2"), (Some("Jobs.open_2".into()), vec![]));
        assert_eq!(checked("jobs-open größe"), (Some("jobs_open_gr__e".into()), vec![Rule::NameCharacters]));
        assert_eq!(checked("2.jobs"), (None, vec![Rule::NameStart]));
        assert_eq!(checked(""), (None, vec![Rule::NameStart]));
        assert_eq!(checked(&"a".repeat(201)), (None, vec![Rule::NameLength]));
        assert_eq!(checked(&"a".repeat(200)).1, vec![]);
    }
}
