//! The `report` command as a library, so that a binary with additional collectors takes only a few lines:
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
//! This crate links the sinks, the commands and the built-in collectors that its features select. Without `git`, `github` and
//! `aws-ci`, there are no built-in collectors. The `report` command itself is in `system-health-command`.

// Keeps the registrations linked.
#[cfg(feature = "cloudwatch")]
use system_health_cloudwatch as _;
#[cfg(any(feature = "aws-ci", feature = "git", feature = "github"))]
use system_health_collectors as _;
#[cfg(feature = "datadog")]
use system_health_datadog as _;
#[cfg(feature = "datadog")]
use system_health_datadog_commands as _;
#[cfg(feature = "datadog-preview")]
use system_health_datadog_preview as _;
#[cfg(feature = "dogstatsd")]
use system_health_dogstatsd as _;
#[cfg(feature = "intake")]
use system_health_intake_command as _;
#[cfg(feature = "local")]
use system_health_local as _;
#[cfg(feature = "otlp")]
use system_health_otlp as _;
#[cfg(feature = "prometheus")]
use system_health_prometheus as _;
#[cfg(feature = "prometheus")]
use system_health_prometheus_commands as _;
#[cfg(feature = "serve")]
use system_health_serve as _;

pub use system_health_command::{ReportCommand, main};
