//! Dashboards: the one that a catalog makes of itself, and the way of any dashboard to Datadog and back.

mod catalog;
mod managed;
mod reporter;
mod wanted;
mod widgets;

pub use catalog::dashboard;
pub use managed::{ManagedDashboard, PlannedDashboard, is_managed_dashboard};
pub use wanted::{DashboardError, WantedDashboard, written};
