//! The size of JSON as the generated client writes it.

use std::io::{self, Write as _};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::client::DatadogError;

/// The size of a value in a payload, in bytes.
pub(crate) fn json_size(value: &impl Serialize) -> Result<usize, DatadogError> {
    let mut counter = Counter(0);
    value
        .serialize(&mut Serializer::with_formatter(&mut counter, PlainNumbers))
        .map_err(|error| DatadogError::Client(error.to_string()))?;
    Ok(counter.0)
}

/// The size of a number in a payload, in bytes.
pub(crate) fn number_size(number: f64) -> usize {
    let mut counter = Counter(0);
    // Counting cannot fail.
    let _ = write!(counter, "{number}");
    counter.0
}

/// Counts the written bytes.
struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Formats numbers like the generated client, whose formatter is private: 1e300 is written with all its zeros.
struct PlainNumbers;

impl Formatter for PlainNumbers {
    fn write_f64<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        write!(writer, "{value}")
    }
}
