//! The monitors of goals and of the reporter itself, and pushes of monitors.

mod alert_condition;
mod combined;
mod goal;
mod message;
mod on_missing_data;
mod push;
mod reporter;
mod schedule;
mod scope;
mod wanted;

pub use combined::{Combination, combined_goal_monitor};
pub use goal::goal_monitor;
pub use on_missing_data::OnMissingData;
pub use push::{ManagedMonitor, MonitorPlan, PlannedMonitor};
pub use reporter::{is_watched_by_reporter_monitors, reporter_monitors, reporter_window};
pub use schedule::Schedule;
pub use scope::MonitorScope;
pub use wanted::{Alerting, WantedMonitor};
