//! The command `report serve`: the same run as `report --push`, again and again in one process, for places where a scheduled job
//! is too slow or too costly. An HTTP server shows the current values to Prometheus, to probes and to people.
//!
//! `use system_health_serve as _;` adds the command to a program that calls `system_health_command::main()`. Other crates add
//! parts to its page with [`register_page_part!`].

#[doc(hidden)]
pub mod __private;
mod arguments;
mod check;
mod clock;
mod command;
mod configuration;
mod current_values;
mod doctor;
mod http;
mod kept_traces;
mod latest;
mod page_part;
mod parts;
mod readiness;
mod reload;
mod run_summary;
mod served;
mod service;
mod settings;
#[cfg(test)]
mod tests;
mod token;
mod waiting_summary;

pub use page_part::{AnswerError, PagePart, PagePartType, PartSettings};
