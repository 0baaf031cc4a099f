//! Monitors: one for each goal, of a metric or of two, those that notice when the reporter itself is not well, and
//! their way to Datadog.

mod combined;
mod condition;
mod goal;
mod managed;
mod message;
mod missing;
mod reporter;
mod schedule;
mod scope;
mod wanted;

pub use combined::{Combination, combined_goal_monitor};
pub use goal::goal_monitor;
pub use managed::{ManagedMonitor, MonitorPlan, PlannedMonitor};
pub use missing::OnMissingData;
pub use reporter::{is_watched_by_reporter_monitors, reporter_monitors, reporter_window};
pub use schedule::Schedule;
pub use scope::Scope;
pub use wanted::{Alerting, WantedMonitor};
