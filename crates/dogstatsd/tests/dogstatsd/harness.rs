//! Points, sinks and listeners for the tests, and deliveries that check that every point has one fate.

use std::{
    collections::BTreeMap,
    net::UdpSocket,
    path::Path,
    time::{Duration, SystemTime},
};

use futures::StreamExt;
use system_health_dogstatsd as _;
use system_health_registry::{
    Context, Destination, Distribution, Fate, Kind, Point, Settings, Settlement, Sink, SinkType, Tag,
};
use tokio::time::Instant;

/// The time of every point: 2026-01-02T03:04:05Z.
const TIMESTAMP: u64 = 1_767_323_045;

/// The fates of the points of a delivery, by position.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Fates {
    pub(crate) accepted: Vec<usize>,
    pub(crate) refused: BTreeMap<usize, String>,
    pub(crate) left: BTreeMap<usize, String>,
    pub(crate) unknown: BTreeMap<usize, String>,
}

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

pub(crate) fn distribution(key: &str, values: &[(f64, u64)]) -> Point {
    let mut distribution = Distribution::new();
    for (value, count) in values {
        distribution.record_many(*value, *count).unwrap();
    }
    Point { kind: Kind::Distribution, value: distribution.into(), ..gauge(key, 0.0, &["env:test"]) }
}

/// A distribution that needs several packets over UDP.
pub(crate) fn wide_distribution(key: &str) -> Point {
    let values: Vec<_> = (1..400).map(|number| (f64::from(number) * 1.1, 1)).collect();
    distribution(key, &values)
}

/// The destination that the settings configure.
pub(crate) fn destination(table: &str) -> Box<dyn Destination> {
    let table = format!("[dogstatsd]\norigin_detection = false\n{table}");
    let settings = Settings::builder().toml(Path::new("a.toml"), &table).unwrap().build().unwrap();
    let sink = SinkType::linked().into_iter().find(|sink| sink.name == "dogstatsd").unwrap();
    (sink.configure)(&settings).unwrap().remove(0)
}

pub(crate) async fn sink(table: &str) -> Box<dyn Sink> {
    destination(table).connect(Context::new()).await.unwrap()
}

/// A sink for an address.
pub(crate) async fn sink_to(address: &str) -> Box<dyn Sink> {
    sink(&format!("address = \"{address}\"")).await
}

/// A socket that receives, and its address.
pub(crate) fn listener() -> (UdpSocket, String) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let address = format!("udp://{}", socket.local_addr().unwrap());
    (socket, address)
}

/// The next packet that is not empty.
pub(crate) fn received(socket: &UdpSocket) -> String {
    let mut buffer = vec![0; 65_536];
    loop {
        let length = socket.recv(&mut buffer).unwrap();
        if length > 0 {
            return String::from_utf8(buffer[..length].to_vec()).unwrap();
        }
    }
}

/// Delivers with a deadline that no test reaches.
pub(crate) async fn deliver(sink: &dyn Sink, points: &[Point]) -> Fates {
    deliver_within(Duration::from_mins(1), sink, points).await
}

/// Delivers. Checks that every point has exactly one fate.
pub(crate) async fn deliver_within(time: Duration, sink: &dyn Sink, points: &[Point]) -> Fates {
    let mut fates = Fates::default();
    let mut fate_counts = vec![0; points.len()];
    let mut settlements = sink.deliver(points, Instant::now() + time);
    while let Some(Settlement { points, fate }) = settlements.next().await {
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
    fates
}
