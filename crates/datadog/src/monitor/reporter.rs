//! The monitors that notice when the reporter itself is not well. Without them, silence would look like
//! health: no goal is missed where nothing is measured.

use std::time::Duration;

use super::{
    Alerting, Scope, WantedMonitor,
    message::{self, Words},
    wanted::{Recipe, minutes},
};
use crate::query::by;

/// How long a run took. As long as it comes, runs end.
pub(crate) const RUN_DURATION: &str = "system_health.reporter.run_duration_seconds";
/// 1 or 0 for each metric.
const COLLECTOR_SUCCESS: &str = "system_health.reporter.collector_success";
/// What waits to be delivered.
const OUTBOX_POINTS: &str = "system_health.reporter.outbox_points";

/// When the reporter runs, and how often it may be missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The time from one run to the next, in whole minutes.
    pub every: Duration,
    /// How many runs in a row may be missed, or go wrong in one respect, before somebody is told.
    pub missed: u32,
}

impl Schedule {
    /// The time in which so many runs are missed.
    fn patience(self) -> Duration {
        self.every.saturating_mul(self.missed)
    }

    /// A window in which there is a point at any time, also if a run is late.
    #[must_use]
    pub fn window(self) -> Duration {
        self.every.saturating_mul(2)
    }
}

/// The monitors of the reporter, instead of those of its metrics' goals: it has stopped, a metric fails again
/// and again, or points wait and are not delivered. Each alerts as `alerting` says for its metric, if it says
/// anything; tags by which that groups tell several reporters apart.
#[must_use]
pub fn reporter_monitors(
    scope: &Scope,
    schedule: Schedule,
    alerting: impl Fn(&str) -> Option<Alerting>,
) -> Vec<WantedMonitor> {
    [stopped, failing, waiting].into_iter().filter_map(|make| make(scope, schedule, &alerting)).collect()
}

type Alertings<'a> = &'a dyn Fn(&str) -> Option<Alerting>;

/// The condition is never true. What counts is that there is no data: a run that ends delivers it.
fn stopped(scope: &Scope, schedule: Schedule, alerting: Alertings<'_>) -> Option<WantedMonitor> {
    let window = schedule.every;
    // Datadog recommends twice the window at least.
    let no_data = schedule.patience().max(window.saturating_mul(2));
    let alerting = Alerting { no_data: Some(no_data), ..alerting(RUN_DURATION)? };
    let by = by(&alerting.group_by);
    let message = message::of(&Words {
        alert: "A run took less than no time.".to_owned(),
        recovery: "The reporter runs again.".to_owned(),
        no_data: format!("The reporter has delivered nothing for {}.", words(no_data)),
        description: "While it does not run, all other monitors are blind. `report doctor` says what is wrong.",
        runbook: None,
        owner: None,
        alerting: &alerting,
    });
    let recipe = Recipe {
        metric: RUN_DURATION,
        name: format!("The reporter has stopped ({scope})"),
        value: format!("min(last_{}m):min:{RUN_DURATION}{{{scope}}}{by}", minutes(window)),
        comparator: "<",
        critical: 0.0,
        message,
        tags: Vec::new(),
    };
    Some(WantedMonitor::new(recipe, scope, &alerting))
}

fn failing(scope: &Scope, schedule: Schedule, alerting: Alertings<'_>) -> Option<WantedMonitor> {
    let patience = schedule.patience();
    let alerting = alerting(COLLECTOR_SUCCESS)?;
    let by = by(&[&["metric".to_owned()], &alerting.group_by[..]].concat());
    let message = message::of(&Words {
        alert: format!("`{{{{metric.name}}}}` has failed in each run of the last {}.", words(patience)),
        recovery: "`{{metric.name}}` is collected again.".to_owned(),
        no_data: String::new(),
        description: "It has no value as long as it fails. The reporter's log says why, and so does `report history`.",
        runbook: None,
        owner: None,
        alerting: &alerting,
    });
    let recipe = Recipe {
        metric: COLLECTOR_SUCCESS,
        name: format!("A metric fails again and again ({scope})"),
        value: format!("max(last_{}m):min:{COLLECTOR_SUCCESS}{{{scope}}}{by}", minutes(patience)),
        comparator: "<",
        critical: 1.0,
        message,
        tags: Vec::new(),
    };
    Some(WantedMonitor::new(recipe, scope, &alerting))
}

fn waiting(scope: &Scope, schedule: Schedule, alerting: Alertings<'_>) -> Option<WantedMonitor> {
    let patience = schedule.patience();
    let alerting = alerting(OUTBOX_POINTS)?;
    let by = by(&alerting.group_by);
    let message = message::of(&Words {
        alert: format!(
            "Each run of the last {} has left points over; there are {{{{value}}}} or more.",
            words(patience)
        ),
        recovery: "All points are delivered again.".to_owned(),
        no_data: String::new(),
        description: "Datadog takes no points of more than an hour ago: those that wait longer are lost. \
                      The reporter's log says why they are not delivered.",
        runbook: None,
        owner: None,
        alerting: &alerting,
    });
    let recipe = Recipe {
        metric: OUTBOX_POINTS,
        name: format!("Points wait and are not delivered ({scope})"),
        value: format!("min(last_{}m):max:{OUTBOX_POINTS}{{{scope}}}{by}", minutes(patience)),
        comparator: ">",
        critical: 0.0,
        message,
        tags: Vec::new(),
    };
    Some(WantedMonitor::new(recipe, scope, &alerting))
}

fn words(time: Duration) -> String {
    format!("{} minutes", minutes(time))
}

/// Whether the reporter's own monitors say more of a metric than one of its goal would.
#[must_use]
pub fn is_watched_by_reporter_monitors(metric: &str) -> bool {
    [RUN_DURATION, COLLECTOR_SUCCESS, OUTBOX_POINTS].contains(&metric)
}
