//! Events in the form in which Datadog takes them, and how one is sent once.
//! See <https://docs.datadoghq.com/api/latest/events/#post-an-event>.

use std::time::{Duration, UNIX_EPOCH};

use datadog_api_client::datadogV1::model::{EventAlertType, EventCreateRequest};
use system_health_registry::{DeliveryError, Event, Fate, Level, Tag};
use tokio::time::Instant;

use crate::{
    DatadogError,
    http::Http,
    limits::{MAX_AGGREGATION_KEY, MAX_EVENT_TEXT},
    requests::Requests,
    retry::{GaveUp, Patience},
    words::{harmless, harmless_url},
};

/// What is sent for an event. Its text is Markdown, and ends with the link. Nobody is notified by it: that is
/// what monitors are for.
#[must_use]
pub fn event_payload(event: &Event) -> EventCreateRequest {
    let link = event.link().map(|link| format!("\n\n{}", harmless_url(link))).unwrap_or_default();
    let end = link + "\n %%%";
    let start = format!("%%% \n{}", harmless(event.text().unwrap_or_default()));
    let room = MAX_EVENT_TEXT.saturating_sub(end.chars().count());
    let mut payload = EventCreateRequest::new(shortened(&start, room) + &end, harmless(event.title()))
        .alert_type(match event.level() {
            Level::Info => EventAlertType::INFO,
            Level::Success => EventAlertType::SUCCESS,
            Level::Warning => EventAlertType::WARNING,
            Level::Error => EventAlertType::ERROR,
        })
        .aggregation_key(shortened(event.id(), MAX_AGGREGATION_KEY))
        .tags(event.tags().iter().map(Tag::to_string).collect());
    if let Some(time) = event.happened_at() {
        let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        payload = payload.date_happened(i64::try_from(seconds).unwrap_or(i64::MAX));
    }
    payload
}

/// Sends an event, again only after an answer that says that it was not taken.
pub(crate) async fn announce(
    requests: &Requests,
    http: &Http,
    first_wait: Duration,
    event: &Event,
    deadline: Instant,
) -> Fate {
    let patience = Patience::new(deadline, first_wait);
    let sent = async {
        let request = requests.event(event_payload(event))?;
        let attempt = async || {
            let again = || DatadogError::Client("a request cannot be sent again".to_owned());
            let request = request.try_clone().ok_or_else(again)?;
            http.send(request, Some(deadline)).await
        };
        patience.with_retries_where(|error| !may_have_arrived(error), attempt).await
    };
    let Err(gave_up) = sent.await else { return Fate::Accepted };
    let judge = match &gave_up {
        GaveUp::TooLate => Fate::Left,
        GaveUp::Permanent(source)
        | GaveUp::Attempts { source, .. }
        | GaveUp::TimeOver { source, .. }
        | GaveUp::Wait { source, .. } => match source {
            source if may_have_arrived(source) => Fate::Unknown,
            DatadogError::RefusedPayload(_) => Fate::Refused,
            _ => Fate::Left,
        },
    };
    judge(DeliveryError::new(gave_up))
}

/// Whether the event may be there, although no answer says so.
fn may_have_arrived(error: &DatadogError) -> bool {
    match error {
        DatadogError::TimedOut { .. } | DatadogError::Deadline { .. } => true,
        DatadogError::Unreachable { source, .. } => !source.is_connect(),
        // Something in between has had no answer either.
        DatadogError::Server { answer, .. } => matches!(answer.status, 408 | 502 | 504),
        DatadogError::Unexpected(answer) => answer.status < 300,
        _ => false,
    }
}

fn shortened(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        Some((end, _)) => text[..end].to_owned(),
        None => text.to_owned(),
    }
}
