//! Runs with a layer that collects their spans, and backends that get the traces.

mod datadog;
mod functions;
mod harness;
mod limits;
mod logs;
mod otlp;
mod real;
mod spans;
