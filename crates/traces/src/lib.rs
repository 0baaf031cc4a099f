//! Collects the spans of a run as one trace, and sends it to a Datadog Agent or to an OpenTelemetry collector.
//!
//! The other crates only create spans of the crate `tracing`. [`Traces`] has a layer that collects them, for any subscriber
//! that is built on `tracing_subscriber::registry()`, and a tracer for the reporter. Until a tracer is made, the layer is
//! interested in nothing, and enables no span.
//!
//! ```
//! use system_health_registry::Settings;
//! use system_health_traces::Traces;
//! use tracing_subscriber::layer::SubscriberExt;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let traces = Traces::new(["acme_collectors"]);
//! let subscriber = tracing_subscriber::registry().with(traces.layer());
//! tracing::subscriber::set_global_default(subscriber)?;
//!
//! let settings = Settings::builder().environment().build()?;
//! // `None` unless the settings enable tracing. Pass a tracer to the reporter's builder.
//! let tracer = traces.tracer(&settings)?;
//! assert!(tracer.is_none());
//! # Ok(())
//! # }
//! ```

mod collect;
mod datadog;
mod doctor;
mod exporter;
mod log_context;
mod otlp;
mod sampling;
mod settings;
mod tracer;
mod traces;

pub use log_context::{EnteredLogContext, LogContext};
pub use traces::Traces;
