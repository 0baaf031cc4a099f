//! An instant in the responses of GitHub's API: `2025-04-01T12:00:00Z`.

use std::time::SystemTime;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// An instant in UTC. All instants that this client reads in this form are after 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timestamp(pub(crate) SystemTime);

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time = humantime::parse_rfc3339(&text);
        time.map(Self).map_err(|_| D::Error::custom(format!("`{text}` is not a time in UTC")))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_rfc3339(self.0))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn githubs_format_is_read_and_written_and_other_text_is_refused() {
        let read = |json: &str| serde_json::from_str::<Timestamp>(json).map_err(|error| error.to_string());
        let day = SystemTime::UNIX_EPOCH + Duration::from_hours(24);
        assert_eq!(read("\"1970-01-02T00:00:00Z\""), Ok(Timestamp(day)));
        assert_eq!(serde_json::to_string(&Timestamp(day)).unwrap(), "\"1970-01-02T00:00:00Z\"");
        assert!(read("\"yesterday\"").unwrap_err().starts_with("`yesterday` is not a time in UTC"));
    }
}
