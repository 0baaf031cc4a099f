//! How many issues are open, opened and closed, and how long it takes to close them. `docs/metrics.md` defines the results.

mod issue;
mod list;
mod metrics;
mod reader;

pub use list::Issues;
pub use metrics::*;
