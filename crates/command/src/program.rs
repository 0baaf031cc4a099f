//! The program that runs the command: its name, its version, its sinks and its linked commands.

use system_health_registry::SinkType;

use crate::linked::LinkedCommands;

/// Describes the program to the command.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) version: String,
    /// All sinks, sorted by name.
    pub(crate) sinks: Vec<SinkType>,
    /// The sinks that the program added with [`ReportCommand::sink`](crate::ReportCommand::sink).
    pub(crate) own_sinks: Vec<SinkType>,
    pub(crate) linked_commands: LinkedCommands,
}
