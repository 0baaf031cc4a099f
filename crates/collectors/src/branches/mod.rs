//! How many branches people work on. `docs/metrics.md` defines the results.

mod list;
mod metrics;

pub use list::Branches;
pub use metrics::active_branches;
