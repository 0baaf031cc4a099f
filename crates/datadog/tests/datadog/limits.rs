//! Datadog's limits. Series that exceed a limit or are refused must not affect the others.

use serde_json::json;
use system_health_datadog::DatadogSink;
use system_health_registry::{ApiCalls, Kind, Point};
use system_health_test_support::{
    datadog::{DatadogIntake, error},
    server::Answer,
};

use crate::harness::{config, deliver, gauge, gauges, noise, requests_by_status, sink};

const SERIES: &str = "POST /api/v2/series";
const MAX_PLAIN: usize = 5 * 1024 * 1024;
const MAX_COMPRESSED: usize = 512_000;

/// The names of the metrics that arrived.
fn arrived(intake: &DatadogIntake) -> Vec<String> {
    intake.points().into_iter().map(|point| point.metric).collect()
}

#[tokio::test]
async fn payloads_do_not_exceed_the_plain_limit() {
    let intake = DatadogIntake::start();
    // Twelve points of 1 MB. Their keys contain characters that JSON escapes, and compress well.
    let points: Vec<Point> = (0..12_u32)
        .map(|number| gauge(&format!("\"é\u{1}{number}\"{}", "x".repeat(1_000_000)), 1e300, &["a:b"]))
        .collect();

    let fates = deliver(&sink(&intake), &points).await;

    assert_eq!(fates.accepted.len(), 12);
    let lengths: Vec<_> = intake.server().requests().iter().map(|request| request.body.len()).collect();
    assert_eq!(lengths.len(), 3, "{lengths:?}");
    assert!(lengths.iter().all(|length| *length <= MAX_PLAIN), "{lengths:?}");
}

#[tokio::test]
async fn a_payload_may_be_exactly_as_long_as_the_limit() {
    let intake = DatadogIntake::start();
    deliver(&sink(&intake), &[gauge("a", -0.125, &[]), gauge("b", 1e21, &[])]).await;
    let size_without_names = intake.server().requests()[0].body.len() - 2;

    for (excess, requests) in [(0, 1), (1, 2)] {
        let intake = DatadogIntake::start();
        let first = "a".repeat(MAX_PLAIN - size_without_names - 1_000_000 + excess);
        let points = [gauge(&first, -0.125, &[]), gauge(&"b".repeat(1_000_000), 1e21, &[])];

        let fates = deliver(&sink(&intake), &points).await;

        assert_eq!(fates.accepted, [0, 1]);
        assert_eq!(intake.server().requests().len(), requests);
    }
}

#[tokio::test]
async fn payloads_do_not_exceed_the_compressed_limit() {
    let intake = DatadogIntake::start();
    let points: Vec<Point> = (0..150).map(|seed| gauge(&noise(10_000, seed), 1.0, &[])).collect();

    let fates = deliver(&sink(&intake), &points).await;

    assert_eq!(fates.accepted.len(), 150);
    assert_eq!(intake.points().len(), 150);
    let requests = intake.server().requests();
    let lengths: Vec<_> = requests.iter().map(|request| request.wire_length).collect();
    assert!(lengths.len() > 1 && lengths.iter().all(|length| *length <= MAX_COMPRESSED), "{lengths:?}");
    assert_eq!(requests.len(), intake.payloads().len());
}

#[tokio::test]
async fn series_that_are_too_large_are_refused_and_the_others_delivered() {
    let intake = DatadogIntake::start();
    let mut points = gauges(5);
    points[1] = gauge(&format!("noise.{}", noise(900_000, 1)), 1.0, &["team:platform"]);
    points[3] = gauge(&format!("long.{}", "x".repeat(MAX_PLAIN)), 1.0, &[]);

    let fates = deliver(&sink(&intake), &points).await;

    assert_eq!(fates.accepted, [0, 2, 4]);
    assert_eq!(arrived(&intake), ["metric.0", "metric.2", "metric.4"]);
    let [(1, noise), (3, long)] = &fates.refused.iter().collect::<Vec<_>>()[..] else { panic!("{fates:?}") };
    assert!(noise.starts_with("Datadog does not accept `noise."), "{noise}");
    assert!(noise.contains(" …` with the tags team:platform: the payload is too large: "), "{noise}");
    assert!(noise.ends_with(" bytes compressed, and Datadog accepts at most 512000"), "{noise}");
    assert!(long.starts_with("Datadog does not accept `long.xx"), "{long}");
    assert!(long.ends_with(" bytes of JSON, and Datadog accepts at most 5242880"), "{long}");
    assert!(noise.len() < 600 && long.len() < 600);
}

#[tokio::test]
async fn values_that_are_not_finite_are_refused_and_not_sent() {
    let intake = DatadogIntake::start();
    let points = [gauge("a", f64::NAN, &[]), gauge("b", 1.0, &[]), gauge("c", f64::NEG_INFINITY, &[])];

    let fates = deliver(&sink(&intake), &points).await;

    assert_eq!(fates.accepted, [1]);
    assert_eq!(arrived(&intake), ["b"]);
    assert_eq!(
        fates.refused[&0],
        "Datadog does not accept `a`: its value is NaN, which is not a finite number"
    );
    assert_eq!(
        fates.refused[&2],
        "Datadog does not accept `c`: its value is -inf, which is not a finite number"
    );
    assert_eq!(system_health_datadog::payload(&points).series.len(), 1);
}

#[tokio::test]
async fn a_counter_that_was_not_converted_is_refused() {
    let intake = DatadogIntake::start();
    let total = Point { kind: Kind::Counter, ..gauge("jobs", 5.0, &[]) };

    let fates = deliver(&sink(&intake), &[total]).await;

    assert_eq!(
        fates.refused[&0],
        "Datadog does not accept `jobs`: its kind is counter, but a number in Datadog is a gauge, count or rate; \
         a reporter converts counters to counts"
    );
}

#[tokio::test]
async fn a_payload_that_is_too_large_for_datadog_is_split() {
    let intake = DatadogIntake::start();
    intake.server().fail_times(3, SERIES, error(413, "Payload Too Large"));
    let calls = ApiCalls::default();
    let sink = DatadogSink::new(&config(&intake.url()).with_api_calls(calls.clone())).unwrap();

    let fates = deliver(&sink, &gauges(8)).await;

    assert_eq!(fates.accepted.len(), 8);
    assert_eq!(intake.points().len(), 8);
    assert_eq!(requests_by_status(&calls), [(Some(202), 4), (Some(413), 3)]);
}

#[tokio::test]
async fn a_payload_that_is_too_large_for_a_proxy_is_split() {
    let intake = DatadogIntake::start();
    intake.server().fail_times(1, SERIES, Answer::text(413, "text/html", "<html>too large"));

    let fates = deliver(&sink(&intake), &gauges(8)).await;

    assert_eq!((fates.accepted.len(), intake.payloads().len()), (8, 2));
}

#[tokio::test]
async fn refused_series_are_named_and_the_others_delivered() {
    let intake = DatadogIntake::start();
    let mut points = gauges(100);
    points[17].tags = gauge("", 0.0, &["env:test", "team:platform"]).tags;
    for metric in ["metric.17", "metric.18", "metric.99"] {
        intake.refuse(metric);
    }

    let fates = deliver(&sink(&intake), &points).await;

    assert_eq!(fates.refused.keys().copied().collect::<Vec<_>>(), [17, 18, 99]);
    assert_eq!((fates.accepted.len(), intake.points().len()), (97, 97));
    let host = intake.url().replace("http://", "");
    assert_eq!(
        fates.refused[&17],
        format!(
            "Datadog does not accept `metric.17` with the tags env:test, team:platform: the payload was refused \
             ({host} answered 400: Payload is not in the expected format: invalid series); \
             a dry run shows what is sent"
        )
    );
    assert!(
        fates.refused[&99].starts_with("Datadog does not accept `metric.99`: "),
        "{}",
        fates.refused[&99]
    );
    assert!(intake.server().requests().len() < 40, "{}", intake.server().requests().len());
}

#[tokio::test]
async fn the_search_for_refused_series_is_bounded() {
    let intake = DatadogIntake::start();
    intake.server().fail(SERIES, error(400, "No"));

    let fates = deliver(&sink(&intake), &gauges(2000)).await;

    assert!((64..80).contains(&fates.refused.len()), "{}", fates.refused.len());
    assert_eq!(fates.refused.len() + fates.left.len(), 2000);
    assert!(intake.server().requests().len() < 250, "{}", intake.server().requests().len());
    let left = fates.left.values().next().unwrap();
    assert!(
        left.starts_with(
            "the payload contains a refused series that was not searched for, because too many others were refused: \
             the payload was refused ("
        ),
        "{left}"
    );
}

#[tokio::test]
async fn a_refused_payload_is_split_into_single_series() {
    for answer in [
        error(400, "bad"),
        error(422, "bad"),
        error(413, "bad"),
        Answer::json(202, &json!({"errors": ["bad", "worse"]})),
    ] {
        let intake = DatadogIntake::start();
        intake.server().fail(SERIES, answer.clone());

        let fates = deliver(&sink(&intake), &gauges(2)).await;

        assert_eq!(fates.refused.len(), 2, "{answer:?}");
        assert_eq!(intake.server().requests().len(), 3);
        let words = if answer.status == 202 { "bad; worse" } else { "bad" };
        let hint = match answer.status {
            413 => "Datadog accepts at most 5242880 bytes of JSON, and 512000 bytes compressed",
            _ => "a dry run shows what is sent",
        };
        let message = &fates.refused[&1];
        assert!(
            message.starts_with("Datadog does not accept `metric.1`: the payload was refused ("),
            "{message}"
        );
        assert!(message.ends_with(&format!(" answered {}: {words}); {hint}", answer.status)), "{message}");
    }
}

#[tokio::test]
async fn a_refusal_by_a_proxy_leaves_the_points() {
    for status in [400, 413, 422] {
        let intake = DatadogIntake::start();
        intake.server().fail(SERIES, Answer::text(status, "text/html", "<html>no"));

        let fates = deliver(&sink(&intake), &gauges(2)).await;

        assert_eq!(fates.left.len(), 2);
        assert!(fates.left[&0].starts_with("the response is not from Datadog's API ("), "{}", fates.left[&0]);
    }
}
