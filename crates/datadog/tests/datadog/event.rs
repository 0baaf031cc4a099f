//! How events are sent, and which fate they get.

use std::time::{Duration, SystemTime};

use system_health_datadog::{DatadogSink, event_payload};
use system_health_registry::{Event, Fate, Level, Sink};
use system_health_test_support::{
    datadog::{
        self, DatadogIntake,
        contract::{self, Message},
    },
    server::{Answer, Fault},
};
use tokio::time::Instant;

use crate::harness::{config, sink};

fn event() -> Event {
    Event::new("deploy 42", "Deployed version 42")
        .unwrap()
        .with_text("All went well.")
        .unwrap()
        .with_level(Level::Success)
        .with_tag("env", "test")
        .unwrap()
        .with_link("https://example.com/deploys/42")
        .unwrap()
        .at(SystemTime::now())
        .unwrap()
}

async fn announced(sink: &DatadogSink) -> Fate {
    sink.announce(&event(), Instant::now() + Duration::from_secs(10)).await
}

#[test]
#[ignore = "needs Datadog's API description: run cargo xtask test"]
fn every_event_matches_datadogs_api_description() {
    let long = "ä".repeat(3500);
    let longest = Event::new("x".repeat(200), "y".repeat(500)).unwrap().with_text(long).unwrap();
    let longest = longest.with_link(format!("https://example.com/{}", "z".repeat(1900))).unwrap();
    let bare = Event::new("id", "title").unwrap();
    let payload = |event: &Event| serde_json::to_value(event_payload(event)).unwrap();
    let message = |body| Message::request("POST", "/api/v1/events", body);
    let mut messages: Vec<_> =
        [&event(), &longest, &bare].map(|event| message(payload(event))).into_iter().collect();
    for (name, wrong) in [("titel", "typo"), ("alert_type", "fatal"), ("date_happened", "now")] {
        let mut broken = payload(&event());
        broken[name] = wrong.into();
        messages.push(message(broken));
    }

    for (number, problems) in contract::problems(&messages).iter().enumerate() {
        assert_eq!(problems.is_empty(), number < 3, "{number}: {problems:?}");
    }
}

#[tokio::test]
async fn an_event_arrives_with_its_link() {
    let intake = DatadogIntake::start();

    assert!(matches!(announced(&sink(&intake)).await, Fate::Accepted));

    let [event] = &intake.events()[..] else { panic!() };
    assert_eq!(event["title"], "Deployed version 42");
    assert_eq!(event["text"], "%%% \nAll went well.\n\nhttps://example.com/deploys/42\n %%%");
    assert_eq!(event["alert_type"], "success");
    assert_eq!(event["tags"], serde_json::json!(["env:test"]));
}

#[test]
fn a_link_that_leaves_no_room_for_the_text_is_omitted() {
    let text = |link: &str| {
        let event = Event::new("id", "title").unwrap().with_text("x".repeat(3500)).unwrap();
        event_payload(&event.with_link(link).unwrap()).text
    };
    let start = "https://example.com/";

    let long = text(&format!("{start}{}", "z".repeat(1980)));
    assert!(long.starts_with("%%% \nxxx") && long.ends_with("zzz\n %%%"), "{long}");
    assert_eq!(long.len(), 4000);
    // Each `@` becomes three characters.
    let longer = text(&format!("{start}{}", "@".repeat(1980)));
    assert_eq!(longer, format!("%%% \n{}\n %%%", "x".repeat(3500)));
}

#[tokio::test]
async fn an_event_is_retried_only_if_it_was_certainly_not_processed() {
    let html = Answer::text(200, "text/html", "<html>Welcome</html>");
    for (fault, attempts, expected) in [
        (Fault::from(datadog::error(403, "Forbidden")), 1, "left"),
        (datadog::error(429, "Slow down").into(), 5, "left"),
        (datadog::error(500, "Oops").into(), 1, "unknown"),
        (datadog::error(503, "Not now").into(), 5, "left"),
        (datadog::error(400, "Too old").into(), 1, "refused"),
        // Datadog accepted the event, and reports an error nevertheless.
        (datadog::error(202, "Too late").into(), 1, "unknown"),
        (datadog::error(502, "Bad gateway").into(), 1, "unknown"),
        (datadog::error(504, "Gateway timeout").into(), 1, "unknown"),
        (Fault::Disconnect, 1, "unknown"),
        (html.into(), 1, "unknown"),
    ] {
        let intake = DatadogIntake::start();
        intake.server().fail("/api/v1/events", fault.clone());

        let (word, error) = match announced(&sink(&intake)).await {
            Fate::Accepted | Fate::Repeated => panic!("{fault:?}"),
            Fate::Left(error) => ("left", error),
            Fate::Refused(error) => ("refused", error),
            Fate::Unknown(error) => ("unknown", error),
        };

        assert_eq!(word, expected, "{fault:?}: {error}");
        assert_eq!(intake.server().requests().len(), attempts, "{fault:?}");
        assert!(!error.to_string().contains(DatadogIntake::KEY), "{error}");
    }
}

#[tokio::test]
async fn an_event_is_left_if_there_is_no_connection() {
    let unreachable = DatadogSink::new(&config("http://127.0.0.1:1")).unwrap();

    assert!(matches!(announced(&unreachable).await, Fate::Left(_)));
}

#[tokio::test]
async fn the_fate_of_an_event_is_unknown_if_the_response_is_late() {
    let intake = DatadogIntake::start();
    intake.server().set_latency(Duration::from_secs(5));

    let announced = sink(&intake).announce(&event(), Instant::now() + Duration::from_millis(200)).await;

    assert!(matches!(announced, Fate::Unknown(_)), "{announced:?}");
}
