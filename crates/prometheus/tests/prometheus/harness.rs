//! Points and sinks for the tests, and deliveries that check that every point has one fate.

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, SystemTime},
};

use futures::StreamExt;
use system_health_prometheus as _;
use system_health_registry::{
    ApiCalls, Context, Descriptions, Destination, Distribution, Fate, Kind, Point, ReporterName, Settings,
    Settlement, Sink, SinkType, Tag, Value,
};
use tokio::time::Instant;

/// The time of the first run: 2026-01-02T03:04:05Z.
pub(crate) const FIRST_RUN: u64 = 1_767_323_045;

/// The name of the reporter.
pub(crate) const REPORTER: &str = "acme/shop";

/// The path of the reporter's group for values.
pub(crate) const VALUES: &str = "/metrics/job/system-health/reporter@base64/YWNtZS9zaG9w";

/// The path of the reporter's group for metrics about the reporter.
pub(crate) const ABOUT_THE_REPORTER: &str =
    "/metrics/job/system-health-reporter/reporter@base64/YWNtZS9zaG9w";

/// The fates of the points of a delivery, by position.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Fates {
    pub(crate) accepted: Vec<usize>,
    pub(crate) repeated: Vec<usize>,
    pub(crate) refused: BTreeMap<usize, String>,
    pub(crate) left: BTreeMap<usize, String>,
    pub(crate) unknown: BTreeMap<usize, String>,
}

/// A gauge of a run. Runs are a quarter of an hour apart.
pub(crate) fn gauge(run: u64, key: &str, value: f64, tags: &[&str]) -> Point {
    Point {
        key: key.to_owned(),
        kind: Kind::Gauge,
        unit: None,
        tags: tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect(),
        timestamp: SystemTime::UNIX_EPOCH + Duration::from_secs(FIRST_RUN + run * 900),
        since: None,
        value: Value::Number(value),
    }
}

/// A counter with this total.
pub(crate) fn counter(run: u64, key: &str, value: f64) -> Point {
    Point { kind: Kind::Counter, ..gauge(run, key, value, &[]) }
}

/// A distribution of these values.
pub(crate) fn distribution(run: u64, key: &str, values: impl IntoIterator<Item = f64>) -> Point {
    let values = Distribution::from_values(values).unwrap();
    Point { kind: Kind::Distribution, value: Value::from(values), ..gauge(run, key, 0.0, &[]) }
}

/// Sets the unit of a point.
pub(crate) fn with_unit(unit: &str, point: Point) -> Point {
    Point { unit: Some(unit.to_owned()), ..point }
}

/// The destinations that a table `[prometheus]` configures.
pub(crate) fn destinations(table: &str) -> Vec<Box<dyn Destination>> {
    destinations_with(table, &[])
}

/// Like [`destinations`], with environment variables that contain secrets.
fn destinations_with(table: &str, variables: &[(&str, &str)]) -> Vec<Box<dyn Destination>> {
    let text = format!("[prometheus]\n{table}");
    let settings = Settings::builder().toml(Path::new("system-health.toml"), &text).unwrap();
    let settings = settings.environment_from(|name| {
        variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
    });
    let settings = settings.build().unwrap();
    let sink = SinkType::linked().into_iter().find(|sink| sink.name == "prometheus").unwrap();
    (sink.configure)(&settings).unwrap()
}

/// The context of a run.
pub(crate) fn context(calls: &ApiCalls) -> Context {
    let descriptions = [("commits.hotfix", "Commits of the last 7 days\nthat mention a \\hotfix\\.")];
    Context::new()
        .provide(calls.clone())
        .provide(ReporterName::new(REPORTER))
        .provide(Descriptions::from_iter(descriptions))
}

/// The sink of the only destination.
pub(crate) async fn sink(table: &str) -> Box<dyn Sink> {
    sink_in(table, context(&ApiCalls::default())).await
}

/// Like [`sink`], with environment variables that contain secrets.
pub(crate) async fn sink_with(table: &str, variables: &[(&str, &str)]) -> Box<dyn Sink> {
    let destination = destinations_with(table, variables).remove(0);
    destination.connect(context(&ApiCalls::default())).await.unwrap()
}

/// Like [`sink`], in a given context.
pub(crate) async fn sink_in(table: &str, context: Context) -> Box<dyn Sink> {
    let mut destinations = destinations(table);
    assert_eq!(destinations.len(), 1);
    destinations.remove(0).connect(context).await.unwrap()
}

/// Delivers with a deadline that is never reached.
pub(crate) async fn deliver(sink: &dyn Sink, points: &[Point]) -> Fates {
    deliver_within(Duration::from_mins(1), sink, points).await
}

/// Delivers, and checks that every point has exactly one fate.
pub(crate) async fn deliver_within(timeout: Duration, sink: &dyn Sink, points: &[Point]) -> Fates {
    let mut fates = Fates::default();
    let mut fate_counts = vec![0; points.len()];
    let mut settlements = sink.deliver(points, Instant::now() + timeout);
    while let Some(Settlement { points, fate }) = settlements.next().await {
        for position in points {
            fate_counts[position] += 1;
            match &fate {
                Fate::Accepted => fates.accepted.push(position),
                Fate::Repeated => fates.repeated.push(position),
                Fate::Refused(error) => drop(fates.refused.insert(position, error.to_string())),
                Fate::Left(error) => drop(fates.left.insert(position, error.to_string())),
                Fate::Unknown(error) => drop(fates.unknown.insert(position, error.to_string())),
            }
        }
    }
    assert!(fate_counts.iter().all(|count| *count == 1), "{fate_counts:?}");
    fates
}

/// Delivers, and asserts that all points are accepted.
pub(crate) async fn deliver_all(sink: &dyn Sink, points: &[Point]) {
    let fates = deliver(sink, points).await;
    assert_eq!(fates.accepted, (0..points.len()).collect::<Vec<_>>(), "{fates:?}");
}
