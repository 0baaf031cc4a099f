//! The reporter as a library. It collects metrics, records them, delivers them to all destinations and sends events.
//! One run is one call, and a program can make any number of calls.
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
//! By default, a reporter uses all metrics and sinks that are linked into the program. A run returns the report and the
//! result of the delivery to each destination. Only sinks that deliver to standard output print anything. Problems are
//! logged with `tracing`.

mod announcer;
mod backfill;
mod builder;
mod courier;
mod deadlines;
mod delivery;
mod descriptions;
mod error;
mod events;
mod goals;
mod guard;
pub mod markdown;
mod name;
mod outbox;
mod past_runs;
mod periodic;
mod receipt;
mod reporter;
mod responses;
mod run;
mod run_trace;
mod selection;
mod self_metrics;
mod service_run;
mod settings;
mod slots;
mod state;
mod tags;
mod target;
mod trace_file;
mod unmatched;
mod waiting;
mod watching;
mod withheld;

pub use backfill::{Backfill, BackfillDifference, BackfilledMetric, WithoutValue};
pub use builder::ReporterBuilder;
pub use deadlines::{delivery_reserve, run_end};
pub use delivery::{Delivery, DeliveryResult, FinishedRun, Preview};
pub use descriptions::with_stored_descriptions;
pub use error::{DestinationsError, ReporterError};
pub use events::attached_events;
pub use goals::{GoalOfTwoMetrics, GoalsOfTwoMetrics, with_goals_of_settings};
pub use periodic::PeriodicReporter;
pub use receipt::{DeliveryStatus, Receipt, Refusal};
pub use reporter::{Mode, Reporter};
pub use selection::{Choice, Selection, SelectionError, UnknownSource, selected_by_settings};
pub use self_metrics::without_self_metrics;
pub use service_run::ServiceRun;
pub use settings::{FailOn, ReportSettings, SlotError, StateSettings};
pub use slots::Slots;
pub use state::{StateError, warn_of_damage};
pub use tags::{TagsError, base_tags};
pub use target::outbox_name;
pub use trace_file::last_trace;
pub use unmatched::{PatternList, UnmatchedPattern};
