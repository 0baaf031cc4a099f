//! Tests of the service as a whole, and of its HTTP server. The service runs in simulated time.

mod backend;
mod current_report;
mod current_values;
mod history;
mod http;
mod parts;
mod service;
mod soak;
mod stage;
mod tracer;
