//! Events are accepted with the API key alone.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use system_health_test_support::datadog::DatadogIntake;

use super::{API_KEY, EVENTS, refused, send};

/// The time that was `hours` hours ago, in seconds since 1970.
fn hours_ago(hours: u64) -> u64 {
    let then = SystemTime::now() - Duration::from_hours(hours);
    then.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

#[tokio::test]
async fn an_event_is_answered_with_its_id() {
    let intake = DatadogIntake::start();
    let sent = json!({"title": "Goal missed", "text": "a.b is 6", "tags": ["x:1"], "aggregation_key": "a.b"});

    let (status, answered) = send(&intake, &[API_KEY], "POST", EVENTS, &sent).await;

    assert_eq!((status, &answered["status"]), (202, &json!("ok")));
    assert_eq!((&answered["event"]["text"], &answered["event"]["tags"]), (&sent["text"], &sent["tags"]));
    assert!(answered["event"]["id"].is_u64() && answered["event"]["date_happened"].is_u64(), "{answered}");
    assert_eq!(intake.events(), [sent]);
}

#[tokio::test]
async fn events_that_datadog_does_not_accept_are_refused() {
    let intake = DatadogIntake::start();
    let with = |name: &str, value: Value| {
        let mut event = json!({"title": "t", "text": "t"});
        event[name] = value;
        event
    };

    for (event, expected) in [
        (with("title", Value::Null), 400),
        (with("text", json!(5)), 400),
        (with("text", json!("ä".repeat(4000))), 202),
        (with("text", json!("ä".repeat(4001))), 400),
        (with("tags", json!("x:1")), 400),
        (with("date_happened", json!("now")), 400),
        (with("date_happened", json!(hours_ago(17))), 202),
        (with("date_happened", json!(hours_ago(19))), 400),
    ] {
        let (status, body) = send(&intake, &[API_KEY], "POST", EVENTS, &event).await;
        assert_eq!(status, expected, "{body}");
    }
    assert_eq!(send(&intake, &[], "POST", EVENTS, &json!({})).await, refused(403, "Forbidden"));
    assert_eq!(intake.events().len(), 2);
}
