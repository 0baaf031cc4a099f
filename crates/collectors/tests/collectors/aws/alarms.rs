//! Alarms of CloudWatch, and their events.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use system_health_collectors::aws::alarms::{CloudWatchAlarms, alarms};
use system_health_registry::{ApiCalls, Context, Event, Events, Level, StartedAt};
use system_health_test_support::server::Answer;

use super::{
    fake::FakeAws,
    run::{REGION, before, context_with, context_with_retries, lines, now},
};

const HOUR: Duration = Duration::from_hours(1);

/// An alarm whose state changed at a time.
pub(super) fn alarm(name: &str, state: &str, changed_at: SystemTime) -> Value {
    let seconds = changed_at.duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    json!({
        "AlarmName": name,
        "AlarmArn": format!("arn:aws:cloudwatch:us-east-1:1:alarm:{name}"),
        "ActionsEnabled": true,
        "StateValue": state,
        "StateReason": "Threshold Crossed",
        "StateTransitionedTimestamp": seconds,
    })
}

pub(super) fn with_field(mut alarm: Value, field: &str, value: Value) -> Value {
    alarm[field] = value;
    alarm
}

pub(super) async fn read(context: &Context) -> (Vec<String>, Vec<Event>) {
    let list: CloudWatchAlarms = context.get().await.unwrap();
    let events = Events::default();
    let reading = alarms(list, events.clone(), StartedAt(now()));
    (lines(reading), events.attached())
}

#[tokio::test]
async fn alarms_of_all_types_are_counted_by_state() {
    let aws = FakeAws::start();
    let old = before(100 * HOUR);
    aws.alarms(
        REGION,
        "MetricAlarms",
        &[
            alarm("cpu", "OK", old),
            alarm("disk", "ALARM", old),
            alarm("memory", "OK", old),
            // This alarm scales a service and does not warn.
            alarm("TargetTracking-service/shop-AlarmLow", "ALARM", old),
            with_field(alarm("maintenance", "ALARM", old), "ActionsEnabled", json!(false)),
        ],
    );
    aws.alarms(REGION, "CompositeAlarms", &[alarm("everything", "ALARM", old)]);
    aws.alarms(REGION, "LogAlarms", &[alarm("errors", "OK", old)]);

    let (lines, events) = read(&context_with(&aws.url(), "")).await;

    assert_eq!(
        lines,
        [
            "3 [region:us-east-1, state:alarm]",
            "0 [region:us-east-1, state:insufficient_data]",
            "3 [region:us-east-1, state:ok]",
        ]
    );
    assert_eq!(events, []);
    assert_eq!(aws.called().len(), 3, "all pages are read");
}

#[tokio::test]
async fn a_firing_alarm_has_the_same_event_id_until_it_recovers() {
    let aws = FakeAws::start();
    let name = format!("5xx / {}", "long ".repeat(50));
    let started = before(HOUR);
    aws.alarms(REGION, "MetricAlarms", &[alarm(&name, "ALARM", started), alarm("cpu", "OK", started)]);
    let (_, first) = read(&context_with(&aws.url(), "")).await;

    // CloudWatch updates the reason while the alarm fires.
    let later = with_field(alarm(&name, "ALARM", started), "StateReason", json!("Threshold Crossed again"));
    let later = with_field(later, "StateUpdatedTimestamp", json!(2e9));
    aws.alarms(REGION, "MetricAlarms", &[later]);
    let (_, second) = read(&context_with(&aws.url(), "")).await;

    // The alarm recovers and fires again.
    aws.alarms(REGION, "MetricAlarms", &[alarm(&name, "ALARM", before(HOUR / 2))]);
    let (_, third) = read(&context_with(&aws.url(), "")).await;

    let [event] = &first[..] else { panic!("{first:?}") };
    assert_eq!(event.title(), format!("Alarm {name} fires in us-east-1"));
    assert_eq!((event.text(), event.level()), (Some("Threshold Crossed"), Level::Error));
    assert_eq!(event.happened_at(), Some(started));
    assert!(event.link().is_some());
    assert_eq!(second[0].id(), event.id());
    assert_ne!(third[0].id(), event.id());
}

#[tokio::test]
async fn alarms_that_are_muted_or_old_or_do_not_fire_have_no_event() {
    let aws = FakeAws::start();
    let firing = |name| alarm(name, "ALARM", before(HOUR));
    aws.alarms(
        REGION,
        "MetricAlarms",
        &[
            with_field(firing("disabled"), "ActionsEnabled", json!(false)),
            alarm("since yesterday", "ALARM", before(24 * HOUR + Duration::from_secs(1))),
            alarm("lacks data", "INSUFFICIENT_DATA", before(HOUR)),
        ],
    );
    let suppressed = with_field(firing("suppressed"), "ActionsSuppressedBy", json!("Alarm"));
    aws.alarms(REGION, "CompositeAlarms", &[suppressed]);

    assert_eq!(read(&context_with(&aws.url(), "")).await.1, []);
}

#[tokio::test]
async fn an_alarm_on_two_pages_counts_once() {
    let aws = FakeAws::start();
    let names = ["cpu", "disk", "memory", "cpu"];
    aws.alarms(REGION, "MetricAlarms", &names.map(|name| alarm(name, "OK", now())));

    let (lines, _) = read(&context_with(&aws.url(), "")).await;

    assert_eq!(lines[2], "3 [region:us-east-1, state:ok]");
}

#[tokio::test]
async fn a_region_without_alarms_has_zeros() {
    let aws = FakeAws::start();
    let (lines, _) = read(&context_with(&aws.url(), "")).await;
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line.starts_with("0 ")), "{lines:?}");
}

#[tokio::test]
async fn an_unknown_state_is_counted_under_its_name() {
    let aws = FakeAws::start();
    aws.alarms(REGION, "MetricAlarms", &[alarm("cpu", "PAUSED", now())]);
    let (lines, _) = read(&context_with(&aws.url(), "")).await;
    assert_eq!(lines[3], "1 [region:us-east-1, state:paused]");
}

#[tokio::test]
async fn failures_of_cloudwatch_are_not_reported_as_numbers() {
    for (status, code, expected) in [
        (
            400,
            "AccessDenied",
            "no data: the AWS credentials need the permission `cloudwatch:DescribeAlarms` in us-east-1: no",
        ),
        (
            403,
            "",
            "error: region:us-east-1: the request \
             cloudwatch:DescribeAlarms failed: AWS returned an error: no",
        ),
        (
            400,
            "Throttling",
            "error: region:us-east-1: the request \
             cloudwatch:DescribeAlarms failed: AWS limits the rate of requests at the moment: no",
        ),
        (
            500,
            "InternalFailure",
            "error: region:us-east-1: the request \
             cloudwatch:DescribeAlarms failed: AWS returned an error (InternalFailure): no",
        ),
    ] {
        let aws = FakeAws::start();
        aws.refuse("*", "DescribeAlarms", status, code, "no");
        assert_eq!(read(&context_with(&aws.url(), "")).await.0, [expected]);
    }
}

#[tokio::test]
async fn a_request_that_aws_throttles_is_sent_again() {
    let aws = FakeAws::start();
    let throttled = json!({"__type": "ThrottlingException", "message": "Rate exceeded"});
    aws.server().fail_times(2, "POST /", Answer::json(400, &throttled));
    let context = context_with_retries(&aws.url());

    let (lines, _) = read(&context).await;

    assert_eq!(lines.len(), 3);
    let calls: ApiCalls = context.get().await.unwrap();
    let counted: Vec<_> = calls.by_status().iter().map(|calls| (calls.status, calls.count)).collect();
    assert_eq!(counted, [(Some(200), 1), (Some(400), 2)]);
}

#[tokio::test]
async fn an_alarm_that_cannot_be_read_is_an_error() {
    let aws = FakeAws::start();
    aws.alarms(REGION, "MetricAlarms", &[json!({"AlarmName": "cpu"})]);
    let (lines, _) = read(&context_with(&aws.url(), "")).await;
    assert!(lines[0].contains("contains an alarm that cannot be read: missing field"), "{lines:?}");
}

#[tokio::test]
async fn too_many_alarms_are_an_error() {
    let aws = FakeAws::start();
    let alarms: Vec<Value> = (0..5).map(|number| alarm(&number.to_string(), "OK", now())).collect();
    aws.alarms(REGION, "MetricAlarms", &alarms);
    let (lines, _) = read(&context_with(&aws.url(), "max_alarms = 4")).await;
    assert!(lines[0].ends_with("there are more than 4 alarms; raise `max_alarms` in [aws], or select fewer"));
}
