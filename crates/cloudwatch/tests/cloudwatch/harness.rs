//! Points, destinations and deliveries for the tests.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_config::{BehaviorVersion, Region, SdkConfig, timeout::TimeoutConfig};
use aws_credential_types::{Credentials as AwsKeys, provider::SharedCredentialsProvider};
use futures::StreamExt;
use serde_json::{Value as Json, json};
use system_health_cloudwatch as _;
use system_health_credentials::Credentials;
use system_health_registry::{
    ApiCalls, Context, Destination, Distribution, Fate, Kind, Point, Settings, Sink, SinkType, Tag, Value,
};
use system_health_test_support::server::{Answer, Request, Server};
use tokio::time::Instant;

/// Time of the points: 2026-01-02T03:04:05Z.
pub(crate) const TIME: u64 = 1_767_323_045;

/// The settings of a destination that sends `PutMetricData` requests.
pub(crate) const PUT_METRIC_DATA: &str = "namespace = 'Shop'";

pub(crate) const REGION: &str = "us-east-1";

/// A gauge.
pub(crate) fn gauge(key: &str, value: f64, tags: &[&str]) -> Point {
    Point {
        key: key.to_owned(),
        kind: Kind::Gauge,
        unit: None,
        tags: tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect(),
        timestamp: SystemTime::UNIX_EPOCH + Duration::from_secs(TIME),
        since: None,
        value: Value::Number(value),
    }
}

/// A distribution of seconds.
pub(crate) fn distribution(key: &str, values: impl IntoIterator<Item = f64>) -> Point {
    let value = Value::Distribution(Arc::new(Distribution::from_values(values).unwrap()));
    Point { kind: Kind::Distribution, unit: Some("second".to_owned()), value, ..gauge(key, 0.0, &[]) }
}

/// The destination of a table `[cloudwatch]`.
pub(crate) fn destination(table: &str) -> Box<dyn Destination> {
    let text = format!("[cloudwatch]\n{table}");
    let settings = Settings::builder().toml(Path::new("a.toml"), &text).unwrap().build().unwrap();
    let sink = SinkType::linked().into_iter().find(|sink| sink.name == "cloudwatch").unwrap();
    let mut destinations = (sink.configure)(&settings).unwrap();
    assert_eq!(destinations.len(), 1);
    destinations.remove(0)
}

/// The context of a run with an access key, and with a test server in place of AWS.
pub(crate) fn context(url: &str, id: &str, secret: &str) -> Context {
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .endpoint_url(url)
        .credentials_provider(SharedCredentialsProvider::new(AwsKeys::new(id, secret, None, None, "test")))
        .timeout_config(TimeoutConfig::disabled())
        .build();
    let no_variables: [(&str, &str); 0] = [];
    let credentials = Credentials::builder().variables(no_variables).aws_config(config).build();
    Context::new().provide(credentials).provide(ApiCalls::default())
}

/// The connected destination that calls CloudWatch at a URL.
pub(crate) async fn sink(url: &str) -> Box<dyn Sink> {
    destination(PUT_METRIC_DATA).connect(context(url, "AKIDEXAMPLE", "example")).await.unwrap()
}

/// Delivers, and returns the fate of each point as text. Asserts that each point has exactly one fate.
pub(crate) async fn deliver(sink: &dyn Sink, points: &[Point]) -> Vec<String> {
    deliver_within(Duration::from_mins(1), sink, points).await
}

pub(crate) async fn deliver_within(time: Duration, sink: &dyn Sink, points: &[Point]) -> Vec<String> {
    let mut fates: Vec<Option<String>> = vec![None; points.len()];
    let mut settlements = sink.deliver(points, Instant::now() + time);
    while let Some(settlement) = settlements.next().await {
        let text = match &settlement.fate {
            Fate::Accepted => "accepted".to_owned(),
            Fate::Repeated => "repeated".to_owned(),
            Fate::Refused(error) => format!("refused: {error}"),
            Fate::Left(error) => format!("left: {error}"),
            Fate::Unknown(error) => format!("unknown: {error}"),
        };
        for position in settlement.points {
            let earlier = fates[position].replace(text.clone());
            assert_eq!(earlier, None, "point {position} also has the fate {text}");
        }
    }
    fates.into_iter().map(|fate| fate.expect("each point has a fate")).collect()
}

/// CloudWatch that accepts everything.
pub(crate) fn accepting() -> Server {
    Server::start(|_| Answer::json(200, &json!({})))
}

/// An error response of CloudWatch.
pub(crate) fn error(status: u16, code: &str) -> Answer {
    Answer::json(status, &json!({"__type": format!("com.amazonaws.cloudwatch#{code}"), "message": "no"}))
}

/// The body of a request.
pub(crate) fn body(request: &Request) -> Json {
    serde_json::from_slice(&request.body).unwrap()
}

/// The data of each request.
pub(crate) fn data(server: &Server) -> Vec<Vec<Json>> {
    let data = |request: &Request| body(request)["MetricData"].as_array().unwrap().clone();
    server.requests().iter().map(data).collect()
}
