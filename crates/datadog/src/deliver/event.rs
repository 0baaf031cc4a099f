//! Events in Datadog's format, each created at most once.
//! See <https://docs.datadoghq.com/api/latest/events/#post-an-event>.

use datadog_api_client::datadogV1::model::{EventAlertType, EventCreateRequest};
use system_health_http::{AttemptError, Idempotency, Retrier, RetryError};
use system_health_registry::{DeliveryError, Event, Fate, Level, Tag};

use super::requests::Requests;
use crate::{
    client::{DatadogError, Http, MAX_AGGREGATION_KEY_LENGTH, MAX_EVENT_TEXT_LENGTH},
    escape::{escape, escape_url},
    seconds::seconds,
};

/// Maximum length of an escaped link, in characters. A longer link would leave too little room for the text.
const MAX_LINK_LENGTH: usize = MAX_EVENT_TEXT_LENGTH - 1000;

/// The payload for an event. Its text is Markdown and ends with the link. A link that is too long after escaping is omitted. An
/// event notifies nobody: only monitors do.
#[must_use]
pub fn event_payload(event: &Event) -> EventCreateRequest {
    let link = event.link().map(escape_url).filter(|link| link.chars().count() <= MAX_LINK_LENGTH);
    let link = link.map(|link| format!("\n\n{link}")).unwrap_or_default();
    let end = link + "\n %%%";
    let start = format!("%%% \n{}", escape(event.text().unwrap_or_default()));
    let room = MAX_EVENT_TEXT_LENGTH.saturating_sub(end.chars().count());
    let mut payload = EventCreateRequest::new(shortened(&start, room) + &end, escape(event.title()))
        .alert_type(match event.level() {
            Level::Info => EventAlertType::INFO,
            Level::Success => EventAlertType::SUCCESS,
            Level::Warning => EventAlertType::WARNING,
            Level::Error => EventAlertType::ERROR,
        })
        .aggregation_key(shortened(event.id(), MAX_AGGREGATION_KEY_LENGTH))
        .tags(event.tags().iter().map(Tag::to_string).collect());
    if let Some(time) = event.happened_at() {
        payload = payload.date_happened(seconds(time));
    }
    payload
}

/// Sends an event. The request is repeated only if Datadog has certainly not processed it.
pub(crate) async fn announce(
    requests: &Requests,
    http: &Http,
    retrier: Retrier<DatadogError>,
    event: &Event,
) -> Fate {
    let sent = match requests.event(event_payload(event)) {
        Ok(request) => http.send_with_retries(&request, Idempotency::NotIdempotent, &retrier).await,
        Err(error) => Err(RetryError::Permanent(error)),
    };
    let Err(error) = sent else { return Fate::Accepted };
    let fate = match error.last_error() {
        Some(last) if last.may_have_been_processed() => Fate::Unknown,
        Some(DatadogError::RefusedPayload(_)) => Fate::Refused,
        _ => Fate::Left,
    };
    fate(DeliveryError::new(error))
}

fn shortened(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        Some((end, _)) => text[..end].to_owned(),
        None => text.to_owned(),
    }
}
