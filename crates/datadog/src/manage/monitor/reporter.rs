//! The monitors of the reporter itself. Without them, a stopped reporter would look like good health, because no goal is missed
//! if nothing is measured.
//!
//! The reports themselves deliver the metrics that these monitors watch, so Datadog has no data while no report arrives. Only
//! the first monitor notices that. The others count bad runs: each bad run counts 1, and one good run in the window
//! outweighs all of them. So a window with few points, such as after a pause, does not alert, and an alert ends only with a
//! good run.

use std::time::Duration;

use system_health_registry::{
    alerting::{Alerting, OnMissingData, Schedule},
    duration_in_words,
    self_metrics::{COLLECTOR_SUCCESS, POINTS, RUN_DURATION, SOURCES, SelfMetric},
};

use super::{
    MonitorScope, WantedMonitor,
    message::{self, About, MessageTexts},
    wanted::{MonitorParts, minutes},
};
use crate::{client::DatadogError, manage::query::group_by_clause};

/// Weight of a good run in a sum in which each bad run counts 1. A window contains at most this number of runs, so one good run
/// outweighs all bad runs in the window.
const GOOD_RUN: u32 = 1000;
/// If there are at most this many subjects, a run is bad even if only one of them fails.
const MAX_SUBJECTS: u32 = 1_000_000;
/// Recovery threshold: less than the sum of bad runs, more than the sum with a good run.
const RECOVERY: f64 = 0.0;

/// The monitors of the reporter: it has stopped, a metric or a source fails repeatedly, or points are not delivered. Without
/// sources, their monitor would never have data, so there is none. `alerting` takes the key of a metric and returns the settings
/// of the monitors that query it, or `None` for no monitors. The tags in `group_by` distinguish several reporters.
pub fn reporter_monitors(
    scope: &MonitorScope,
    schedule: Schedule,
    has_sources: bool,
    alerting: impl Fn(&str) -> Option<Alerting>,
) -> Result<Vec<WantedMonitor>, DatadogError> {
    let failing_source = if has_sources { failing_source(scope, schedule, &alerting) } else { None };
    let monitors = [
        stopped(scope, schedule, &alerting),
        failing_metric(scope, schedule, &alerting),
        failing_source,
        undelivered(scope, schedule, &alerting),
    ];
    monitors.into_iter().flatten().collect()
}

type AlertingOf<'a> = &'a dyn Fn(&str) -> Option<Alerting>;
type MonitorResult = Result<WantedMonitor, DatadogError>;

/// The condition is never true: this monitor alerts only on missing data.
fn stopped(scope: &MonitorScope, schedule: Schedule, alerting: AlertingOf<'_>) -> Option<MonitorResult> {
    let alerting =
        Alerting { on_missing_data: OnMissingData::ShowAndNotifyNoData, ..alerting(RUN_DURATION.key)? };
    let window = minutes(schedule.silence_window());
    let silence = Duration::from_mins(window.unsigned_abs());
    let by = group_by_clause(&alerting.group_by);
    let message = message::message(&MessageTexts {
        alert: "A run took a negative time.".to_owned(),
        recovery: "The reporter delivers again.".to_owned(),
        no_data: format!("The reporter has delivered nothing for {}.", duration_in_words(silence)),
        about: about(
            RUN_DURATION,
            "The reporter does not run, or it cannot reach Datadog. Until it delivers again, the other monitors have no new \
             data. The command `doctor` says what is wrong.",
        ),
        alerting: &alerting,
    });
    let parts = MonitorParts {
        metric: RUN_DURATION.key,
        name: format!("The reporter has stopped ({scope})"),
        value: format!("min(last_{window}m):min:{RUN_DURATION}{{{scope}}}{by}"),
        comparator: "<",
        critical: 0.0,
        message,
        tags: Vec::new(),
    };
    Some(WantedMonitor::new(parts, scope, &alerting))
}

fn failing_metric(
    scope: &MonitorScope,
    schedule: Schedule,
    alerting: AlertingOf<'_>,
) -> Option<MonitorResult> {
    let alerting = alerting(COLLECTOR_SUCCESS.key)?;
    let counter = BadRunCounter {
        metric: COLLECTOR_SUCCESS,
        name: "A metric fails repeatedly",
        value: failures("metric", scope, &alerting),
        alert: format!(
            "`{{{{metric.name}}}}`, or one of its subjects such as a repository, has failed in {}.",
            in_a_row(schedule)
        ),
        recovery: "`{{metric.name}}` is collected again.",
        description: "A failed metric or subject has no value. `system_health.reporter.subjects` counts the subjects that \
                      fail. The reporter's log and the command `history` say why.",
    };
    Some(counter.monitor(scope, schedule, &alerting))
}

/// The series of sources have the tag `metric_source` instead of `metric`. A monitor ignores series that lack one of the tags by
/// which it is grouped, so sources need a monitor of their own. See <https://docs.datadoghq.com/monitors/configuration/>.
fn failing_source(
    scope: &MonitorScope,
    schedule: Schedule,
    alerting: AlertingOf<'_>,
) -> Option<MonitorResult> {
    // This monitor queries the same metric as the monitor of failing metrics, so both have the same settings.
    let alerting = alerting(COLLECTOR_SUCCESS.key)?;
    let counter = BadRunCounter {
        // A push finds a monitor by its metric, so two monitors cannot have the same metric.
        metric: SelfMetric { runbook: COLLECTOR_SUCCESS.runbook, ..SOURCES },
        name: "A source fails repeatedly",
        value: failures("metric_source", scope, &alerting),
        alert: format!(
            "The source `{{{{metric_source.name}}}}` has failed, or a metric of it was refused, in {}.",
            in_a_row(schedule)
        ),
        recovery: "The source `{{metric_source.name}}` is collected again.",
        description: "A failed source or a refused metric has no value. `system_health.reporter.refused_metrics` counts \
                      the metrics that are refused. The reporter's log says why.",
    };
    Some(counter.monitor(scope, schedule, &alerting))
}

/// A query with a series for each value of a tag. It is 1 if something with this value failed, and otherwise `-GOOD_RUN`.
fn failures(tag: &str, scope: &MonitorScope, alerting: &Alerting) -> String {
    let by = group_by_clause(&[&[tag.to_owned()], &alerting.group_by[..]].concat());
    // One failing subject of many makes a run bad, so it must count as much as if all subjects failed.
    format!(
        "{} * clamp_max({MAX_SUBJECTS} * (1 - min:{COLLECTOR_SUCCESS}{{{scope}}}{by}), 1) - {GOOD_RUN}",
        GOOD_RUN + 1
    )
}

fn undelivered(scope: &MonitorScope, schedule: Schedule, alerting: AlertingOf<'_>) -> Option<MonitorResult> {
    let alerting = alerting(POINTS.key)?;
    let by = group_by_clause(&alerting.group_by);
    // This tag filter selects points that were refused, left for the next run, unknown, or lost.
    let not_delivered = if scope.tags().is_empty() {
        "!result:accepted".to_owned()
    } else {
        format!("{scope},!result:accepted")
    };
    let counter = BadRunCounter {
        metric: POINTS,
        name: "Points are not delivered",
        value: format!("{} * clamp_max(sum:{POINTS}{{{not_delivered}}}{by}, 1) - {GOOD_RUN}", GOOD_RUN + 1),
        alert: format!("Some points were not delivered in {}.", in_a_row(schedule)),
        recovery: "All points are delivered again.",
        description: "Other points are delivered. Datadog accepts points up to an hour old, so points that wait longer are \
                      lost. The reporter's log says why they are not delivered.",
    };
    Some(counter.monitor(scope, schedule, &alerting))
}

/// A monitor that counts bad runs.
struct BadRunCounter {
    metric: SelfMetric,
    name: &'static str,
    /// A query that is 1 for a bad run and `-GOOD_RUN` for a good one.
    value: String,
    alert: String,
    recovery: &'static str,
    description: &'static str,
}

impl BadRunCounter {
    fn monitor(self, scope: &MonitorScope, schedule: Schedule, alerting: &Alerting) -> MonitorResult {
        let alerting = Alerting {
            recovery: Some(RECOVERY),
            // With Datadog's default, a sum without points is 0, so an alert would end when the reporter stops.
            on_missing_data: OnMissingData::ShowNoData,
            ..alerting.clone()
        };
        let message = message::message(&MessageTexts {
            alert: self.alert,
            recovery: self.recovery.to_owned(),
            no_data: String::new(),
            about: about(self.metric, self.description),
            alerting: &alerting,
        });
        let parts = MonitorParts {
            metric: self.metric.key,
            name: format!("{} ({scope})", self.name),
            value: format!("sum(last_{}m):{}", minutes(schedule.last_runs_window()), self.value),
            comparator: ">=",
            critical: f64::from(schedule.missed),
            message,
            tags: Vec::new(),
        };
        WantedMonitor::new(parts, scope, &alerting)
    }
}

fn about(metric: SelfMetric, description: &str) -> Vec<About<'_>> {
    vec![About { description, runbook: metric.runbook, ..About::default() }]
}

fn in_a_row(schedule: Schedule) -> String {
    match schedule.missed {
        1 => "a run".to_owned(),
        missed => format!("{missed} runs in a row"),
    }
}
