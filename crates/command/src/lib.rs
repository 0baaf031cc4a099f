//! The `report` command as a library: arguments, output, progress and exit status. It knows no sink: those that a program
//! links register themselves.

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

pub use command::main;
pub use program::ReportCommand;
