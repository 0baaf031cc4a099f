//! The dashboard that Datadog should have.

use system_health_datadog::{DashboardError, WantedDashboard, dashboard};
use system_health_registry::Catalog;

/// The default title.
pub(super) const TITLE: &str = "System health";

/// The dashboard of the metrics of a catalog, as `report dashboard push` pushes it.
pub fn wanted_dashboard(catalog: &Catalog) -> Result<WantedDashboard, DashboardError> {
    WantedDashboard::new(dashboard(catalog, TITLE))
}
