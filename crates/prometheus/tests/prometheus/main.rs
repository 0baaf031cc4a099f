//! Tests of the sinks with fake servers, with files, and with the real programs of Prometheus.

mod conventions;
mod failures;
mod gateway;
mod harness;
mod previews;
mod real;
mod remote_failures;
mod remote_write;
mod textfile;
