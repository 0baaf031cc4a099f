//! What the intake keeps, in SQLite: a file, or memory.

mod distributions;
mod documents;
mod error;
mod events;
mod json_rows;
mod metrics;
mod open;
mod points;
mod spans;

pub use distributions::{DistributionId, WeightedValues};
pub use error::StoreError;
pub use metrics::{DistributionSummary, MetricSummary, SeriesSummary};
pub use open::Store;

pub(crate) use points::StoredSeries;
