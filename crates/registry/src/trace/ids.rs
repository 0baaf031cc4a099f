//! The ids of traces and spans, as Datadog and OpenTelemetry write them: in hexadecimal, with all digits.

use std::{fmt, num::NonZero, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The id of a trace: 128 bits, never zero. It is shown as 32 lower-case hexadecimal digits
/// (<https://www.w3.org/TR/trace-context/#trace-id>).
///
/// ```
/// use system_health_registry::trace::TraceId;
///
/// let id: TraceId = "692f5c3a000000001122334455667788".parse()?;
/// assert_eq!(id.low(), 0x1122_3344_5566_7788);
/// assert_eq!(id.to_string(), "692f5c3a000000001122334455667788");
/// # Ok::<(), system_health_registry::trace::IdError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(NonZero<u128>);

/// The id of a span: 64 bits, never zero. It is shown as 16 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(NonZero<u64>);

/// A text that is not the id of a trace or span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id must have {0} lower-case hexadecimal digits, and at least one of them must not be zero")]
pub struct IdError(usize);

impl TraceId {
    /// An id, unless it is zero.
    #[must_use]
    pub const fn new(id: u128) -> Option<Self> {
        match NonZero::new(id) {
            Some(id) => Some(Self(id)),
            None => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u128 {
        self.0.get()
    }

    /// The lower 64 bits, which protocols with 64-bit ids send as the id.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "only the lower bits are wanted")]
    pub const fn low(self) -> u64 {
        self.0.get() as u64
    }

    /// The upper 64 bits, which protocols with 64-bit ids send in another field.
    #[must_use]
    pub const fn high(self) -> u64 {
        (self.0.get() >> 64) as u64
    }
}

impl SpanId {
    /// An id, unless it is zero.
    #[must_use]
    pub const fn new(id: u64) -> Option<Self> {
        match NonZero::new(id) {
            Some(id) => Some(Self(id)),
            None => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for TraceId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_hexadecimal(text, 32).and_then(Self::new).ok_or(IdError(32))
    }
}

impl FromStr for SpanId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = parse_hexadecimal(text, 16).and_then(|number| u64::try_from(number).ok());
        number.and_then(Self::new).ok_or(IdError(16))
    }
}

/// The number that a text with this many digits contains. `from_str_radix` would also accept a sign and upper-case letters.
fn parse_hexadecimal(text: &str, digits: usize) -> Option<u128> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_id = text.len() == digits && text.bytes().all(is_digit);
    is_id.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

impl Serialize for TraceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for SpanId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TraceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for SpanId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_with_all_digits_and_read_back() {
        let id = TraceId::new(0x0692_f5c3_a000_0000_0112_2334_4556_6778).unwrap();
        assert_eq!(id.to_string(), "0692f5c3a00000000112233445566778");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!((id.high(), id.low()), (0x0692_f5c3_a000_0000, 0x0112_2334_4556_6778));
        let span = SpanId::new(7).unwrap();
        assert_eq!(span.to_string(), "0000000000000007");
        assert_eq!(span.to_string().parse(), Ok(span));
    }

    #[test]
    fn texts_that_are_not_trace_ids_are_refused() {
        let zero = "0".repeat(32);
        let upper = "A".repeat(32);
        let sign = format!("+{}", "1".repeat(31));
        for text in ["", "1", &zero, &upper, &sign, "0692f5c3a0000000011223344556677g"] {
            assert_eq!(text.parse::<TraceId>(), Err(IdError(32)), "{text}");
        }
    }
}
