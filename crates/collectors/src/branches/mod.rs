//! The number of branches that people work on. `docs/metrics.md` defines the metric.

mod list;
mod metrics;

pub use list::Branches;
pub use metrics::active_branches;
