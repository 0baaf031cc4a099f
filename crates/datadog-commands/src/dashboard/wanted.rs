//! The dashboard that Datadog should have.

use system_health_datadog::{DashboardError, WantedDashboard, dashboard};
use system_health_registry::Catalog;

/// The title, unless the arguments have another one.
pub(super) const TITLE: &str = "System health";

/// The dashboard of the metrics of a catalog. `report dashboard push` pushes it.
pub fn wanted_dashboard(catalog: &Catalog) -> Result<WantedDashboard, DashboardError> {
    WantedDashboard::new(dashboard(catalog, TITLE))
}
