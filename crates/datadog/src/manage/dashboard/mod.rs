//! The dashboard of a catalog, and pushes of any dashboard.

mod catalog;
mod push;
mod reporter;
mod wanted;
mod widgets;

pub use catalog::dashboard;
pub use push::{ManagedDashboard, PlannedDashboard, is_managed_dashboard};
pub use wanted::{DashboardError, WantedDashboard, without_datadogs_additions};
