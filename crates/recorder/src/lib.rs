//! Records values from any thread of a program, and reports them with the program's metrics.
//!
//! For each series, only a total, the last value or a distribution is kept. So memory depends on the number of series, and not on the
//! number of values.
//!
//! ```
//! use system_health_recorder::Recorder;
//! use system_health_registry::{Catalog, Facts};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let recorder = Recorder::new();
//! recorder.describe(Facts::new("orders.placed", "Orders that were placed.").with_unit("order"));
//! recorder.count("orders.placed", &[("shop", "eu")], 1);
//! recorder.gauge("orders.waiting", &[], 12.0);
//! recorder.record("orders.seconds", &[], 0.35);
//!
//! // Each run of a reporter with this catalog reports what was recorded.
//! let catalog = Catalog::from_sources([recorder.source()])?;
//! # assert_eq!(catalog.sources().len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! A program that links this crate also has [`Recorder::global`]. Every reporter whose catalog has the linked sources
//! ([`Catalog::linked`](system_health_registry::Catalog::linked)) reports what this recorder recorded. A collector with an
//! argument of the type [`Recorder`] gets the global recorder, unless another one is provided.

#[cfg(feature = "metrics")]
mod facade;
mod global;
mod handle;
mod recorder;
mod refusals;
mod series;

#[cfg(feature = "metrics")]
pub use facade::{Facade, InstallError};
pub use handle::{RecordedCounter, RecordedDistribution, RecordedGauge};
pub use recorder::{DEFAULT_MAX_SERIES, Recorder};
