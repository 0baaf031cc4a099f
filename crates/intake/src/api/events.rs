//! Events: points in time with a text.
//! See <https://docs.datadoghq.com/api/latest/events/#post-an-event>.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::reading::{Outcome, error, invalid, object};
use crate::server::Request;

/// Datadog's limit for a text, in characters.
const MAX_TEXT: usize = 4000;
/// Datadog takes events of the last 18 hours, in seconds.
const MAX_AGE: i64 = 18 * 60 * 60;
/// The number before that of the first event. The events that were recorded have such large numbers.
const FIRST_ID: u64 = 5_934_719_801_181_587_474;

/// The events that were accepted, as they were sent.
#[derive(Debug, Default)]
pub(super) struct Events(pub(super) Vec<Value>);

impl Events {
    pub(super) fn create(&mut self, request: &Request) -> Outcome {
        let sent = object(request)?;
        let mut event = sent.clone();
        let now = seconds_since_1970();
        event.entry("tags").or_insert_with(|| json!([]));
        event.entry("priority").or_insert_with(|| "normal".into());
        let happened = event.entry("date_happened").or_insert_with(|| now.into()).as_i64();

        if !event.get("title").is_some_and(Value::is_string) {
            return Err(invalid("title"));
        }
        let text = event.get("text").and_then(Value::as_str).ok_or_else(|| invalid("text"))?;
        if text.chars().count() > MAX_TEXT {
            return Err(error(400, "The text of an event has at most 4000 characters"));
        }
        if !event["tags"].as_array().is_some_and(|tags| tags.iter().all(Value::is_string)) {
            return Err(invalid("tags"));
        }
        if happened.ok_or_else(|| invalid("date_happened"))? < now - MAX_AGE {
            return Err(error(400, "The event is older than 18 hours"));
        }

        self.0.push(sent.into());
        let id = FIRST_ID + self.0.len() as u64;
        for not_answered in ["aggregation_key", "related_event_id"] {
            event.remove(not_answered);
        }
        event.insert("id".into(), id.into());
        event.insert("id_str".into(), id.to_string().into());
        event.insert("url".into(), format!("https://app.datadoghq.com/event/event?id={id}").into());
        Ok(json!({ "status": "ok", "event": event }))
    }
}

fn seconds_since_1970() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
