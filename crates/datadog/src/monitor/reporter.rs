//! The monitors of the reporter itself. Without them, silence would look like health: no goal is missed where
//! nothing is measured.
//!
//! What they look at comes with the reports, so Datadog sees nothing while no report gets out. Only the first monitor
//! can notice that, by the absence of data. The other two count: a run that went wrong counts 1, and one good
//! run in the window outweighs all of them. A window with few points, of a new metric or after a pause, is
//! therefore no alert, and an alert ends with a good run and not because points run out.

use std::time::Duration;

use system_health_registry::self_metrics::{
    COLLECTOR_SUCCESS, OUTBOX_POINTS, POINTS, RUN_DURATION, SelfMetric,
};

use super::{
    Alerting, OnMissingData, Schedule, Scope, WantedMonitor,
    message::{self, About, Words},
    wanted::{Recipe, minutes},
};
use crate::{duration::duration_in_words, query::by};

/// What a good run adds to a sum in which each bad run adds 1: more than a window can hold of these.
const GOOD_RUN: u32 = 1000;
/// Between the sum of any good run and that of the fewest bad ones.
const RECOVERY: f64 = 0.0;

/// The monitors of the reporter: it has stopped, a metric fails again and again, or points are not delivered. Each
/// alerts as `alerting` says for its metric; there is none where it says nothing. The tags in `group_by` tell several
/// reporters apart.
#[must_use]
pub fn reporter_monitors(
    scope: &Scope,
    schedule: Schedule,
    alerting: impl Fn(&str) -> Option<Alerting>,
) -> Vec<WantedMonitor> {
    [stopped, failing, undelivered].into_iter().filter_map(|make| make(scope, schedule, &alerting)).collect()
}

type Alertings<'a> = &'a dyn Fn(&str) -> Option<Alerting>;

/// The condition is never true. It is there for the absence of data.
fn stopped(scope: &Scope, schedule: Schedule, alerting: Alertings<'_>) -> Option<WantedMonitor> {
    let alerting =
        Alerting { on_missing_data: OnMissingData::ShowAndNotifyNoData, ..alerting(RUN_DURATION.key)? };
    let window = minutes(schedule.silence());
    let silence = Duration::from_mins(window.unsigned_abs());
    let by = by(&alerting.group_by);
    let message = message::of(&Words {
        alert: "A run took less than no time.".to_owned(),
        recovery: "The reporter delivers again.".to_owned(),
        no_data: format!("The reporter has delivered nothing for {}.", duration_in_words(silence)),
        about: about(
            "Either it does not run, or Datadog cannot be reached. All other monitors are blind until it delivers \
             again. `report doctor` says what is wrong.",
        ),
        alerting: &alerting,
    });
    let recipe = Recipe {
        metric: RUN_DURATION.key,
        name: format!("The reporter has stopped ({scope})"),
        value: format!("min(last_{window}m):min:{RUN_DURATION}{{{scope}}}{by}"),
        comparator: "<",
        critical: 0.0,
        message,
        tags: Vec::new(),
    };
    Some(WantedMonitor::new(recipe, scope, &alerting))
}

fn failing(scope: &Scope, schedule: Schedule, alerting: Alertings<'_>) -> Option<WantedMonitor> {
    let alerting = alerting(COLLECTOR_SUCCESS.key)?;
    let by = by(&[&["metric".to_owned()], &alerting.group_by[..]].concat());
    let counted = Counted {
        metric: COLLECTOR_SUCCESS.key,
        name: "A metric fails again and again",
        value: format!("1 - {} * min:{COLLECTOR_SUCCESS}{{{scope}}}{by}", GOOD_RUN + 1),
        alert: format!("`{{{{metric.name}}}}` has failed in {}.", in_a_row(schedule)),
        recovery: "`{{metric.name}}` is collected again.",
        description: "It has no value as long as it fails. The reporter's log says why, and so does \
                      `report history`.",
    };
    Some(counted.monitor(scope, schedule, &alerting))
}

fn undelivered(scope: &Scope, schedule: Schedule, alerting: Alertings<'_>) -> Option<WantedMonitor> {
    let alerting = alerting(POINTS.key)?;
    let by = by(&alerting.group_by);
    // Refused, left for the next run, or lost.
    let not_delivered = if scope.tags().is_empty() {
        "!result:accepted".to_owned()
    } else {
        format!("{scope},!result:accepted")
    };
    let counted = Counted {
        metric: POINTS.key,
        name: "Points are not delivered",
        value: format!("{} * clamp_max(sum:{POINTS}{{{not_delivered}}}{by}, 1) - {GOOD_RUN}", GOOD_RUN + 1),
        alert: format!("Some points were not delivered in {}.", in_a_row(schedule)),
        recovery: "All points are delivered again.",
        description: "Other points are delivered. Datadog takes no points of more than an hour ago, so those that wait \
                      longer are lost. The reporter's log says why they are not delivered.",
    };
    Some(counted.monitor(scope, schedule, &alerting))
}

/// A monitor that counts the runs that went wrong in one respect.
struct Counted {
    metric: &'static str,
    name: &'static str,
    /// A query that is 1 for a bad run and `-GOOD_RUN` for a good one.
    value: String,
    alert: String,
    recovery: &'static str,
    description: &'static str,
}

impl Counted {
    fn monitor(self, scope: &Scope, schedule: Schedule, alerting: &Alerting) -> WantedMonitor {
        let alerting = Alerting {
            recovery: Some(RECOVERY),
            // With Datadog's default, a sum without points is 0: the alert would end because the reporter stopped.
            on_missing_data: OnMissingData::ShowNoData,
            ..alerting.clone()
        };
        let message = message::of(&Words {
            alert: self.alert,
            recovery: self.recovery.to_owned(),
            no_data: String::new(),
            about: about(self.description),
            alerting: &alerting,
        });
        let recipe = Recipe {
            metric: self.metric,
            name: format!("{} ({scope})", self.name),
            value: format!("sum(last_{}m):{}", minutes(schedule.last_runs()), self.value),
            comparator: ">=",
            critical: f64::from(schedule.missed),
            message,
            tags: Vec::new(),
        };
        WantedMonitor::new(recipe, scope, &alerting)
    }
}

fn about(description: &str) -> Vec<About<'_>> {
    vec![About { description, ..About::default() }]
}

fn in_a_row(schedule: Schedule) -> String {
    match schedule.missed {
        1 => "a run".to_owned(),
        missed => format!("{missed} runs in a row"),
    }
}

/// The evaluation window of the reporter's monitor that is about this metric, if there is one.
#[must_use]
pub fn reporter_window(metric: &str, schedule: Schedule) -> Option<Duration> {
    match SelfMetric::from_key(metric)? {
        RUN_DURATION => Some(schedule.silence()),
        COLLECTOR_SUCCESS | POINTS => Some(schedule.last_runs()),
        _ => None,
    }
}

/// Whether the reporter's monitors say more of a metric than one of its goal would.
#[must_use]
pub fn is_watched_by_reporter_monitors(metric: &str) -> bool {
    [RUN_DURATION, COLLECTOR_SUCCESS, POINTS, OUTBOX_POINTS].iter().any(|known| known.key == metric)
}
