//! The command `report serve`: the same run as `report --push`, again and again in one process, for places where a scheduled job
//! is too slow or too costly. An HTTP server shows the current values to Prometheus, to probes and to people.
//!
//! `use system_health_serve as _;` adds the command to a program that calls `system_health_command::main()`.

mod arguments;
mod check;
mod clock;
mod command;
mod configuration;
mod current_values;
mod http;
mod latest;
mod readiness;
mod reload;
mod run_summary;
mod served;
mod service;
mod settings;
#[cfg(test)]
mod tests;
mod token;
