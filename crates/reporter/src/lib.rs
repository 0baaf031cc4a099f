//! The reporter as a library: it collects metrics, records them, delivers them to every destination and announces
//! events. One run is one call, and a program can make it as often as it likes.
//!
//! ```no_run
//! use system_health_registry::Settings;
//! use system_health_reporter::Reporter;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = Settings::builder().environment().build()?;
//! let reporter = Reporter::builder(settings).build()?;
//! let finished = reporter.push().await?;
//! assert!(finished.is_delivered());
//! # Ok(())
//! # }
//! ```
//!
//! The metrics and sinks are those that are linked into the program, unless the [builder](ReporterBuilder) names
//! others. A run returns what was collected and what became of it at each destination. Nothing is printed; what a run
//! cannot do is logged with `tracing`.

mod announcer;
mod builder;
mod courier;
mod deadlines;
mod delivery;
mod descriptions;
mod error;
mod events;
mod guard;
pub mod markdown;
mod name;
mod outbox;
mod receipt;
mod reporter;
mod run;
mod selection;
mod self_metrics;
mod settings;
mod state;
mod tags;
mod target;

pub use builder::ReporterBuilder;
pub use deadlines::{end, reserve};
pub use delivery::{Delivery, DeliveryResult, Finished, Preview};
pub use descriptions::with_remembered;
pub use error::{DestinationsError, ReporterError};
pub use name::NamedAfter;
pub use receipt::{DeliveryStatus, Receipt, RefusedSeries};
pub use reporter::{Mode, Reporter};
pub use selection::{PatternList, Selection, SelectionError, without_skipped};
pub use self_metrics::without_self_metrics;
pub use settings::{FailOn, ReportSettings, SlotError, StateSettings};
pub use state::{StateError, warn_of_damage};
pub use tags::{TagsError, base_tags};
