//! Delivers points to Prometheus.
//!
//! Prometheus scrapes running programs, but a reporter runs only for a few seconds. So the reporter sends its values itself, through
//! remote write, or writes them to a place that Prometheus can scrape: a Pushgateway, or a file that the node exporter reads. Those
//! two do not accept timestamps. They keep the last value, and Prometheus gives it the time of the scrape.
//!
//! The crate registers the sink `prometheus` when it is linked. Those who write queries find the names of metrics and labels
//! in [`PrometheusMetric`] and [`tag_labels`]. A program that keeps running can be scraped itself: [`MetricsPage`] is the page.
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

mod configured_textfile;
mod destination;
mod doctor;
mod exposition;
mod family;
mod family_store;
mod fates;
mod gateway;
mod gateway_error;
mod group;
mod histogram;
mod label;
mod login;
mod metrics_page;
mod name;
mod naming;
mod native_histogram;
mod open_metrics;
mod part;
mod protobuf;
mod remote_destination;
mod remote_series;
mod remote_sink;
mod remote_write;
mod remote_write_error;
mod response;
mod series_value;
mod settings;
mod sink;
mod sink_type;
mod text_format;
mod textfile;
mod unit;

pub use configured_textfile::configured_textfile;
pub use metrics_page::MetricsPage;
pub use naming::{PrometheusMetric, pushgateway_jobs, tag_labels};
pub use text_format::TextFormat;
