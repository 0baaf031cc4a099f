//! The monitors that notice when the reporter itself is not well. Without them, silence would look like
//! health: no goal is missed where nothing is measured.

use std::time::Duration;

use super::{
    Alerting, Scope, WantedMonitor,
    message::{self, Words},
    wanted::{Recipe, minutes},
};

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

/// The monitors of the reporter, instead of those of its metrics' goals: it has stopped or takes too long, a
/// metric fails again and again, or points wait and are not delivered.
#[must_use]
pub fn reporter_monitors(scope: &Scope, schedule: Schedule, alerting: &Alerting) -> Vec<WantedMonitor> {
    let runs = schedule.missed;
    let patience = minutes(schedule.patience());
    let stopped = Alerting {
        // Datadog recommends twice the window at least.
        no_data: Some(schedule.patience().max(schedule.window())),
        group_by: Vec::new(),
        recovery: None,
        ..alerting.clone()
    };
    let failing = Alerting { no_data: None, ..stopped.clone() };
    let every = schedule.every.as_secs();
    let monitor = |recipe: Recipe<'_>, alerting: &Alerting| WantedMonitor::new(recipe, scope, alerting);
    let words = |alert: String, recovery: &str, description: &'static str, alerting| {
        message::of(&Words {
            alert,
            recovery: recovery.to_owned(),
            no_data: format!("The reporter has delivered nothing for {runs} runs or more."),
            description,
            runbook: None,
            owner: None,
            alerting,
        })
    };
    vec![
        monitor(
            Recipe {
                metric: RUN_DURATION,
                name: format!("The reporter has stopped, or is too slow ({scope})"),
                value: format!("max(last_{}m):max:{RUN_DURATION}{{{scope}}}", minutes(schedule.every)),
                comparator: ">",
                #[expect(clippy::cast_precision_loss, reason = "no schedule is that long")]
                critical: every as f64,
                message: words(
                    format!(
                        "A run of the reporter took {{{{value}}}} seconds, and the next one starts after {every}."
                    ),
                    "The reporter runs again.",
                    "While it does not, all other monitors are blind. `report doctor` says what is wrong.",
                    &stopped,
                ),
                tags: Vec::new(),
            },
            &stopped,
        ),
        monitor(
            Recipe {
                metric: COLLECTOR_SUCCESS,
                name: format!("A metric fails again and again ({scope})"),
                value: format!("max(last_{patience}m):min:{COLLECTOR_SUCCESS}{{{scope}}} by {{metric}}"),
                comparator: "<",
                critical: 1.0,
                message: words(
                    format!("`{{{{metric.name}}}}` has failed in each run for {runs} runs."),
                    "`{{metric.name}}` is collected again.",
                    "It has had no value since. The reporter's log says why, and so does `report history`.",
                    &failing,
                ),
                tags: Vec::new(),
            },
            &failing,
        ),
        monitor(
            Recipe {
                metric: OUTBOX_POINTS,
                name: format!("Points wait and are not delivered ({scope})"),
                value: format!("min(last_{patience}m):max:{OUTBOX_POINTS}{{{scope}}}"),
                comparator: ">",
                critical: 0.0,
                message: words(
                    format!(
                        "Points have been left over by each run for {runs} runs; there are {{{{value}}}} or more."
                    ),
                    "All points are delivered again.",
                    "Datadog takes no points of more than an hour ago: those that wait longer are lost. \
                     The reporter's log says why they are not delivered.",
                    &failing,
                ),
                tags: Vec::new(),
            },
            &failing,
        ),
    ]
}

/// Whether the reporter's own monitors say more of a metric than one of its goal would.
#[must_use]
pub fn is_watched_by_reporter_monitors(metric: &str) -> bool {
    [RUN_DURATION, COLLECTOR_SUCCESS, OUTBOX_POINTS].contains(&metric)
}
