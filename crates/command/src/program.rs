//! The program that runs the command: its name, its version, and the sinks that it brings along.

use std::{env, ffi::OsString, path::PathBuf, process::ExitCode};

use system_health_registry::SinkType;

use crate::command;

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

/// What the command knows of the program that it is part of.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) version: String,
    /// All sinks, in the order of their names.
    pub(crate) sinks: Vec<SinkType>,
    /// Those that are not linked, but named by the program.
    pub(crate) own_sinks: Vec<SinkType>,
}

impl ReportCommand {
    /// The command with the name of the file that was started, this crate's version and all linked sinks.
    pub fn new() -> Self {
        Self { name: None, version: env!("CARGO_PKG_VERSION").to_owned(), sinks: Vec::new() }
    }

    /// Sets the name in `--help`, `--version`, completions and the reporter's name.
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

    /// Runs the command with the arguments of this process: every linked metric, built-in and further ones.
    #[must_use]
    pub fn main(self) -> ExitCode {
        let arguments: Vec<OsString> = env::args_os().collect();
        command::main_of(&self.program(arguments.first()), arguments)
    }

    fn program(self, started_as: Option<&OsString>) -> Program {
        let file = started_as.map(PathBuf::from);
        let file = file.as_deref().and_then(|path| path.file_stem());
        let name = self.name.or_else(|| file.map(|name| name.to_string_lossy().into_owned()));
        let mut sinks = [SinkType::linked(), self.sinks.clone()].concat();
        sinks.sort_by_key(|sink| sink.name);
        let name = name.unwrap_or_else(|| "report".to_owned());
        Program { name, version: self.version, sinks, own_sinks: self.sinks }
    }
}

impl Default for ReportCommand {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
impl Default for Program {
    fn default() -> Self {
        ReportCommand::new().name("report").program(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_has_the_name_of_its_file_unless_it_has_one_of_its_own() {
        let started_as = OsString::from("/usr/local/bin/acme-report");

        let usual = ReportCommand::new().program(Some(&started_as));
        let own = ReportCommand::new().name("health").version("4.2").program(Some(&started_as));

        assert_eq!((usual.name.as_str(), usual.version.as_str()), ("acme-report", env!("CARGO_PKG_VERSION")));
        assert_eq!((own.name.as_str(), own.version.as_str()), ("health", "4.2"));
    }
}
