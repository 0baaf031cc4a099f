//! Points as lines of the protocol. See <https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/>.

use std::{fmt::Write as _, iter, time::UNIX_EPOCH};

use system_health_registry::{Distribution, KeyError, Kind, Point, Tag, Value, check_key};

use crate::limits::{MAX_RATE_SHIFT, MAX_VALUES};

/// Most lines have at most this number of bytes. Memory for them is reserved once.
const USUAL_LENGTH: usize = 256;

/// Writes points, events and service checks as lines.
#[derive(Debug, Clone)]
pub(crate) struct Encoder {
    /// The container, such as `ci-ID`, if the lines name it.
    pub(crate) container: Option<String>,
    /// Maximum length of a line, in bytes.
    pub(crate) max_length: usize,
}

/// A point that the protocol cannot express.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LineError {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("`{key}` is not sent: its value is {value}, which is not a finite number")]
    NotFinite { key: String, value: f64 },
    #[error("`{key}` is not sent: DogStatsD has no lines for the kind {kind} with the value {value}")]
    Kind { key: String, kind: &'static str, value: String },
    #[error(
        "`{key}` is not sent: it has {count} values, and at most {MAX_VALUES} are sent at once; deliver it more often"
    )]
    Values { key: String, count: u64 },
    #[error(
        "`{key}` is not sent: with its tags, its line has {length} bytes, and a packet has at most {limit}; raise \
         `max_packet_size` in [dogstatsd] and the Agent's `dogstatsd_buffer_size`"
    )]
    Length { key: String, length: usize, limit: usize },
}

impl Encoder {
    /// The lines of a point. Each is at most as long as a packet.
    pub(crate) fn lines(&self, point: &Point) -> Result<Vec<String>, LineError> {
        // A separator in the key would end it early, and the rest would be read as a value or a tag.
        check_key(&point.key)?;
        match (&point.value, point.kind) {
            (Value::Number(number), Kind::Gauge | Kind::Rate { .. }) => self.number(point, *number, 'g'),
            (Value::Number(number), Kind::Count { .. }) => self.number(point, *number, 'c'),
            (Value::Distribution(distribution), Kind::Distribution) => self.distribution(point, distribution),
            (value, kind) => {
                Err(LineError::Kind { key: point.key.clone(), kind: kind.name(), value: value.to_string() })
            }
        }
    }

    fn number(&self, point: &Point, number: f64, line_type: char) -> Result<Vec<String>, LineError> {
        if !number.is_finite() {
            return Err(LineError::NotFinite { key: point.key.clone(), value: number });
        }
        let seconds = point.timestamp.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut line = String::with_capacity(USUAL_LENGTH);
        let _ = write!(line, "{}:{number}|{line_type}", point.key); // writing to a string never fails
        self.push_fields(&mut line, &point.tags, Some(seconds));
        self.check_length(point, line.len())?;
        Ok([line].into_iter().chain(self.service_check(point)).collect())
    }

    /// Lines with many values. A value that occurs `n` times is sent once for each set bit of `n`: for bit `k`, with the sample
    /// rate `2^-k`. With the lowest rate, it may be sent several times. The Agent counts a value `1 / rate` times, which is a
    /// whole number for these rates.
    fn distribution(&self, point: &Point, distribution: &Distribution) -> Result<Vec<String>, LineError> {
        if distribution.count() > MAX_VALUES {
            return Err(LineError::Values { key: point.key.clone(), count: distribution.count() });
        }
        let fields = self.fields(&point.tags, None);
        let values: Vec<(f64, u64)> = distribution.values().collect();
        let mut lines = Vec::new();
        for shift in 0..=MAX_RATE_SHIFT {
            let values =
                values.iter().flat_map(|(value, count)| iter::repeat_n(*value, times(*count, shift)));
            let rate = if shift == 0 { String::new() } else { format!("|@{}", (-f64::from(shift)).exp2()) };
            self.pack(point, values, &format!("|d{rate}{fields}"), &mut lines)?;
        }
        Ok(lines)
    }

    /// Adds lines with as many values as fit.
    fn pack(
        &self,
        point: &Point,
        values: impl Iterator<Item = f64>,
        end: &str,
        lines: &mut Vec<String>,
    ) -> Result<(), LineError> {
        let mut line = String::new();
        for value in values {
            let value = format!(":{value}");
            if !line.is_empty() && line.len() + value.len() + end.len() > self.max_length {
                line.push_str(end);
                lines.push(std::mem::take(&mut line));
            }
            if line.is_empty() {
                line.push_str(&point.key);
                self.check_length(point, line.len() + value.len() + end.len())?;
            }
            line.push_str(&value);
        }
        if !line.is_empty() {
            line.push_str(end);
            lines.push(line);
        }
        Ok(())
    }

    /// The last fields of a line: tags, time and container.
    pub(crate) fn fields<'a>(
        &self,
        tags: impl IntoIterator<Item = &'a Tag>,
        timestamp: Option<u64>,
    ) -> String {
        let mut fields = String::new();
        self.push_fields(&mut fields, tags, timestamp);
        fields
    }

    /// Adds the last fields to a line. Tags contain none of the protocol's separators.
    fn push_fields<'a>(
        &self,
        line: &mut String,
        tags: impl IntoIterator<Item = &'a Tag>,
        timestamp: Option<u64>,
    ) {
        let separators = iter::once("|#").chain(iter::repeat(","));
        for (separator, tag) in separators.zip(tags) {
            line.push_str(separator);
            line.push_str(tag.as_str());
        }
        if let Some(seconds) = timestamp {
            let _ = write!(line, "|T{seconds}"); // writing to a string never fails
        }
        if let Some(container) = &self.container {
            line.push_str("|c:");
            line.push_str(container);
        }
    }

    fn check_length(&self, point: &Point, length: usize) -> Result<(), LineError> {
        if length > self.max_length {
            let key = point.key.clone();
            return Err(LineError::Length { key, length, limit: self.max_length });
        }
        Ok(())
    }
}

/// How often a value that occurs `count` times is sent with the rate `2^-shift`.
fn times(count: u64, shift: u32) -> usize {
    let times = if shift == MAX_RATE_SHIFT { count >> shift } else { (count >> shift) & 1 };
    usize::try_from(times).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
