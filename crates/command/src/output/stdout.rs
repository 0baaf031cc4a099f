//! The one door to stdout. A reader that has read enough, such as `head`, is no failure.

use std::{
    fmt::Display,
    io::{self, ErrorKind, IsTerminal, Write},
};

use anyhow::bail;
use serde::Serialize;

use crate::args::{Format, OutputArguments};

/// The data did not get out.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to stdout")]
pub(crate) struct OutputError(#[source] io::Error);

impl OutputError {
    /// Nobody took the data in time.
    pub(crate) fn unread() -> Self {
        Self(io::Error::new(ErrorKind::TimedOut, "nobody read it before the run's deadline"))
    }
}

/// Where data is printed, and how.
#[derive(Debug, Clone, Copy)]
pub struct Stdout {
    color: anstream::ColorChoice,
    format: Format,
}

impl Stdout {
    /// Takes the format from the arguments, or from what stdout is.
    pub(crate) fn new(arguments: &OutputArguments) -> Self {
        let fitting = if io::stdout().is_terminal() { Format::Table } else { Format::Json };
        Self { color: arguments.color.into(), format: arguments.format.unwrap_or(fitting) }
    }

    /// Refuses a form that a command does not have, before it does anything.
    pub fn one_of(self, formats: &[Format]) -> anyhow::Result<Self> {
        if formats.contains(&self.format) {
            return Ok(self);
        }
        let names: Vec<&str> = formats.iter().map(|format| format.name()).collect();
        bail!("--format {} is not for this command; it writes {}", self.format.name(), names.join(", "))
    }

    /// The form that was asked for.
    pub(crate) fn form(self) -> Format {
        self.format
    }

    /// The columns of the terminal, if stdout is one. Text that goes elsewhere is not wrapped.
    pub(crate) fn width() -> Option<usize> {
        let stdout = io::stdout();
        let (width, _) = stdout.is_terminal().then(|| terminal_size::terminal_size_of(&stdout))??;
        Some(width.0.into())
    }

    /// Prints data as a table or as JSON.
    pub fn print(self, table: impl Display, json: impl Serialize) -> anyhow::Result<()> {
        self.write(&self.format(table, json)?)
    }

    /// Data as a table or as JSON.
    pub(crate) fn format(self, table: impl Display, json: impl Serialize) -> anyhow::Result<String> {
        match self.one_of(&[Format::Table, Format::Json])?.format {
            Format::Json => Ok(serde_json::to_string_pretty(&json)? + "\n"),
            _ => Ok(table.to_string()),
        }
    }

    /// Prints text as it is.
    pub fn write(self, text: &str) -> anyhow::Result<()> {
        let mut stdout = anstream::AutoStream::new(io::stdout().lock(), self.color);
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            result => Ok(result.map_err(OutputError)?),
        }
    }
}
