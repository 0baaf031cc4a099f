//! Events, which have a time, a title and a text.
//! See <https://docs.datadoghq.com/api/latest/events/#post-an-event>.

use serde_json::{Map, Value, json};

use super::{
    endpoint::{EndpointResult, invalid, number, object},
    state::State,
};
use crate::{
    exchange::{Answer, Request, error},
    notice::Notice,
    rules::check_event,
    store::StoreError,
};

/// The id of an event is its number plus this one, so that ids are as large as those in recorded responses.
const BASE_ID: u64 = 5_934_719_801_181_587_474;

/// Accepts an event.
pub(super) fn create(state: &mut State, request: &Request) -> EndpointResult {
    let sent = object(request)?;
    let event = with_defaults(sent.clone(), state.now());
    if !event.get("title").is_some_and(Value::is_string) {
        return Err(invalid("title"));
    }
    if !event.get("text").is_some_and(Value::is_string) {
        return Err(invalid("text"));
    }
    if !event["tags"].as_array().is_some_and(|tags| tags.iter().all(Value::is_string)) {
        return Err(invalid("tags"));
    }
    let happened = event["date_happened"].as_i64().ok_or_else(|| invalid("date_happened"))?;
    let number = store(state, request.path(), &sent, happened)??;
    Ok(json!({ "status": "ok", "event": to_response(event, number) }))
}

/// Stores an event, unless Datadog would refuse it. Returns the number of the event, or Datadog's refusal.
pub(super) fn store(
    state: &mut State,
    source: &str,
    sent: &Map<String, Value>,
    happened: i64,
) -> Result<Result<u64, Answer>, StoreError> {
    let text = |name: &str| sent.get(name).and_then(Value::as_str);
    let (title, body) = (text("title").unwrap_or_default(), text("text").unwrap_or_default());
    let mut findings = Vec::new();
    let is_accepted = check_event(title, body, text("aggregation_key"), happened, state.now(), &mut findings);
    let refusal = findings.first().map(|finding| error(400, &finding.message));
    state.add_findings(findings);
    if let (false, Some(refusal)) = (is_accepted, refusal) {
        return Ok(Err(refusal));
    }
    let number = state.store.add_event(happened, &sent.clone().into())?;
    state.notify(Notice::event(source, title));
    Ok(Ok(number))
}

/// The events from `start` to `end` of a request.
pub(super) fn list(state: &State, request: &Request) -> EndpointResult {
    let start = number(request, "start")?.ok_or_else(|| invalid("start"))?;
    let end = number(request, "end")?.ok_or_else(|| invalid("end"))?;
    let stored = state.store.events(&(start..=end))?;
    let events: Vec<Value> = stored.into_iter().map(to_response_with_defaults).collect();
    Ok(json!({ "events": events }))
}

/// One event.
pub(super) fn read(state: &State, id: &str) -> EndpointResult {
    let number = id.parse::<u64>().ok().and_then(|id| id.checked_sub(BASE_ID));
    let all = state.store.events(&(i64::MIN..=i64::MAX))?;
    let found = all.into_iter().find(|(stored, ..)| Some(*stored) == number);
    let found = found.ok_or_else(|| error(404, &format!("No event matches that event_id {id}")))?;
    Ok(json!({ "event": to_response_with_defaults(found) }))
}

fn to_response_with_defaults((number, happened, event): (u64, i64, Value)) -> Value {
    let event = if let Value::Object(event) = event { event } else { Map::new() };
    to_response(with_defaults(event, happened), number)
}

fn with_defaults(mut event: Map<String, Value>, happened: i64) -> Map<String, Value> {
    event.entry("tags").or_insert_with(|| json!([]));
    event.entry("priority").or_insert_with(|| "normal".into());
    event.entry("date_happened").or_insert_with(|| happened.into());
    event
}

/// An event as in Datadog's responses.
fn to_response(mut event: Map<String, Value>, number: u64) -> Value {
    for omitted in ["aggregation_key", "related_event_id"] {
        event.remove(omitted);
    }
    let id = BASE_ID.saturating_add(number);
    event.insert("id".into(), id.into());
    event.insert("id_str".into(), id.to_string().into());
    event.insert("url".into(), format!("https://app.datadoghq.com/event/event?id={id}").into());
    event.into()
}
