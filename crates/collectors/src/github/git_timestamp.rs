//! The date of a commit or a tag in the responses of GitHub's API. It may have an offset: `2025-04-01T12:00:00+02:00`.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, de::Error};

/// An instant that git recorded. Dates before 1970 are read as 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GitTimestamp(pub(crate) SystemTime);

impl GitTimestamp {
    fn parse(text: &str) -> Option<SystemTime> {
        let (local, offset) = if let Some(local) = text.strip_suffix('Z') {
            (local, 0)
        } else {
            let (local, offset) = text.split_at_checked(text.len().checked_sub(6)?)?;
            (local, seconds(offset)?)
        };
        let year: i32 = local.rsplitn(3, '-').nth(2)?.parse().ok()?;
        if year < 1970 {
            return Some(SystemTime::UNIX_EPOCH);
        }
        let time = humantime::parse_rfc3339(&format!("{local}Z")).ok()?;
        let shift = Duration::from_secs(offset.unsigned_abs());
        let shifted = if offset < 0 { time.checked_add(shift) } else { time.checked_sub(shift) };
        Some(shifted?.max(SystemTime::UNIX_EPOCH))
    }
}

/// The seconds of an offset such as `+02:00`.
fn seconds(offset: &str) -> Option<i64> {
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let seconds = hours.parse::<u32>().ok()? * 3_600 + minutes.parse::<u32>().ok()? * 60;
    match &offset[..1] {
        "+" => Some(i64::from(seconds)),
        "-" => Some(-i64::from(seconds)),
        _ => None,
    }
}

impl<'de> Deserialize<'de> for GitTimestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map(Self).ok_or_else(|| D::Error::custom(format!("`{text}` is not a time")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_taken_into_account() {
        let read =
            |text: &str| GitTimestamp::parse(text).map(|time| humantime::format_rfc3339(time).to_string());
        for (text, expected) in [
            ("2025-04-01T12:00:00Z", Some("2025-04-01T12:00:00Z")),
            ("2025-04-01T12:00:00+02:00", Some("2025-04-01T10:00:00Z")),
            ("2025-04-01T12:00:00-05:30", Some("2025-04-01T17:30:00Z")),
            ("1969-07-20T20:17:40+00:00", Some("1970-01-01T00:00:00Z")),
            ("1970-01-01T01:00:00+02:00", Some("1970-01-01T00:00:00Z")),
            ("-0001-11-30T00:00:00Z", Some("1970-01-01T00:00:00Z")),
            ("10000-01-01T00:00:00Z", None),
            ("2025-04-01T12:00:00", None),
            ("2025-04-01", None),
            ("yesterday", None),
            ("é", None),
            ("Z", None),
            ("1 May 2025 Z", None),
        ] {
            assert_eq!(read(text).as_deref(), expected, "{text}");
        }
    }
}
