//! The sink against a scripted Pushgateway, and against the real ones of Prometheus.

mod conventions;
mod failures;
mod gateway;
mod harness;
mod previews;
mod real;
mod textfile;
