//! How many alerts about the security of a repository are open. `docs/metrics.md` defines the result.

mod alert;
mod alert_kind;
mod list;
mod metrics;

pub use metrics::open_alerts;
