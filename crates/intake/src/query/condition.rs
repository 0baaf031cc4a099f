//! The condition of a metric monitor: its query with a window and a threshold.
//! See <https://docs.datadoghq.com/monitors/configuration/> and <https://docs.datadoghq.com/dashboards/functions/rollup/>.

use serde_json::Value;

use super::{expression::Expression, metric_query::Buckets, status::Status, thresholds};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;
/// The longest window that Datadog's API documents.
const MAX_WINDOW: i64 = 7 * DAY;
/// How the values within a window are combined into one. The functions `change` and `pct_change` are not evaluated here.
const TIME_AGGREGATIONS: [&str; 4] = ["avg", "sum", "max", "min"];
/// The values of the option `on_missing_data`. See <https://docs.datadoghq.com/monitors/guide/on_missing_data/>.
const ON_MISSING_DATA: [&str; 4] = ["default", "show_no_data", "show_and_notify_no_data", "resolve"];

/// The parts of a monitor's query: `max(last_30m):max:a.b{*} >= 5`.
pub(super) struct Condition<'a> {
    time_aggregation: &'a str,
    /// In seconds.
    pub(super) window: i64,
    pub(super) expression: Expression<'a>,
    comparator: &'static str,
    critical: f64,
}

impl<'a> Condition<'a> {
    pub(super) fn parse(query: &'a str) -> Option<Self> {
        let (time_aggregation, rest) = query.trim_start().split_once("(last_")?;
        let (window, rest) = rest.split_once("):")?;
        let (comparator, critical) = thresholds::final_comparison(query)?;
        let end = rest.rfind(comparator)?;
        if !TIME_AGGREGATIONS.contains(&time_aggregation) {
            return None;
        }
        Some(Self {
            time_aggregation,
            window: seconds(window)?,
            expression: Expression::parse(&rest[..end])?,
            comparator,
            critical,
        })
    }

    /// The time between two evaluations, in seconds.
    pub(super) fn evaluation_interval(&self) -> i64 {
        match self.window {
            window if window < DAY => MINUTE,
            window if window < 2 * DAY => 10 * MINUTE,
            _ => 30 * MINUTE,
        }
    }

    /// The length of a bucket, in seconds.
    pub(super) fn bucket_length(&self) -> i64 {
        match self.window {
            window if window <= HOUR => 20,
            window if window <= 4 * HOUR => MINUTE,
            window if window <= DAY => 5 * MINUTE,
            window if window <= 2 * DAY => 10 * MINUTE,
            _ => HOUR,
        }
    }

    /// How long the window of a group must be empty before `notify_no_data` sets the status to No Data, in seconds. Datadog counts
    /// `no_data_timeframe` from the last value, so the length of the window is subtracted:
    /// <https://docs.datadoghq.com/monitors/guide/monitor_api_options/>.
    pub(super) fn no_data_delay(&self, options: &Value) -> i64 {
        if options["notify_no_data"] != true {
            return 0;
        }
        let minutes = options["no_data_timeframe"].as_i64();
        let timeframe = minutes.map_or(2 * self.window, |minutes| minutes.saturating_mul(MINUTE));
        timeframe.saturating_sub(self.window).max(0)
    }

    /// The status of a group, from the status before and from its values in the window. `Err`: the window contains no value, and
    /// was first seen empty this many seconds ago.
    pub(super) fn status(&self, before: Status, data: Result<&Buckets, i64>, options: &Value) -> Status {
        let value = match (data, options["on_missing_data"].as_str()) {
            (Ok(buckets), _) => self.aggregate(buckets),
            (Err(_), Some("show_no_data" | "show_and_notify_no_data")) => return Status::NoData,
            (Err(_), Some("resolve")) => return Status::Ok,
            (Err(empty_for), None)
                if options["notify_no_data"] == true && empty_for >= self.no_data_delay(options) =>
            {
                return Status::NoData;
            }
            (Err(_), Some("default")) if self.time_aggregation == "sum" => 0.0,
            (Err(_), _) => return before,
        };
        let recovery = options["thresholds"]["critical_recovery"].as_f64();
        match (self.is_met(value, self.critical), before, recovery) {
            (true, ..) => Status::Alert,
            (false, Status::Alert, Some(recovery)) if self.is_met(value, recovery) => Status::Alert,
            _ => Status::Ok,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a number of buckets")]
    fn aggregate(&self, buckets: &Buckets) -> f64 {
        let values = || buckets.values().copied();
        match self.time_aggregation {
            "sum" => values().sum(),
            "min" => values().fold(f64::INFINITY, f64::min),
            "max" => values().fold(f64::NEG_INFINITY, f64::max),
            _ => values().sum::<f64>() / buckets.len() as f64,
        }
    }

    #[expect(clippy::float_cmp, reason = "Datadog documents no tolerance")]
    fn is_met(&self, value: f64, limit: f64) -> bool {
        match self.comparator {
            "==" => value == limit,
            "!=" => value != limit,
            ">" => value > limit,
            ">=" => value >= limit,
            "<" => value < limit,
            _ => value <= limit,
        }
    }
}

/// Why Datadog refuses a monitor: its query cannot be read, its window is too short or too long, or its option for missing
/// data is unknown or contradicts an older option. The grammar is that of
/// <https://docs.datadoghq.com/api/latest/monitors/#create-a-monitor>, with the arithmetic that `expression` supports.
pub(crate) fn refusal(query: &str, options: &Value) -> Option<String> {
    let window = query.split_once("(last_").and_then(|(_, rest)| rest.split_once("):"));
    if let Some((window, _)) = window
        && seconds(window).is_none_or(|seconds| !(MINUTE..=MAX_WINDOW).contains(&seconds))
    {
        return Some(format!("The value provided for parameter 'query' is invalid: timeframe {window}"));
    }
    if Condition::parse(query).is_none() {
        return Some("The value provided for parameter 'query' is invalid".to_owned());
    }
    if options["on_missing_data"].as_str().is_some_and(|option| !ON_MISSING_DATA.contains(&option)) {
        return Some("The value provided for parameter 'on_missing_data' is invalid".to_owned());
    }
    let has_older_option = options["notify_no_data"] == true || options["no_data_timeframe"].is_u64();
    let is_contradictory = has_older_option && options["on_missing_data"].is_string();
    is_contradictory
        .then(|| "on_missing_data cannot be used with notify_no_data or no_data_timeframe".to_owned())
}

/// The length of a window such as `30m`, `4h`, `1d` or `1w`, in seconds.
fn seconds(window: &str) -> Option<i64> {
    let (number, unit) = window.split_at_checked(window.len().checked_sub(1)?)?;
    let unit = match unit {
        "m" => MINUTE,
        "h" => HOUR,
        "d" => DAY,
        "w" => 7 * DAY,
        _ => return None,
    };
    // `parse` would accept a plus sign.
    let number = Some(number).filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()))?;
    i64::from(number.parse::<u32>().ok()?).checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_a_number_with_a_unit_and_without_a_sign() {
        assert_eq!(seconds("30m"), Some(1800));
        assert_eq!(seconds("+30m"), None);
        // The start of this window would be later than the last time that fits into 64 bits.
        assert_eq!(seconds("-153722867280912930m"), None);
    }
}
