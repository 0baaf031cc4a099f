//! Series with their points. See <https://docs.datadoghq.com/api/latest/metrics/#submit-metrics>.

use std::collections::BTreeSet;

use system_health_rules::datadog_unit;

use super::{Finding, Rule, check_name, check_tags};

/// How old a point may be, in seconds.
const MAX_AGE: i64 = 60 * 60;
/// How far ahead a point may be, in seconds.
pub(crate) const MAX_AHEAD: i64 = 10 * 60;

/// A series as it was submitted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Submission {
    pub(crate) metric: String,
    /// `unspecified`, `count`, `rate` or `gauge`.
    pub(crate) kind: &'static str,
    pub(crate) tags: BTreeSet<String>,
    /// In seconds.
    pub(crate) interval: Option<i64>,
    pub(crate) unit: Option<String>,
    pub(crate) points: Vec<SubmittedPoint>,
}

/// A point as it was submitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SubmittedPoint {
    /// In seconds since 1970.
    pub(crate) time: i64,
    /// `None` for null, which JSON has in place of NaN and infinities.
    pub(crate) value: Option<f64>,
}

/// The part of a series that Datadog stores. `None` if Datadog stores none of its points. `known_type` gets the
/// name that Datadog stores, and returns the type with which the metric was submitted before.
pub(crate) fn check_series<'k>(
    submitted: &Submission,
    known_type: impl FnOnce(&str) -> Option<&'k str>,
    now: i64,
    findings: &mut Vec<Finding>,
) -> Option<Submission> {
    let metric = check_name(&submitted.metric, findings)?;
    let tags = check_tags(&metric, &submitted.tags, findings);
    let mut add_finding = |rule, message: String| findings.push(Finding::new(rule, &metric, message));
    let kind = if submitted.kind == "unspecified" { "gauge" } else { submitted.kind };
    if kind != "gauge" && submitted.interval.is_none_or(|interval| interval <= 0) {
        add_finding(
            Rule::Interval,
            format!("a {kind} without an interval cannot be converted between count and rate in queries"),
        );
    }
    if let Some(known) = known_type(&metric).filter(|known| *known != kind) {
        add_finding(
            Rule::Type,
            format!(
                "is submitted as a {kind}, and was submitted as a {known} before: the type of a metric does not change, and \
                 queries treat all values as {known}"
            ),
        );
    }
    if let Some(unit) = submitted.unit.as_deref().filter(|unit| datadog_unit(unit) != Some(*unit)) {
        let instead = datadog_unit(unit).map_or_else(String::new, |known| format!("; write `{known}`"));
        let message = format!("Datadog does not know the unit `{unit}`, and shows none{instead}");
        add_finding(Rule::Unit, message);
    }
    let mut points = Vec::with_capacity(submitted.points.len());
    for point in &submitted.points {
        let is_stored =
            check_time(&metric, point.time, now, findings) && check_value(&metric, point.value, findings);
        points.extend(is_stored.then_some(*point));
    }
    (!points.is_empty()).then(|| Submission { metric, tags, points, ..submitted.clone() })
}

/// Whether Datadog stores a point of this time.
pub(crate) fn check_time(metric: &str, time: i64, now: i64, findings: &mut Vec<Finding>) -> bool {
    let duration_text = |seconds: i64| {
        humantime::format_duration(std::time::Duration::from_secs(seconds.unsigned_abs())).to_string()
    };
    // A time in milliseconds is far in the future.
    let hint =
        if time > now.saturating_mul(100) { "; is it in milliseconds? Datadog expects seconds" } else { "" };
    if time < now - MAX_AGE {
        // In whole hours, so that repeated submissions make one finding.
        let age = duration_text((now.saturating_sub(time) - 1) / 3600 * 3600);
        let message =
            format!("a point is more than {age} old: Datadog does not store points older than 1 hour");
        findings.push(Finding::new(Rule::TooOld, metric, message));
        return false;
    }
    if time > now + MAX_AHEAD {
        let message = format!(
            "a point is in the future: Datadog does not store points more than 10 minutes ahead{hint}"
        );
        findings.push(Finding::new(Rule::TooFarAhead, metric, message));
        return false;
    }
    true
}

fn check_value(metric: &str, value: Option<f64>, findings: &mut Vec<Finding>) -> bool {
    let Some(value) = value.filter(|value| value.is_finite()) else {
        let message =
            "a point has no number: NaN and infinities cannot be written in JSON, and clients send null";
        findings.push(Finding::new(Rule::Value, metric, message));
        return false;
    };
    if value.abs() > f64::from(f32::MAX) {
        let message = "a value does not fit into 32 bits, which Datadog documents as the size of values";
        findings.push(Finding::new(Rule::LargeValue, metric, message));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn submission(kind: &'static str, points: &[(i64, Option<f64>)]) -> Submission {
        Submission {
            metric: "jobs.open".into(),
            kind,
            tags: BTreeSet::from(["env:prod".to_owned()]),
            interval: None,
            unit: None,
            points: points.iter().map(|&(time, value)| SubmittedPoint { time, value }).collect(),
        }
    }

    fn checked(submitted: &Submission, known: Option<&str>) -> (Option<Submission>, Vec<Rule>) {
        let mut findings = Vec::new();
        let stored = check_series(submitted, |_| known, NOW, &mut findings);
        (stored, findings.iter().map(|finding| finding.rule).collect())
    }

    #[test]
    fn what_follows_the_rules_is_stored_unchanged() {
        let good = submission("gauge", &[(NOW - 3600, Some(1.0)), (NOW + 600, Some(-2.5))]);
        assert_eq!(checked(&good, Some("gauge")), (Some(good.clone()), vec![]));
        let count = Submission {
            interval: Some(60),
            unit: Some("job".into()),
            ..submission("count", &[(NOW, Some(1.0))])
        };
        assert_eq!(checked(&count, None), (Some(count.clone()), vec![]));
    }

    #[test]
    fn points_outside_of_the_accepted_time_are_dropped() {
        let points = [(NOW - 3601, Some(1.0)), (NOW, Some(2.0)), (NOW + 601, Some(3.0))];
        let (stored, rules) = checked(&submission("gauge", &points), None);
        assert_eq!(stored.unwrap().points, [SubmittedPoint { time: NOW, value: Some(2.0) }]);
        assert_eq!(rules, [Rule::TooOld, Rule::TooFarAhead]);

        let mut findings = Vec::new();
        assert!(!check_time("a", NOW * 1000, NOW, &mut findings));
        assert!(findings[0].message.contains("milliseconds"), "{findings:?}");

        assert!(!check_time("a", NOW - 7200, NOW, &mut findings));
        assert!(findings[1].message.starts_with("a point is more than 1h old:"), "{findings:?}");
    }

    #[test]
    fn points_without_a_number_are_dropped() {
        let (stored, rules) = checked(&submission("gauge", &[(NOW, None), (NOW, Some(f64::MAX))]), None);
        assert_eq!(stored.unwrap().points.len(), 1);
        assert_eq!(rules, [Rule::Value, Rule::LargeValue]);
        assert_eq!(checked(&submission("gauge", &[(NOW, Some(f64::NAN))]), None), (None, vec![Rule::Value]));
    }

    #[test]
    fn types_intervals_and_units_without_effect_are_noted() {
        let point = [(NOW, Some(1.0))];
        assert_eq!(checked(&submission("count", &point), Some("gauge")).1, [Rule::Interval, Rule::Type]);
        assert_eq!(checked(&submission("unspecified", &point), Some("gauge")).1, []);
        for (unit, rules) in [("job", vec![]), ("jobs", vec![Rule::Unit]), ("hotfix", vec![Rule::Unit])] {
            let submitted = Submission { unit: Some(unit.into()), ..submission("gauge", &point) };
            assert_eq!(checked(&submitted, None).1, rules, "{unit}");
        }
    }
}
