//! The metrics of the reporter that its own monitors watch. Their goals have no monitors.

use std::time::Duration;

use super::Schedule;
use crate::self_metrics::{COLLECTOR_SUCCESS, OUTBOX_POINTS, POINTS, RUN_DURATION, SOURCES, SelfMetric};

/// The evaluation window of the reporter's monitor of the metric with this key, if there is one.
#[must_use]
pub fn reporter_window(key: &str, schedule: Schedule) -> Option<Duration> {
    match SelfMetric::from_key(key)? {
        RUN_DURATION => Some(schedule.silence_window()),
        COLLECTOR_SUCCESS | POINTS => Some(schedule.last_runs_window()),
        _ => None,
    }
}

/// Whether the reporter's monitors already watch the metric with this key, so that its goal needs no monitor. The
/// monitor of failing sources has the window and the settings of [`COLLECTOR_SUCCESS`], so [`SOURCES`] has no
/// [window](reporter_window) of its own. [`OUTBOX_POINTS`] has no monitor of its own, because a delivery that leaves points in
/// the outbox counts them in [`POINTS`].
#[must_use]
pub fn is_watched_by_reporter_monitors(key: &str) -> bool {
    let watched = [RUN_DURATION, COLLECTOR_SUCCESS, SOURCES, POINTS, OUTBOX_POINTS];
    watched.iter().any(|known| known.key == key)
}
