//! The entry point of the command for a program's `main`.

use std::{env, ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Subcommand, error::ErrorKind};
use system_health_registry::SinkType;

use crate::{
    CommandType,
    args::Command,
    command,
    linked::{DuplicateCommand, LinkedCommands},
    program::Program,
};

/// The `report` command of a program with a name, a version or sinks of its own.
///
/// ```no_run
/// use system_health_command::ReportCommand;
///
/// fn main() -> std::process::ExitCode {
///     ReportCommand::new().version(env!("CARGO_PKG_VERSION")).main()
/// }
/// ```
#[derive(Debug, Clone)]
#[must_use = "call `main` to run it"]
pub struct ReportCommand {
    name: Option<String>,
    version: String,
    sinks: Vec<SinkType>,
}

/// Runs `report` with the arguments of this process and every linked metric, sink and command.
#[must_use]
pub fn main() -> ExitCode {
    ReportCommand::new().main()
}

impl ReportCommand {
    /// Creates a command. Its name defaults to the file name of the executable, and its version to that of this crate. It
    /// has all linked sinks.
    pub fn new() -> Self {
        Self { name: None, version: env!("CARGO_PKG_VERSION").to_owned(), sinks: Vec::new() }
    }

    /// Sets the name in `--help`, in `--version`, in completions and in the name of the reporter.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the version in `--version`.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// Adds a sink to those that are linked.
    pub fn sink(mut self, sink: SinkType) -> Self {
        self.sinks.push(sink);
        self
    }

    /// Runs the command with the arguments of this process and every linked metric.
    #[must_use]
    pub fn main(self) -> ExitCode {
        let arguments: Vec<OsString> = env::args_os().collect();
        match self.program(arguments.first()) {
            Ok(program) => command::run(&program, &arguments),
            // The author of the program made a mistake. Logging is not set up yet, so the error is printed like wrong usage.
            Err(duplicate) => clap::Error::raw(ErrorKind::InvalidSubcommand, format!("{duplicate}\n")).exit(),
        }
    }

    fn program(self, started_as: Option<&OsString>) -> Result<Program, DuplicateCommand> {
        let file = started_as.map(PathBuf::from);
        let file = file.as_deref().and_then(|path| path.file_stem());
        let name = self.name.or_else(|| file.map(|name| name.to_string_lossy().into_owned()));
        let mut sinks = [SinkType::linked(), self.sinks.clone()].concat();
        sinks.sort_by_key(|sink| sink.name);
        Ok(Program {
            name: name.unwrap_or_else(|| "report".to_owned()),
            version: self.version,
            sinks,
            own_sinks: self.sinks,
            linked_commands: LinkedCommands::new(CommandType::linked(), is_built_in)?,
        })
    }
}

/// Whether `report` itself has a command with this name. Clap adds `help`.
fn is_built_in(name: &str) -> bool {
    Command::has_subcommand(name) || name == "help"
}

impl Default for ReportCommand {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_defaults_to_that_of_the_executable() {
        let started_as = OsString::from("/usr/local/bin/acme-report");

        let usual = ReportCommand::new().program(Some(&started_as)).unwrap();
        let own = ReportCommand::new().name("health").version("4.2").program(Some(&started_as)).unwrap();

        assert_eq!((usual.name.as_str(), usual.version.as_str()), ("acme-report", env!("CARGO_PKG_VERSION")));
        assert_eq!((own.name.as_str(), own.version.as_str()), ("health", "4.2"));
    }
}
