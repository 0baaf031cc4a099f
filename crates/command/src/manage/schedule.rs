//! When the reporter runs, by the settings of monitors.

use system_health_datadog::Schedule;

use crate::settings::monitors::MonitorSettings;

/// When the reporter runs.
pub(super) fn schedule(settings: &MonitorSettings) -> Schedule {
    Schedule {
        every: settings.every,
        longest_gap: settings.longest_gap.unwrap_or(settings.every),
        missed: settings.missed,
    }
}
