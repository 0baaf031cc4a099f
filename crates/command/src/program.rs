//! The program that runs the command: its name, its version, and the sinks and commands that it brings along.

use system_health_registry::SinkType;

use crate::linked::LinkedCommands;

/// What the command knows about the program that it is part of.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) version: String,
    /// All sinks, sorted by name.
    pub(crate) sinks: Vec<SinkType>,
    /// Sinks that the program added without registering them.
    pub(crate) own_sinks: Vec<SinkType>,
    pub(crate) linked_commands: LinkedCommands,
}
