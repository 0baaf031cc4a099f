//! The `report` command as a library, so that a binary with other collectors takes three lines:
//!
//! ```no_run
//! # mod acme_collectors {}
//! # #[expect(unused_imports)]
//! use acme_collectors as _; // keeps its registrations linked
//!
//! fn main() -> std::process::ExitCode {
//!     system_health_report_cli::main()
//! }
//! ```
//!
//! The built-in collectors are always among the linked ones.

mod args;
mod command;
mod datadog;
mod exit;
mod logging;
mod manage;
mod output;
mod program;
mod progress;
mod remembered;
mod settings;

// Keeps the registrations of the sinks linked.
#[cfg(feature = "local")]
use system_health_local as _;
#[cfg(feature = "prometheus")]
use system_health_prometheus as _;

pub use command::main;
pub use program::ReportCommand;
