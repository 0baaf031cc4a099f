//! Events. See <https://docs.datadoghq.com/api/latest/events/#post-an-event>.

use super::{Finding, Rule};

/// The longest text, in characters.
const MAX_TEXT: usize = 4000;
/// The longest aggregation key, in characters.
const MAX_AGGREGATION_KEY: usize = 100;
/// How old an event may be, in seconds.
const MAX_AGE: i64 = 18 * 60 * 60;

/// Whether Datadog accepts an event.
pub(crate) fn check_event(
    title: &str,
    text: &str,
    aggregation_key: Option<&str>,
    happened: i64,
    now: i64,
    findings: &mut Vec<Finding>,
) -> bool {
    let before = findings.len();
    let mut add_finding = |rule, message: String| findings.push(Finding::new(rule, title, message));
    let length = text.chars().count();
    if length > MAX_TEXT {
        add_finding(
            Rule::EventText,
            format!("the text has {length} characters, and at most {MAX_TEXT} are allowed"),
        );
    }
    if happened < now - MAX_AGE {
        add_finding(Rule::EventAge, "the event is older than 18 hours".to_owned());
    }
    let is_accepted = findings.len() == before;
    let length = aggregation_key.unwrap_or_default().chars().count();
    if length > MAX_AGGREGATION_KEY {
        let message = format!(
            "the aggregation key has {length} characters, and at most {MAX_AGGREGATION_KEY} are kept"
        );
        findings.push(Finding::new(Rule::AggregationKey, title, message));
    }
    is_accepted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_that_are_too_long_or_too_old_are_refused() {
        let checked = |text: &str, key: Option<&str>, age: i64| {
            let mut findings = Vec::new();
            let is_accepted = check_event("Deploy", text, key, 1_000_000 - age, 1_000_000, &mut findings);
            (is_accepted, findings.iter().map(|finding| finding.rule).collect::<Vec<_>>())
        };
        assert_eq!(checked("text", Some("key"), MAX_AGE), (true, vec![]));
        assert_eq!(checked("text", None, MAX_AGE + 1), (false, vec![Rule::EventAge]));
        assert_eq!(checked(&"ä".repeat(4001), None, 0), (false, vec![Rule::EventText]));
        assert_eq!(checked("", Some(&"k".repeat(101)), 0), (true, vec![Rule::AggregationKey]));
    }
}
