//! The thresholds of a monitor have to agree with its query, and with each other.
//! See <https://docs.datadoghq.com/monitors/guide/recovery-thresholds/>.

use serde_json::Value;

use crate::exchange::{Answer, error};

const COMPARATORS: [&str; 6] = [">=", "<=", "==", "!=", ">", "<"];
/// Pairs of thresholds. The first must be farther from an alert than the second.
const ORDERED_PAIRS: [(&str, &str); 3] =
    [("critical_recovery", "critical"), ("warning", "critical"), ("warning_recovery", "warning")];

/// Refuses thresholds that contradict each other or the end of the query, such as `> 5`, and `as_count()` without the aggregation
/// `sum`.
/// See <https://docs.datadoghq.com/monitors/guide/as-count-in-monitor-evaluations/>.
pub(crate) fn check(query: &str, thresholds: &Value) -> Result<(), Answer> {
    let (comparator, limit) = final_comparison(query).ok_or_else(|| {
        let text = "The value provided for parameter 'query' is invalid: invalid operator specified: ";
        error(400, text)
    })?;
    if query.contains(".as_count()") && !query.trim_start().starts_with("sum(") {
        let text =
            "The value provided for parameter 'query' is invalid: as_count() needs the aggregation sum";
        return Err(error(400, text));
    }
    let threshold = |name: &str| thresholds[name].as_f64();
    // serde_json may read a number with an error in its last digit.
    let differs = |critical: &f64| (critical - limit).abs() > 4.0 * f64::EPSILON * limit.abs();
    if let Some(critical) = threshold("critical").filter(differs) {
        let text =
            format!("Alert threshold ({critical:?}) does not match that used in the query ({limit:?}).");
        return Err(error(400, &text));
    }
    for (calm, worse) in ORDERED_PAIRS {
        let (Some(calm_value), Some(worse_value)) = (threshold(calm), threshold(worse)) else { continue };
        let (side, is_ordered) = match comparator {
            ">" | ">=" => ("less", calm_value < worse_value),
            "<" | "<=" => ("greater", calm_value > worse_value),
            _ => continue,
        };
        if !is_ordered {
            let text = format!("{calm} ({calm_value:?}) must be {side} than {worse} ({worse_value:?}).");
            return Err(error(400, &text));
        }
    }
    Ok(())
}

/// The comparator and the number at the end of a query.
pub(crate) fn final_comparison(query: &str) -> Option<(&'static str, f64)> {
    let query = query.trim_end();
    let (rest, number) = query.split_at(query.rfind(['<', '>', '=', ' '])? + 1);
    let comparator = COMPARATORS.into_iter().find(|comparator| rest.trim_end().ends_with(comparator))?;
    Some((comparator, number.parse().ok().filter(|number: &f64| number.is_finite())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_query_is_a_comparison() {
        assert_eq!(final_comparison("avg(last_5m):avg:a{x:1} > 5"), Some((">", 5.0)));
        assert_eq!(final_comparison("avg(last_5m):avg:a{x:1}<=0.5 "), Some(("<=", 0.5)));
        assert_eq!(final_comparison("avg(last_5m):avg:a{x:1} >= -1e3"), Some((">=", -1000.0)));
        assert_eq!(final_comparison("avg(last_5m):avg:a{x:1}"), None);
        for limit in ["many", "nan", "inf", "1e999"] {
            assert_eq!(final_comparison(&format!("avg(last_5m):avg:a{{x:1}} > {limit}")), None, "{limit}");
        }
    }
}
