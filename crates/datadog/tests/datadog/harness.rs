//! Points and sinks for the tests, and deliveries that check that every point has exactly one fate.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use futures::StreamExt;
use secrecy::SecretString;
use system_health_datadog::{DatadogConfig, DatadogSink};
use system_health_registry::{ApiCalls, Fate, Kind, Point, Settlement, Sink, Tag};
use system_health_test_support::datadog::DatadogIntake;
use tokio::time::Instant;

/// The time of every point: 2026-01-02T03:04:05Z.
pub(crate) const TIMESTAMP: u64 = 1_767_323_045;

/// The fate of each point of a delivery, by its position.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Fates {
    pub(crate) accepted: Vec<usize>,
    pub(crate) refused: BTreeMap<usize, String>,
    pub(crate) left: BTreeMap<usize, String>,
    /// Only distributions have this fate: a repetition of any other point overwrites the first one.
    pub(crate) unknown: BTreeMap<usize, String>,
}

/// A gauge.
pub(crate) fn gauge(key: &str, value: f64, tags: &[&str]) -> Point {
    Point {
        key: key.to_owned(),
        kind: Kind::Gauge,
        unit: None,
        tags: tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect(),
        timestamp: SystemTime::UNIX_EPOCH + Duration::from_secs(TIMESTAMP),
        since: None,
        value: value.into(),
    }
}

/// Gauges `metric.0`, `metric.1` and so on.
pub(crate) fn gauges(count: u32) -> Vec<Point> {
    (0..count).map(|number| gauge(&format!("metric.{number}"), f64::from(number), &[])).collect()
}

/// Two gauges with a unit, a count and a rate.
pub(crate) fn mixed() -> Vec<Point> {
    let interval = Duration::from_mins(15);
    let commits = |value, branch| Point {
        unit: Some("commit".to_owned()),
        ..gauge("commits.hotfix", value, &[branch, "env:test", "source:system-health", "team:platform"])
    };
    let base = ["env:test", "source:system-health"];
    vec![
        commits(7.5, "branch:main"),
        commits(0.25, "branch:next/1"),
        Point { kind: Kind::Count { interval }, ..gauge("deploys", 3.5, &base) },
        Point { kind: Kind::Rate { interval }, ..gauge("requests", -1e300, &base) },
    ]
}

/// Random text that does not compress below half of its length. The same seed results in the same text.
pub(crate) fn noise(length: usize, seed: u64) -> String {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..length).map(|_| random.lowercase()).collect()
}

/// The configuration for an intake, with a short backoff.
pub(crate) fn config(url: &str) -> DatadogConfig {
    let mut config = DatadogConfig::new(url.parse().unwrap(), SecretString::from(DatadogIntake::KEY));
    config.retry.first_backoff = Duration::from_millis(1);
    config
}

/// A sink for an intake.
pub(crate) fn sink(intake: &DatadogIntake) -> DatadogSink {
    DatadogSink::new(&config(&intake.url())).unwrap()
}

/// Delivers with a deadline that no test reaches.
pub(crate) async fn deliver(sink: &DatadogSink, points: &[Point]) -> Fates {
    deliver_within(Duration::from_mins(1), sink, points).await
}

/// Delivers. Checks that every point has exactly one fate, and that no message contains the key.
pub(crate) async fn deliver_within(time: Duration, sink: &DatadogSink, points: &[Point]) -> Fates {
    let mut fates = Fates::default();
    let mut fate_counts = vec![0; points.len()];
    let mut settlements = sink.deliver(points, Instant::now() + time);
    while let Some(settlement) = settlements.next().await {
        for text in [format!("{settlement:?}"), format!("{sink:?}")] {
            assert!(!text.contains(DatadogIntake::KEY), "{text}");
        }
        let Settlement { points, fate } = settlement;
        for position in points {
            fate_counts[position] += 1;
            match &fate {
                Fate::Repeated => panic!("point {position} is repeated"),
                Fate::Accepted => fates.accepted.push(position),
                Fate::Refused(error) => drop(fates.refused.insert(position, error.to_string())),
                Fate::Left(error) => drop(fates.left.insert(position, error.to_string())),
                Fate::Unknown(error) => drop(fates.unknown.insert(position, error.to_string())),
            }
        }
    }
    assert!(fate_counts.iter().all(|count| *count == 1), "{fate_counts:?}");
    fates.accepted.sort_unstable();
    fates
}

/// The number of requests for each status of the responses.
pub(crate) fn requests_by_status(calls: &ApiCalls) -> Vec<(Option<u16>, u64)> {
    assert!(calls.by_status().iter().all(|calls| calls.api == "datadog"), "{calls:?}");
    calls.by_status().into_iter().map(|calls| (calls.status, calls.count)).collect()
}
