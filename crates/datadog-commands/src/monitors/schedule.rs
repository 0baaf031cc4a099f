//! The schedule of the reporter, from the settings of monitors.

use system_health_datadog::Schedule;

use super::MonitorSettings;

/// How often the reporter runs.
pub(crate) fn schedule(settings: &MonitorSettings) -> Schedule {
    Schedule {
        every: settings.every,
        longest_gap: settings.longest_gap.unwrap_or(settings.every),
        missed: settings.missed,
    }
}
