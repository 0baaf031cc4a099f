//! Delivers points to Prometheus.
//!
//! Prometheus asks for values, and a reporter is not there to be asked. So values go to one of two places that
//! Prometheus asks instead: a Pushgateway, or a file that the node exporter reads. Neither takes timestamps: what they
//! hold is the last value, and Prometheus gives it the time at which it reads it.
//!
//! The crate registers the sink `prometheus` when it is linked, and has no other interface:
//!
//! ```
//! use std::path::Path;
//! use system_health_prometheus as _;
//! use system_health_registry::{Settings, SinkType};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let file = "[prometheus]\ntextfile = \"/var/lib/prometheus/node-exporter/health.prom\"";
//! let settings = Settings::builder().toml(Path::new("system-health.toml"), file)?.build()?;
//! let sink = SinkType::linked().into_iter().find(|sink| sink.name == "prometheus").unwrap();
//! let destinations = (sink.configure)(&settings).unwrap();
//! assert_eq!(destinations[0].address(), "/var/lib/prometheus/node-exporter/health.prom");
//! # Ok(())
//! # }
//! ```

mod destination;
mod doctor;
mod exposition;
mod family;
mod gateway;
mod gateway_error;
mod group;
mod label;
mod name;
mod part;
mod settings;
mod sink;
mod target;
mod textfile;
mod unit;
