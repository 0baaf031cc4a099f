//! Delivers points to Amazon CloudWatch: with `PutMetricData`, or as documents in the Embedded Metric Format on the standard
//! output.
//!
//! `docs/cloudwatch.md` in the repository describes dimensions, units and limits. The crate registers the sink `cloudwatch` when
//! it is linked. It has no other interface:
//!
//! ```
//! use std::path::Path;
//! use system_health_cloudwatch as _;
//! use system_health_registry::{Settings, SinkType};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let file = "[cloudwatch]\nnamespace = \"SystemHealth\"";
//! let settings = Settings::builder().toml(Path::new("system-health.toml"), file)?.build()?;
//! let sink = SinkType::linked().into_iter().find(|sink| sink.name == "cloudwatch").unwrap();
//! let destinations = (sink.configure)(&settings).unwrap();
//! assert_eq!(destinations[0].address(), "SystemHealth");
//! # Ok(())
//! # }
//! ```

mod backend;
mod batch;
mod datum;
mod dimensions;
mod doctor;
mod emf;
mod limits;
mod metric_values;
mod namespace;
mod point;
mod put_destination;
mod put_error;
mod put_metric_data;
mod put_sink;
mod settings;
mod sink_type;
mod unit;
