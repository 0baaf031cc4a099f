//! Events: their rules and their stored form.

mod common;

use std::{
    error::Error,
    time::{Duration, SystemTime},
};

use insta::assert_snapshot;
use serde_json::{Value, json};
use system_health_registry::{Context, Event, EventError, Events, Level, system_health_metric};

/// Finds a deploy.
#[system_health_metric(key = "deploys.app")]
fn app(events: Events) -> Result<u64, EventError> {
    events.attach(Event::new("deploy-2", "Deployed the app")?);
    Ok(1)
}

/// Finds another deploy.
#[system_health_metric(key = "deploys.web")]
async fn web(events: Events) -> Result<u64, EventError> {
    events.attach(Event::new("deploy-1", "Deployed the web")?);
    Ok(1)
}

fn event() -> Event {
    Event::new("deploy-1207", "Deployed version 4.2").unwrap()
}

fn refusal<T: std::fmt::Debug, E: Error>(result: Result<T, E>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn an_event_has_the_given_parts() {
    let plain = event();
    let time = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000);

    let full = plain.clone().with_text("Changes:\n- prices").unwrap().with_level(Level::Warning);
    let full = full.at(time).unwrap().with_tag("service", "The Shop").unwrap();
    let full = full.with_link("https://example.com/4.2").unwrap();

    assert_eq!((plain.id(), plain.title()), ("deploy-1207", "Deployed version 4.2"));
    assert_eq!((plain.text(), plain.happened_at(), plain.link()), (None, None, None));
    assert_eq!((plain.level().name(), plain.tags().len()), ("info", 0));
    assert_eq!(full.text(), Some("Changes:\n- prices"));
    assert_eq!((full.level().name(), full.happened_at()), ("warning", Some(time)));
    assert_eq!(full.tags().iter().map(ToString::to_string).collect::<Vec<_>>(), ["service:the_shop"]);
    assert_eq!(full.link(), Some("https://example.com/4.2"));
}

#[test]
fn invalid_events_are_refused() {
    assert_eq!(refusal(Event::new("", "title")), "an event's id must not be empty");
    assert_eq!(refusal(Event::new("id", " ")), "an event's title must not be empty");
    assert_eq!(
        refusal(Event::new("a\nb", "title")),
        "an event's id must not contain control characters, this one contains '\\n'"
    );
    assert_eq!(
        refusal(Event::new("i".repeat(201), "title")),
        "an event's id may have at most 200 characters, this one has 201"
    );
    assert_eq!(
        refusal(Event::new("id", "t".repeat(501))),
        "an event's title may have at most 500 characters, this one has 501"
    );
    assert_eq!(
        refusal(event().with_text("t".repeat(3501))),
        "an event's text may have at most 3500 characters, this one has 3501"
    );
    assert!(
        refusal(event().with_tag("service", "!"))
            .starts_with("tag `service:!` would be stored without its value")
    );
    assert!(
        refusal(event().with_link("javascript:alert(1)")).starts_with("a link must start with `https://`")
    );
}

#[test]
fn a_time_that_cannot_be_written_is_refused() {
    let start = SystemTime::UNIX_EPOCH;
    let end = start + Duration::from_hours(24 * 2_932_897);
    let one_second = Duration::from_secs(1);

    let milliseconds_as_seconds = start + Duration::from_secs(1_800_000_000_123);

    for time in [start - one_second, end, milliseconds_as_seconds] {
        assert_eq!(
            refusal(event().at(time)),
            "an event's time must be in the years 1970 to 9999; check the unit of the time, such as seconds"
        );
    }
    for time in [start, end - one_second] {
        let written = humantime::format_rfc3339_seconds(time).to_string();
        assert_eq!(event().at(humantime::parse_rfc3339(&written).unwrap()), event().at(time));
        assert!(event().at(time).is_ok());
    }
}

#[test]
fn an_event_may_have_the_maximum_lengths() {
    let longest = Event::new("é".repeat(200), "é".repeat(500)).unwrap();

    assert!(longest.with_text("é".repeat(3500)).is_ok());
}

#[test]
fn serializing_and_deserializing_an_event_round_trips() {
    let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_800_000_000_123);
    let full = event().with_text("Changes").unwrap().with_level(Level::Error).at(time).unwrap();
    let full = full.with_tag("service", "Ünï Shop").unwrap().with_link("https://example.com/4.2").unwrap();

    for event in [event(), full] {
        let stored = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&stored).unwrap(), event, "{stored}");
    }
}

#[test]
fn a_stored_event_is_checked_again() {
    let stored = serde_json::to_value(event()).unwrap();
    let changed = |part: &str, value: Value| {
        let mut stored = stored.clone();
        stored[part] = value;
        serde_json::from_value::<Event>(stored)
    };

    assert_eq!(refusal(changed("id", "".into())), "an event's id must not be empty");
    assert!(
        refusal(changed("text", "t".repeat(3501).into())).starts_with("an event's text may have at most")
    );
    assert!(refusal(changed("link", "ftp://example.com".into())).starts_with("a link must start with"));
    assert!(refusal(changed("tags", json!(["my team"]))).starts_with("tag `my team` would be stored"));
    let time = json!({ "secs_since_epoch": 1_800_000_000_123_u64, "nanos_since_epoch": 0 });
    assert!(refusal(changed("happened_at", time)).starts_with("an event's time must be in the years"));
    assert!(changed("level", "loud".into()).is_err());
    assert_eq!(changed("level", "success".into()).unwrap().level(), Level::Success);
}

#[tokio::test]
async fn all_metrics_of_a_run_share_one_list_of_events() {
    let context = Context::new();

    let run = common::run("deploys.", &context).await;

    assert_snapshot!(common::lines(&run), @"
    deploys.app: value 1 []
    deploys.web: value 1 []
    ");
    let events: Events = context.get().await.unwrap();
    let attached = events.attached();
    assert_eq!(attached.iter().map(Event::id).collect::<Vec<_>>(), ["deploy-1", "deploy-2"]);
}

#[test]
fn attaching_an_event_replaces_an_event_with_the_same_id() {
    let events = Events::default();

    events.attach(event());
    events.attach(event().with_level(Level::Error));

    assert_eq!(events.attached(), [event().with_level(Level::Error)]);
}
