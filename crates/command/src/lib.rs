//! The `report` command as a library: arguments, output, progress and exit status.
//!
//! It depends on no sink. Metrics, sinks and further commands are those that a program links: each registers itself. A program
//! links what it needs and calls [`main`], as `system-health-report-cli` does.

#[doc(hidden)]
pub mod __private;
mod args;
mod command;
mod context;
mod exit;
mod exit_reason;
mod hints;
mod history_query;
mod json_log;
mod linked;
mod logging;
mod output;
mod program;
mod progress;
mod remembered;
mod report_command;
mod reporter_builder;
mod runtime;
mod settings;
mod target;
mod traces;

pub use args::{Format, RunArguments, SettingsArguments, StateArguments, StateFolderArguments};
pub use clap;
pub use context::CommandContext;
pub use exit::{ExitStatus, Signal};
pub use history_query::{HistoryError, HistoryQuery};
pub use linked::CommandType;
pub use output::{HistoryRow, JsonList, JsonReport, Stdout};
pub use remembered::with_remembered_metrics;
pub use report_command::{ReportCommand, main};
pub use runtime::StopPolicy;
pub use target::Target;
