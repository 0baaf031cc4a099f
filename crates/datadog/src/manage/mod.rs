//! Creates dashboards, monitors and metadata from a catalog, and pushes them to Datadog.

mod canonical;
mod change;
mod dashboard;
mod document;
mod mark;
mod metadata;
mod monitor;
mod plural;
mod query;
mod shape;

pub use change::Changes;
pub use dashboard::{
    DashboardError, ManagedDashboard, PlannedDashboard, WantedDashboard, dashboard, is_managed_dashboard,
    without_datadogs_additions,
};
pub use document::{Overwrites, PushAction};
pub use metadata::{metadata, metadata_update};
pub use monitor::{
    ManagedMonitor, MonitorPlan, MonitorScope, PlannedMonitor, WantedMonitor, goal_monitor,
    reporter_monitors, two_metric_goal_monitor,
};
