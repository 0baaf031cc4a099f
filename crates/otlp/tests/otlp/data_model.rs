//! What each kind of metric becomes, as OpenTelemetry decodes it.

use std::time::Duration;

use opentelemetry_proto::tonic::{
    common::v1::{KeyValue, any_value},
    metrics::v1::{AggregationTemporality, Metric, metric::Data, number_data_point},
};
use system_health_registry::{Distribution, Kind, Point};

use crate::harness::{TIME, at, decoded, deliver, gauge, metrics, numbers, point, receiver, sink};

const NANOSECONDS: u64 = 1_000_000_000;
const HOURLY_COUNT: Kind = Kind::Count { interval: Duration::from_hours(1) };

/// The only metric that a receiver gets for a point.
async fn delivered(point: Point, more_settings: &str) -> Metric {
    let server = receiver();
    assert_eq!(deliver(&*sink(&server.url(), more_settings).await, &[point]).await, ["accepted"]);
    let mut metrics = metrics(&server.requests()[0]);
    assert_eq!(metrics.len(), 1);
    metrics.remove(0)
}

/// Whether the metric is a gauge, a sum or a histogram. The latter two are followed by their temporality.
fn shape(metric: &Metric) -> String {
    let temporality = |number| AggregationTemporality::try_from(number).unwrap().as_str_name();
    match metric.data.as_ref().unwrap() {
        Data::Gauge(_) => "gauge".to_owned(),
        Data::Sum(sum) => {
            assert!(sum.is_monotonic);
            format!("sum {}", temporality(sum.aggregation_temporality))
        }
        Data::ExponentialHistogram(histogram) => {
            format!("histogram {}", temporality(histogram.aggregation_temporality))
        }
        other => panic!("{other:?}"),
    }
}

/// The value of the only data point, and its start and time in seconds.
fn value_start_and_time(metric: &Metric) -> (f64, u64, u64) {
    let [point] = numbers(metric) else { panic!("{metric:?}") };
    let Some(number_data_point::Value::AsDouble(value)) = point.value else { panic!("{point:?}") };
    (value, point.start_time_unix_nano / NANOSECONDS, point.time_unix_nano / NANOSECONDS)
}

fn name_value_pairs(attributes: &[KeyValue]) -> Vec<String> {
    let value = |attribute: &KeyValue| match attribute.value.clone().unwrap().value.unwrap() {
        any_value::Value::StringValue(text) => text,
        other => format!("{other:?}"),
    };
    attributes.iter().map(|attribute| format!("{}={}", attribute.key, value(attribute))).collect()
}

#[tokio::test]
async fn a_gauge_keeps_its_value_even_if_it_is_zero() {
    let hotfixes = Point { unit: Some("commit".to_owned()), ..gauge("commits.hotfix", 0.0) };

    let metric = delivered(hotfixes, "").await;

    assert_eq!(shape(&metric), "gauge");
    assert_eq!(value_start_and_time(&metric), (0.0, 0, TIME));
    assert_eq!(
        (&*metric.name, &*metric.unit, &*metric.description),
        ("commits.hotfix", "{commit}", "Commits that mention a hotfix.")
    );
}

#[tokio::test]
async fn a_rate_is_a_gauge_per_second() {
    let rate = point("net.received", Kind::Rate { interval: Duration::from_mins(1) }, -2.5, &[]);
    let metric = delivered(Point { unit: Some("byte".to_owned()), ..rate }, "temporality = 'delta'").await;

    assert_eq!((shape(&metric).as_str(), &*metric.unit), ("gauge", "By/s"));
    assert_eq!(value_start_and_time(&metric), (-2.5, 0, TIME));
}

#[tokio::test]
async fn the_preference_decides_whether_a_count_is_a_gauge_or_a_delta() {
    let count = || point("deploys", HOURLY_COUNT, 5.0, &[]);
    for (preference, expected_shape, start) in [
        ("", "gauge", 0),
        ("temporality = 'delta'", "sum AGGREGATION_TEMPORALITY_DELTA", TIME - 3600),
        ("temporality = 'lowmemory'", "sum AGGREGATION_TEMPORALITY_DELTA", TIME - 3600),
    ] {
        let metric = delivered(count(), preference).await;

        assert_eq!(shape(&metric), expected_shape);
        assert_eq!(value_start_and_time(&metric), (5.0, start, TIME));
    }
    let since = Point { since: Some(at(TIME - 60)), ..count() };
    assert_eq!(
        value_start_and_time(&delivered(since, "temporality = 'delta'").await),
        (5.0, TIME - 60, TIME)
    );
}

#[tokio::test]
async fn a_counter_is_a_cumulative_sum_with_its_start() {
    let total = point("requests", Kind::Counter, 7.0, &[]);
    let started = Point { since: Some(at(TIME - 900)), ..total.clone() };
    // The time of a point may be rounded down to before the start.
    let rounded = Point { since: Some(at(TIME + 60)), ..total.clone() };

    for (point, start) in [(total, 0), (started, TIME - 900), (rounded, TIME)] {
        let metric = delivered(point, "").await;

        assert_eq!(shape(&metric), "sum AGGREGATION_TEMPORALITY_CUMULATIVE");
        assert_eq!(value_start_and_time(&metric), (7.0, start, TIME));
    }
}

#[tokio::test]
async fn a_distribution_is_an_exponential_histogram() {
    let builds = Distribution::from_values([0.0, 1.5, 1.5, 60.0]).unwrap();
    for (preference, expected_shape) in [
        ("", "histogram AGGREGATION_TEMPORALITY_CUMULATIVE"),
        ("temporality = 'delta'", "histogram AGGREGATION_TEMPORALITY_DELTA"),
    ] {
        let point = point("builds", Kind::Distribution, builds.clone(), &["branch:main"]);
        let point = Point { unit: Some("second".to_owned()), since: Some(at(TIME - 900)), ..point };
        let metric = delivered(point, preference).await;

        assert_eq!((shape(&metric).as_str(), &*metric.unit), (expected_shape, "s"));
        let Some(Data::ExponentialHistogram(histogram)) = metric.data else { panic!() };
        let [point] = &histogram.data_points[..] else { panic!() };
        assert_eq!((point.count, point.zero_count, point.sum), (4, 1, Some(63.0)));
        assert_eq!((point.min, point.max, point.scale), (Some(0.0), Some(60.0), 6));
        assert_eq!(point.start_time_unix_nano, (TIME - 900) * NANOSECONDS);
        assert_eq!(name_value_pairs(&point.attributes), ["branch=main"]);
        let buckets = point.positive.as_ref().unwrap();
        // log2(1.5) * 64 = 37.4 and log2(60) * 64 = 378.04: the buckets from 37 to 378.
        assert_eq!((buckets.offset, buckets.bucket_counts.len()), (37, 342));
        assert_eq!((buckets.bucket_counts[0], buckets.bucket_counts[341]), (2, 1));
        assert!(point.negative.is_none());
    }
}

#[tokio::test]
async fn a_negative_count_is_refused_only_where_it_would_be_a_sum() {
    let server = receiver();
    let points = [point("deploys", HOURLY_COUNT, -1.0, &[]), gauge("queue", -1.0)];

    assert_eq!(deliver(&*sink(&server.url(), "").await, &points).await, ["accepted", "accepted"]);
    let fates = deliver(&*sink(&server.url(), "temporality = 'delta'").await, &points).await;

    let error =
        "the value of `deploys` is -1, and a count of OTLP cannot be negative; make the metric a gauge";
    assert_eq!(fates, [format!("refused: {error}"), "accepted".into()]);
}

#[tokio::test]
async fn a_value_that_does_not_fit_its_kind_or_is_not_finite_is_refused() {
    let server = receiver();
    let points = [
        point("a", Kind::Gauge, Distribution::from_values([1.0]).unwrap(), &[]),
        point("b", Kind::Distribution, 1.0, &[]),
        point("c", Kind::Gauge, f64::NAN, &[]),
    ];

    assert_eq!(
        deliver(&*sink(&server.url(), "").await, &points).await,
        [
            "refused: `a` is a gauge, but its value is a distribution",
            "refused: `b` is a distribution, but its value is a number",
            "refused: the value of `c` is NaN, which is not a finite number",
        ]
    );
}

#[tokio::test]
async fn points_are_grouped_by_resource_and_metric() {
    let server = receiver();
    let points = [
        point("a", Kind::Gauge, 1.0, &["service:shop", "branch:main"]),
        point("b", Kind::Gauge, 2.0, &["service:shop"]),
        point("a", Kind::Gauge, 3.0, &["service:web"]),
        point("a", Kind::Gauge, 4.0, &["service:shop", "branch:next"]),
    ];

    let sink = sink(&server.url(), "resource_attributes = 'cloud.region=eu-west-1'").await;
    assert_eq!(deliver(&*sink, &points).await, ["accepted"; 4]);

    let request = decoded(&server.requests()[0]);
    let resources: Vec<_> = request
        .resource_metrics
        .iter()
        .map(|metrics| name_value_pairs(&metrics.resource.as_ref().unwrap().attributes).join(" "))
        .collect();
    let expected =
        |service| format!("cloud.region=eu-west-1 service.instance.id=acme/shop service.name={service}");
    assert_eq!(resources, [expected("shop"), expected("web")]);
    let scope = &request.resource_metrics[0].scope_metrics[0];
    assert_eq!(scope.scope.as_ref().unwrap().name, "system-health");
    let counts: Vec<_> = scope.metrics.iter().map(|metric| (&*metric.name, numbers(metric).len())).collect();
    assert_eq!(counts, [("a", 2), ("b", 1)]);
}
