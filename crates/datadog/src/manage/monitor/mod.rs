//! The monitors of goals and of the reporter itself, and pushes of monitors.

mod alert_condition;
mod combined;
mod goal;
mod message;
mod on_missing_data;
mod push;
mod reporter;
mod scope;
mod wanted;

pub use combined::two_metric_goal_monitor;
pub use goal::goal_monitor;
pub use push::{ManagedMonitor, MonitorPlan, PlannedMonitor};
pub use reporter::reporter_monitors;
pub use scope::MonitorScope;
pub use wanted::WantedMonitor;
