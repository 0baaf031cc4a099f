//! Points, sinks and receivers for the tests.

use std::{
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures::StreamExt;
use opentelemetry_proto::tonic::{
    collector::metrics::v1::{
        ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
    },
    metrics::v1::{Metric, NumberDataPoint, metric::Data},
};
use prost::Message;
use system_health_otlp as _;
use system_health_registry::{
    ApiCalls, Context, Descriptions, Destination, Fate, Kind, Point, ReporterName, Settings, Settlement,
    Sink, SinkType, Tag, Value,
};
use system_health_test_support::server::{Answer, Request, Server};
use tokio::time::Instant;

/// The time of all points: 2026-01-02T03:04:05Z.
pub(crate) const TIME: u64 = 1_767_323_045;

/// The method and the path of a request with metrics.
pub(crate) const LINE: &str = "POST /v1/metrics";

/// A point without a unit.
pub(crate) fn point(key: &str, kind: Kind, value: impl Into<Value>, tags: &[&str]) -> Point {
    Point {
        key: key.to_owned(),
        kind,
        unit: None,
        tags: tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect(),
        timestamp: at(TIME),
        since: None,
        value: value.into(),
    }
}

/// A gauge.
pub(crate) fn gauge(key: &str, value: f64) -> Point {
    point(key, Kind::Gauge, value, &[])
}

/// The time that is this number of seconds after the start of 1970.
pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// The destination of a table `[otlp]`, with environment variables.
pub(crate) fn destination(table: &str, variables: &[(&str, &str)]) -> Box<dyn Destination> {
    let settings = Settings::builder().toml(Path::new("system-health.toml"), &format!("[otlp]\n{table}"));
    let settings = settings.unwrap().environment_from(|name| {
        variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
    });
    let sink = SinkType::linked().into_iter().find(|sink| sink.name == "otlp").unwrap();
    (sink.configure)(&settings.build().unwrap()).unwrap().remove(0)
}

/// The context of a run.
pub(crate) fn context() -> Context {
    Context::new()
        .provide(ApiCalls::default())
        .provide(ReporterName::new("acme/shop"))
        .provide(Descriptions::from_iter([("commits.hotfix", "Commits that mention a hotfix.")]))
}

/// The sink for a receiver, with more settings.
pub(crate) async fn sink(url: &str, more_settings: &str) -> Box<dyn Sink> {
    destination(&format!("endpoint = '{url}'\n{more_settings}"), &[]).connect(context()).await.unwrap()
}

/// Delivers. Returns the fate of each point as a word, followed by its error if it has one.
pub(crate) async fn deliver(sink: &dyn Sink, points: &[Point]) -> Vec<String> {
    deliver_within(Duration::from_mins(1), sink, points).await
}

/// Like [`deliver`], with a timeout. Checks that each point has one fate.
pub(crate) async fn deliver_within(timeout: Duration, sink: &dyn Sink, points: &[Point]) -> Vec<String> {
    let mut fates = vec![None; points.len()];
    let settlements: Vec<Settlement> = sink.deliver(points, Instant::now() + timeout).collect().await;
    for Settlement { points, fate } in settlements {
        let fate = match fate {
            Fate::Accepted => "accepted".to_owned(),
            Fate::Repeated => "repeated".to_owned(),
            Fate::Refused(error) => format!("refused: {error}"),
            Fate::Left(error) => format!("left: {error}"),
            Fate::Unknown(error) => format!("unknown: {error}"),
        };
        for position in points {
            assert_eq!(fates[position].replace(fate.clone()), None, "point {position} has two fates");
        }
    }
    fates.into_iter().map(|fate| fate.expect("each point has a fate")).collect()
}

/// A response in protobuf.
pub(crate) fn protobuf(status: u16, message: &impl Message) -> Answer {
    let headers = vec![("content-type".to_owned(), "application/x-protobuf".to_owned())];
    Answer { status, headers, body: message.encode_to_vec() }
}

/// A response that refuses this number of points. With 0, the message is a warning.
pub(crate) fn partial_success(refused: i64, message: &str) -> Answer {
    let partial =
        ExportMetricsPartialSuccess { rejected_data_points: refused, error_message: message.to_owned() };
    protobuf(200, &ExportMetricsServiceResponse { partial_success: Some(partial) })
}

/// A receiver that accepts everything.
pub(crate) fn receiver() -> Server {
    Server::start(|_| protobuf(200, &ExportMetricsServiceResponse::default()))
}

/// A request as OpenTelemetry decodes it.
pub(crate) fn decoded(request: &Request) -> ExportMetricsServiceRequest {
    ExportMetricsServiceRequest::decode(&*request.body).unwrap()
}

/// All metrics of a request.
pub(crate) fn metrics(request: &Request) -> Vec<Metric> {
    let resources = decoded(request).resource_metrics.into_iter();
    resources.flat_map(|resource| resource.scope_metrics).flat_map(|scope| scope.metrics).collect()
}

/// The data points of gauges and sums.
pub(crate) fn numbers(metric: &Metric) -> &[NumberDataPoint] {
    match &metric.data {
        Some(Data::Gauge(gauge)) => &gauge.data_points,
        Some(Data::Sum(sum)) => &sum.data_points,
        _ => &[],
    }
}

/// The metric name of each data point of a request, for gauges and sums.
pub(crate) fn names(request: &Request) -> Vec<String> {
    let named = |metric: &Metric| vec![metric.name.clone(); numbers(metric).len()];
    metrics(request).iter().flat_map(named).collect()
}
