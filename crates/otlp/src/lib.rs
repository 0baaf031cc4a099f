//! Delivers points to an OpenTelemetry collector, or to a backend that accepts OTLP: over HTTP, with protobuf and gzip. See
//! <https://opentelemetry.io/docs/specs/otlp/#otlphttp>.
//!
//! The crate registers the sink `otlp` when it is linked. It has no other interface:
//!
//! ```
//! use std::path::Path;
//! use system_health_otlp as _;
//! use system_health_registry::{Settings, SinkType};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let file = "[otlp]\nendpoint = \"http://collector.example.com:4318\"";
//! let settings = Settings::builder().toml(Path::new("system-health.toml"), file)?.build()?;
//! let sink = SinkType::linked().into_iter().find(|sink| sink.name == "otlp").unwrap();
//! let destinations = (sink.configure)(&settings).unwrap();
//! assert_eq!(destinations[0].address(), "http://collector.example.com:4318/v1/metrics");
//! # Ok(())
//! # }
//! ```

mod attributes;
mod batch;
mod destination;
mod doctor;
mod encoder;
mod error;
mod exporter;
mod histogram;
mod json;
mod preference;
mod proto;
mod response;
mod settings;
mod sink;
mod unit;
mod work;
