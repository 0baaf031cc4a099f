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

const NO_CSV: &str = "--format csv is for `report history` only; write table or json";

/// Where data is printed, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stdout {
    color: anstream::ColorChoice,
    format: Format,
}

impl Stdout {
    /// Takes the format from the arguments, or from what stdout is.
    pub(crate) fn new(arguments: &OutputArguments) -> Self {
        let fitting = if io::stdout().is_terminal() { Format::Table } else { Format::Json };
        Self { color: arguments.color.into(), format: arguments.format.unwrap_or(fitting) }
    }

    /// Prints data in the form that was asked for.
    pub(crate) fn print(self, table: impl Display, json: impl Serialize) -> anyhow::Result<()> {
        self.write(&self.format(table, json)?)
    }

    /// Data in the form that was asked for.
    pub(crate) fn format(self, table: impl Display, json: impl Serialize) -> anyhow::Result<String> {
        Ok(match self.format {
            Format::Table => table.to_string(),
            Format::Json => serde_json::to_string_pretty(&json)? + "\n",
            Format::Csv => bail!(NO_CSV),
        })
    }

    /// Prints data that can also be comma-separated values.
    pub(crate) fn print_or_csv(
        self,
        table: impl Display,
        json: impl Serialize,
        csv: impl FnOnce() -> anyhow::Result<String>,
    ) -> anyhow::Result<()> {
        match self.format {
            Format::Csv => self.write(&csv()?),
            Format::Table | Format::Json => self.print(table, json),
        }
    }

    /// Refuses a form that a command does not have, before it does anything.
    pub(crate) fn without_csv(self) -> anyhow::Result<Self> {
        match self.format {
            Format::Table | Format::Json => Ok(self),
            Format::Csv => bail!(NO_CSV),
        }
    }

    /// Prints text as it is.
    pub(crate) fn write(self, text: &str) -> anyhow::Result<()> {
        let mut stdout = anstream::AutoStream::new(io::stdout().lock(), self.color);
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            result => Ok(result.map_err(OutputError)?),
        }
    }
}
