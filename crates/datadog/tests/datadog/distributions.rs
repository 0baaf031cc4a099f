//! Distributions: Datadog gets each of their values, and none of them twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use serde_json::{Value, json};
use system_health_datadog::{DatadogDestination, DatadogSink};
use system_health_registry::{Context, Destination as _, Distribution, Kind, Point, Settings};
use system_health_test_support::{
    datadog::{DatadogIntake, contract, error},
    server::{Answer, Fault, Server},
};

use crate::harness::{TIMESTAMP, config, deliver, deliver_within, gauge, noise, sink};

const ENDPOINT: &str = "POST /api/v1/distribution_points";
/// The time of the points, as the client writes it.
const TIME_IN_JSON: f64 = 1_767_323_045.0;
/// Time until the deadline of a delivery. It is long enough for some attempts.
const DELIVERY_TIME: Duration = Duration::from_secs(1);
const MAX_PLAIN: usize = 5 * 1024 * 1024;

fn distribution(key: &str, values: &[(f64, u64)]) -> Point {
    let mut distribution = Distribution::new();
    for (value, count) in values {
        distribution.record_many(*value, *count).unwrap();
    }
    Point { kind: Kind::Distribution, value: distribution.into(), ..gauge(key, 0.0, &["env:test"]) }
}

/// Two gauges around two distributions.
fn mixed() -> Vec<Point> {
    vec![
        gauge("a", 1.0, &[]),
        distribution("b", &[(-2.0, 1), (0.0, 2), (0.5, 3)]),
        gauge("c", 3.0, &[]),
        distribution("d", &[(8.0, 1)]),
    ]
}

/// The number of values of each distribution that has arrived.
fn counts(intake: &DatadogIntake) -> BTreeMap<String, usize> {
    intake.distributions().into_iter().map(|((metric, ..), values)| (metric, values.len())).collect()
}

#[tokio::test]
async fn every_value_arrives_with_tags_and_time() {
    let intake = DatadogIntake::start();

    let fates = deliver(&sink(&intake), &mixed()).await;

    assert_eq!(fates.accepted, [0, 1, 2, 3]);
    let id =
        |metric: &str| (metric.to_owned(), BTreeSet::from(["env:test".to_owned()]), TIMESTAMP.cast_signed());
    // A value is the middle of its bucket, unless it is the minimum or the maximum of the distribution.
    let bucket_values: Vec<f64> =
        mixed()[1].value.distribution().unwrap().values().map(|(value, _)| value).collect();
    let [minus_two, zero, half] = bucket_values[..] else { panic!("{bucket_values:?}") };
    assert!(
        (minus_two + 2.0).abs() < 0.011 && zero == 0.0 && (half - 0.5).abs() < 0.003,
        "{bucket_values:?}"
    );
    assert_eq!(
        intake.distributions(),
        BTreeMap::from([(id("b"), vec![minus_two, zero, zero, half, half, half]), (id("d"), vec![8.0])])
    );
    assert_eq!(intake.distribution_payloads()[0]["series"][0]["type"], "distribution");
    assert_eq!(intake.points().len(), 2);
    let requests = intake.server().requests();
    assert_eq!(requests[1].line(), ENDPOINT);
    assert_eq!(requests[1].header("content-encoding"), Some("deflate"));
    assert_eq!(requests[1].header("dd-api-key"), Some(DatadogIntake::KEY));
}

#[tokio::test]
#[ignore = "needs Datadog's API description: run cargo xtask test"]
async fn sent_distributions_match_datadogs_api_description() {
    let intake = DatadogIntake::start();
    deliver(&sink(&intake), &mixed()).await;
    let sent = intake.distribution_payloads().remove(0);
    let broken = |pointer: &str, value: Value| {
        let mut payload = sent.clone();
        *payload.pointer_mut(pointer).unwrap() = value;
        contract::Message::distributions(payload)
    };

    let problems = contract::problems(&[
        contract::Message::distributions(sent.clone()),
        contract::Message::answer("POST", "/api/v1/distribution_points", 202, json!({"status": "ok"})),
        broken("/series/0/type", "gauge".into()),
        broken("/series/0/points/0/1/0", "1".into()),
    ]);

    assert_eq!((&problems[0], &problems[1]), (&vec![], &vec![]));
    assert!(!problems[2].is_empty() && !problems[3].is_empty(), "{problems:?}");
}

#[tokio::test]
async fn a_large_distribution_is_split_and_no_value_is_lost() {
    let intake = DatadogIntake::start();
    let large = distribution("large", &[(0.1, 400_000), (1e-300, 20_000), (3.0, 7)]);

    let fates = deliver(&sink(&intake), &[large, distribution("small", &[(1.0, 2)])]).await;

    assert_eq!(fates.accepted, [0, 1]);
    assert_eq!(counts(&intake), BTreeMap::from([("large".to_owned(), 420_007), ("small".to_owned(), 2)]));
    let lengths: Vec<_> = intake.server().requests().iter().map(|request| request.body.len()).collect();
    assert!(lengths.len() > 2 && lengths.iter().all(|length| *length <= MAX_PLAIN), "{lengths:?}");
    assert!(lengths[0] > MAX_PLAIN - 400, "{lengths:?}");
}

#[tokio::test]
async fn distributions_that_cannot_be_sent_are_refused_and_the_others_delivered() {
    let intake = DatadogIntake::start();
    let points = [
        distribution("many", &[(1.0, 10_000_001)]),
        distribution(&"x".repeat(MAX_PLAIN), &[(1.0, 1)]),
        distribution(&noise(900_000, 1), &[(1.0, 1)]),
        distribution("good", &[(1.0, 1)]),
    ];

    let fates = deliver(&sink(&intake), &points).await;

    assert_eq!(fates.accepted, [3]);
    assert_eq!(
        fates.refused[&0],
        "Datadog does not accept `many` with the tags env:test: it has 10000001 values, and at most 10000000 are sent to \
         Datadog at once; deliver it more often"
    );
    assert!(fates.refused[&1].ends_with(" bytes of JSON, and Datadog accepts at most 5242880"));
    assert!(fates.refused[&2].ends_with(" bytes compressed, and Datadog accepts at most 512000"));
    assert_eq!(counts(&intake), BTreeMap::from([("good".to_owned(), 1)]));
}

#[tokio::test]
async fn a_refused_distribution_is_named_and_the_others_delivered() {
    let intake = DatadogIntake::start();
    intake.refuse("bad");
    let points = ["a", "bad", "c", "d"].map(|key| distribution(key, &[(1.0, 3)]));

    let fates = deliver(&sink(&intake), &points).await;

    assert_eq!(fates.accepted, [0, 2, 3]);
    assert!(
        fates.refused[&1]
            .starts_with("Datadog does not accept `bad` with the tags env:test: the payload was")
    );
    assert!(counts(&intake).values().all(|count| *count == 3));
}

#[tokio::test]
async fn distributions_that_may_have_arrived_have_an_unknown_fate_and_are_not_sent_again() {
    for fault in [
        Fault::from(error(500, "Internal error")),
        Fault::Disconnect,
        Fault::from(Answer::text(202, "text/html", "<html>")),
        Fault::from(Answer::json(202, &json!({"errors": ["some values were dropped"]}))),
    ] {
        let intake = DatadogIntake::start();
        intake.server().fail(ENDPOINT, fault);

        let fates = deliver_within(DELIVERY_TIME, &sink(&intake), &mixed()).await;

        assert_eq!(fates.accepted, [0, 2]);
        assert_eq!(fates.unknown.keys().collect::<Vec<_>>(), [&1, &3], "{fates:?}");
        let requests = intake.server().requests();
        assert_eq!(requests.iter().filter(|request| request.line() == ENDPOINT).count(), 1);
    }
}

#[tokio::test]
async fn distributions_that_have_not_arrived_are_left_or_sent_again() {
    let intake = DatadogIntake::start();
    intake.server().fail_times(1, ENDPOINT, error(503, "Try again"));
    intake.server().fail_times(1, ENDPOINT, error(429, "Too many requests"));
    let forbidding = DatadogIntake::start();
    forbidding.server().fail(ENDPOINT, error(403, "Forbidden"));

    let again = deliver(&sink(&intake), &mixed()).await;
    let forbidden = deliver_within(DELIVERY_TIME, &sink(&forbidding), &mixed()).await;

    assert_eq!(again.accepted, [0, 1, 2, 3]);
    assert_eq!(counts(&intake), BTreeMap::from([("b".to_owned(), 6), ("d".to_owned(), 1)]));
    assert_eq!((forbidden.accepted.len(), forbidden.left.len()), (2, 2), "{forbidden:?}");
}

#[tokio::test]
async fn the_fate_of_a_distribution_is_unknown_if_only_a_part_of_it_arrived() {
    let requests = AtomicUsize::new(0);
    let server = Server::start(move |_| match requests.fetch_add(1, Ordering::Relaxed) {
        0 => Answer::json(202, &json!({"status": "ok"})),
        _ => error(400, "No"),
    });
    let sink = DatadogSink::new(&config(&server.url())).unwrap();

    let fates = deliver(&sink, &[distribution("large", &[(0.1, 2_000_000)])]).await;

    let message = "some of its values were accepted, but part 2 failed: the payload was refused (";
    assert!(fates.unknown[&0].starts_with(message), "{fates:?}");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_preview_describes_a_distribution_of_many_values() {
    let settings = Settings::builder().build().unwrap();
    let destination = DatadogDestination::new(&settings.table().unwrap()).unwrap();
    let points =
        [gauge("a", 1.0, &[]), distribution("b", &[(1.0, 1), (3.0, 1)]), distribution("c", &[(2.0, 101)])];

    let preview = destination.preview(Context::new(), &points, &[]).await.unwrap();

    let points = |position: usize| &preview["distribution_points"]["series"][position]["points"];
    assert_eq!(points(0), &json!([[TIME_IN_JSON, [1.0, 3.0]]]));
    assert_eq!(points(1), &json!([[TIME_IN_JSON, "101 values, p50 2, p99 2"]]));
    assert_eq!(preview["series"][0]["metric"], "a");
}
