//! What monitors make of the points that have arrived: the evaluation of metric monitors, as Datadog documents it.
//!
//! A query is evaluated over its window for each group that has been seen; the values in a bucket of time are averaged.
//! A group without data behaves as `on_missing_data` says and is forgotten after a day. A group that was never
//! seen is not evaluated at all. See <https://docs.datadoghq.com/monitors/configuration/>,
//! <https://docs.datadoghq.com/monitors/guide/on_missing_data/> and
//! <https://docs.datadoghq.com/dashboards/functions/rollup/>.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use serde::Serialize;
use serde_json::Value;

use super::{expression::Expression, metric_query::Buckets, thresholds};
use crate::{point::Point, store::StoreError};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// The longest window that Datadog's API documents.
const LONGEST_WINDOW: i64 = 7 * DAY;
/// How the values within a window become one. Changes over time (`change`, `pct_change`) are not evaluated here.
const OVER_TIME: [&str; 4] = ["avg", "sum", "max", "min"];
/// How long a group without data is remembered.
const RETENTION: i64 = DAY;
/// What happens without data. See <https://docs.datadoghq.com/monitors/guide/on_missing_data/>.
const ON_MISSING_DATA: [&str; 4] = ["default", "show_no_data", "show_and_notify_no_data", "resolve"];

/// The status of a monitor's group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Status {
    /// The condition is not met.
    #[serde(rename = "OK")]
    Ok,
    /// There was data, and is none any more.
    #[serde(rename = "No Data")]
    NoData,
    /// The condition is met.
    Alert,
}

/// A change of the status of a monitor's group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// When, in seconds since 1970.
    pub at: i64,
    /// The monitor's id.
    pub monitor: u64,
    /// The tags of the group; none in a monitor without groups.
    pub group: Vec<String>,
    /// The status before. A new group is OK.
    pub from: Status,
    /// The status since.
    pub to: Status,
    /// Whether somebody is notified.
    pub notifies: bool,
}

/// Finds the points of some metrics within a time.
pub(crate) trait PointSource:
    Fn(&BTreeSet<&str>, &RangeInclusive<i64>) -> Result<Vec<Point>, StoreError>
{
}

impl<F: Fn(&BTreeSet<&str>, &RangeInclusive<i64>) -> Result<Vec<Point>, StoreError>> PointSource for F {}

/// The groups of all monitors.
#[derive(Debug, Default)]
pub(crate) struct Evaluations(BTreeMap<(u64, Vec<String>), Group>);

#[derive(Debug)]
struct Group {
    status: Status,
    empty_since: Option<i64>,
    /// Whether somebody was notified of the status and waits for a recovery.
    is_notified: bool,
}

/// The parts of a monitor's query: `max(last_30m):max:a.b{*} >= 5`.
struct Condition<'a> {
    over_time: &'a str,
    /// In seconds.
    window: i64,
    expression: Expression<'a>,
    comparator: &'static str,
    critical: f64,
}

impl Evaluations {
    /// Evaluates the monitors that are due at a time.
    pub(crate) fn due(
        &mut self,
        now: i64,
        monitors: &[Value],
        points: &impl PointSource,
    ) -> Result<Vec<Transition>, StoreError> {
        self.evaluate_all(now, monitors, points, |condition| now % condition.frequency() == 0)
    }

    /// Evaluates all monitors, whether or not they are due.
    pub(crate) fn all(
        &mut self,
        now: i64,
        monitors: &[Value],
        points: &impl PointSource,
    ) -> Result<Vec<Transition>, StoreError> {
        self.evaluate_all(now, monitors, points, |_| true)
    }

    /// The groups of a monitor with their status.
    pub(crate) fn groups(&self, monitor: u64) -> Vec<(Vec<String>, Status)> {
        let own = self.0.iter().filter(|((of, _), _)| *of == monitor);
        own.map(|((_, tags), group)| (tags.clone(), group.status)).collect()
    }

    /// The worst status of a monitor's groups. `None` if it has none, because there was never data.
    pub(crate) fn overall(&self, monitor: u64) -> Option<Status> {
        self.groups(monitor).into_iter().map(|(_, status)| status).max()
    }

    /// Monitors of other types, and queries that cannot be read here, are not evaluated.
    fn evaluate_all(
        &mut self,
        now: i64,
        monitors: &[Value],
        points: &impl PointSource,
        is_due: impl Fn(&Condition<'_>) -> bool,
    ) -> Result<Vec<Transition>, StoreError> {
        let mut transitions = Vec::new();
        for monitor in monitors {
            let condition = Condition::read(monitor["query"].as_str().unwrap_or_default());
            if let Some(condition) = condition.filter(|condition| is_due(condition)) {
                self.evaluate(now, monitor, &condition, points, &mut transitions)?;
            }
        }
        Ok(transitions)
    }

    fn evaluate(
        &mut self,
        now: i64,
        monitor: &Value,
        condition: &Condition<'_>,
        points: &impl PointSource,
        transitions: &mut Vec<Transition>,
    ) -> Result<(), StoreError> {
        let id = monitor["id"].as_u64().unwrap_or_default();
        let time = now - condition.window + 1..=now;
        let points = points(&condition.expression.metrics(), &time)?;
        let found = condition.expression.groups_in_monitor(&points.iter(), &time, condition.bucket());
        let known = self.0.keys().filter(|(of, _)| *of == id).map(|(_, group)| group.clone());
        let groups: BTreeSet<Vec<String>> = known.chain(found.keys().cloned()).collect();
        for tags in groups {
            let key = (id, tags.clone());
            let group = self.0.entry(key.clone()).or_insert(Group {
                status: Status::Ok,
                empty_since: None,
                is_notified: false,
            });
            let data = found.get(&tags);
            group.empty_since = if data.is_some() { None } else { group.empty_since.or(Some(now)) };
            if group.empty_since.is_some_and(|since| now - since >= RETENTION) {
                self.0.remove(&key);
                continue;
            }
            let from = group.status;
            let to = condition.status(from, data, &monitor["options"]);
            if from == to {
                continue;
            }
            let notifies = match to {
                Status::Alert => true,
                Status::NoData => monitor["options"]["on_missing_data"] == "show_and_notify_no_data",
                Status::Ok => group.is_notified,
            };
            group.status = to;
            group.is_notified = notifies && to != Status::Ok;
            transitions.push(Transition { at: now, monitor: id, group: tags, from, to, notifies });
        }
        Ok(())
    }
}

impl<'a> Condition<'a> {
    fn read(query: &'a str) -> Option<Self> {
        let (over_time, rest) = query.trim_start().split_once("(last_")?;
        let (window, rest) = rest.split_once("):")?;
        let (comparator, critical) = thresholds::end(query)?;
        let end = rest.rfind(comparator)?;
        if !OVER_TIME.contains(&over_time) {
            return None;
        }
        Some(Self {
            over_time,
            window: seconds(window)?,
            expression: Expression::read(&rest[..end])?,
            comparator,
            critical,
        })
    }

    /// How often it is evaluated, in seconds.
    fn frequency(&self) -> i64 {
        match self.window {
            window if window < DAY => MINUTE,
            window if window < 2 * DAY => 10 * MINUTE,
            _ => 30 * MINUTE,
        }
    }

    /// The length of a bucket, in seconds.
    fn bucket(&self) -> i64 {
        match self.window {
            window if window <= HOUR => 20,
            window if window <= 4 * HOUR => MINUTE,
            window if window <= DAY => 5 * MINUTE,
            window if window <= 2 * DAY => 10 * MINUTE,
            _ => HOUR,
        }
    }

    fn status(&self, before: Status, data: Option<&Buckets>, options: &Value) -> Status {
        let value = match (data, options["on_missing_data"].as_str()) {
            (Some(buckets), _) => self.over_time(buckets),
            (None, Some("show_no_data" | "show_and_notify_no_data")) => return Status::NoData,
            (None, Some("resolve")) => return Status::Ok,
            (None, None) if options["notify_no_data"] == true => return Status::NoData,
            (None, Some("default")) if self.over_time == "sum" => 0.0,
            (None, _) => return before,
        };
        let recovery = options["thresholds"]["critical_recovery"].as_f64();
        match (self.is_met(value, self.critical), before, recovery) {
            (true, ..) => Status::Alert,
            (false, Status::Alert, Some(recovery)) if self.is_met(value, recovery) => Status::Alert,
            _ => Status::Ok,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a number of buckets")]
    fn over_time(&self, buckets: &Buckets) -> f64 {
        let values = || buckets.values().copied();
        match self.over_time {
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

/// Why Datadog does not take a monitor whose query cannot be read or looks too far back, or that says twice what happens
/// without data. The grammar is that of <https://docs.datadoghq.com/api/latest/monitors/#create-a-monitor>, with the
/// arithmetic that `expression` knows.
pub(crate) fn refusal(query: &str, options: &Value) -> Option<String> {
    let window = query.split_once("(last_").and_then(|(_, rest)| rest.split_once("):"));
    if let Some((window, _)) = window
        && seconds(window).is_none_or(|seconds| !(MINUTE..=LONGEST_WINDOW).contains(&seconds))
    {
        return Some(format!("The value provided for parameter 'query' is invalid: timeframe {window}"));
    }
    if Condition::read(query).is_none() {
        return Some("The value provided for parameter 'query' is invalid".to_owned());
    }
    if options["on_missing_data"].as_str().is_some_and(|option| !ON_MISSING_DATA.contains(&option)) {
        return Some("The value provided for parameter 'on_missing_data' is invalid".to_owned());
    }
    let is_legacy = options["notify_no_data"] == true || options["no_data_timeframe"].is_u64();
    let is_twice = is_legacy && options["on_missing_data"].is_string();
    is_twice.then(|| "on_missing_data cannot be used with notify_no_data or no_data_timeframe".to_owned())
}

/// A window such as `30m`, `4h`, `1d` or `1w`, in seconds.
fn seconds(window: &str) -> Option<i64> {
    let (number, unit) = window.split_at_checked(window.len().checked_sub(1)?)?;
    let unit = match unit {
        "m" => MINUTE,
        "h" => HOUR,
        "d" => DAY,
        "w" => 7 * DAY,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(unit)
}
