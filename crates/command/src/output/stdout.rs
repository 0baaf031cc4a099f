//! Writes the data of commands to the standard output. It is not an error if a reader stops early, as `head` does.

use std::{
    fmt::Display,
    io::{self, BufWriter, ErrorKind, IsTerminal, Write},
};

use anstream::stream::{AsLockedWrite, RawStream};
use anyhow::bail;
use serde::Serialize;

use super::separate;
use crate::args::{Format, OutputArguments};

/// The data could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to stdout")]
pub(crate) struct OutputError(#[source] io::Error);

impl OutputError {
    /// Nobody read the data in time.
    pub(crate) fn unread() -> Self {
        Self(io::Error::new(ErrorKind::TimedOut, "nobody read it in time"))
    }
}

/// How data is printed: in which format, and whether in colour.
#[derive(Debug, Clone, Copy)]
pub struct Stdout {
    color: anstream::ColorChoice,
    format: Format,
}

impl Stdout {
    /// Takes the format from the arguments. Default: a table on a terminal, JSON otherwise.
    pub(crate) fn new(arguments: &OutputArguments) -> Self {
        let default = if Self::is_terminal() { Format::Table } else { Format::Json };
        Self { color: arguments.color.into(), format: arguments.format.unwrap_or(default) }
    }

    /// Returns itself. Fails if the format is not one of `formats`.
    pub(crate) fn require_format(self, formats: &[Format]) -> anyhow::Result<Self> {
        if formats.contains(&self.format) {
            return Ok(self);
        }
        let names: Vec<&str> = formats.iter().map(|format| format.name()).collect();
        bail!(
            "this command does not support --format {}; it supports {}",
            self.format.name(),
            names.join(", ")
        )
    }

    /// The format of the data.
    #[must_use]
    pub fn format(self) -> Format {
        self.format
    }

    /// Whether data goes to a terminal.
    pub(crate) fn is_terminal() -> bool {
        separate::original_stdout().map_or_else(|| io::stdout().is_terminal(), |stdout| stdout.is_terminal())
    }

    /// The width of the terminal. `None` if data goes elsewhere; then text is not wrapped.
    pub(crate) fn width() -> Option<usize> {
        use terminal_size::terminal_size_of;

        if !Self::is_terminal() {
            return None;
        }
        let (width, _) =
            separate::original_stdout().map_or_else(|| terminal_size_of(io::stdout()), terminal_size_of)?;
        Some(width.0.into())
    }

    /// Prints data as a table or as JSON.
    pub fn print(self, table: impl Display, json: impl Serialize) -> anyhow::Result<()> {
        match self.require_format(&[Format::Table, Format::Json])?.format {
            // The document of a run over many repositories is too large to be kept in memory as a text.
            Format::Json => self.write_with(|stream| {
                serde_json::to_writer_pretty(&mut *stream, &json)?;
                stream.write_all(b"\n")
            }),
            _ => self.write(&table.to_string()),
        }
    }

    /// Prints text. Removes its colours if they are disabled.
    pub fn write(self, text: &str) -> anyhow::Result<()> {
        self.write_with(|stream| stream.write_all(text.as_bytes()))
    }

    fn write_with(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
        let written = match separate::original_stdout() {
            Some(stdout) => stdout.try_clone().and_then(|stdout| self.write_to(stdout, write)),
            None => self.write_to(io::stdout().lock(), write),
        };
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written.map_err(OutputError)?),
        }
    }

    fn write_to(
        self,
        stream: impl RawStream + AsLockedWrite,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut stream = BufWriter::new(anstream::AutoStream::new(stream, self.color));
        write(&mut stream)?;
        stream.flush()
    }
}
