//! Monitors: one for each goal, those that notice when the reporter itself has stopped, and their way to
//! Datadog.

mod goal;
mod managed;
mod message;
mod reporter;
mod scope;
mod wanted;

pub use goal::goal_monitor;
pub use managed::{ManagedMonitor, MonitorPlan, PlannedMonitor};
pub(crate) use reporter::RUN_DURATION;
pub use reporter::{Schedule, is_watched_by_reporter_monitors, reporter_monitors};
pub use scope::Scope;
pub use wanted::{Alerting, WantedMonitor};
