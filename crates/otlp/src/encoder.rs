//! Points as a request of OTLP. See <https://opentelemetry.io/docs/specs/otel/metrics/data-model/>.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use system_health_registry::{Descriptions, Kind, Point, Temporality, Value};

use crate::{
    attributes::{AttributeSplitter, key_value},
    histogram::histogram,
    preference::TemporalityPreference,
    proto::{
        AggregationTemporality, AttributeValue, ExponentialHistogram, ExponentialHistogramDataPoint,
        ExportMetricsServiceRequest, Gauge, InstrumentationScope, KeyValue, Metric, MetricData,
        NumberDataPoint, NumberValue, Resource, ResourceMetrics, ScopeMetrics, Sum,
    },
    unit::ucum_unit,
};

/// Encodes points.
#[derive(Debug, Clone, Default)]
pub(crate) struct Encoder {
    pub(crate) splitter: AttributeSplitter,
    /// The descriptions of the metrics.
    pub(crate) descriptions: Descriptions,
    pub(crate) preference: TemporalityPreference,
}

/// Why a point cannot be delivered.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum PointError {
    /// A sum that only grows cannot be negative.
    #[error(
        "the value of `{key}` is {value}, and a {kind} of OTLP cannot be negative; make the metric a gauge"
    )]
    Negative { key: String, kind: &'static str, value: f64 },
    /// A value that no backend can show.
    #[error("the value of `{key}` is {value}, which is not a finite number")]
    NotFinite { key: String, value: f64 },
    /// A number in place of a distribution, or the other way round.
    #[error("`{key}` is a {kind}, but its value is a {value_type}")]
    WrongType { key: String, kind: &'static str, value_type: &'static str },
}

/// Identifies a metric of a request. All its data points have the same key, unit, type and temporality.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct MetricId<'a> {
    key: &'a str,
    unit: Arc<str>,
    shape: Shape,
}

/// The units of metrics in UCUM, each looked up once.
#[derive(Debug, Default)]
struct Units<'a>(HashMap<(Option<&'a str>, bool), Arc<str>>);

impl<'a> Units<'a> {
    fn get(&mut self, point: &'a Point) -> Arc<str> {
        let is_rate = matches!(point.kind, Kind::Rate { .. });
        let unit = point.unit.as_deref();
        let ucum = self.0.entry((unit, is_rate)).or_insert_with(|| ucum_unit(unit, is_rate).into());
        Arc::clone(ucum)
    }
}

/// The type of a metric's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    Gauge,
    /// A sum that only grows.
    Sum(AggregationTemporality),
    Histogram(AggregationTemporality),
}

/// The data points of a metric.
#[derive(Debug, Default)]
struct DataPoints {
    numbers: Vec<NumberDataPoint>,
    histograms: Vec<ExponentialHistogramDataPoint>,
}

impl Encoder {
    /// Refuses a point that OTLP cannot represent.
    pub(crate) fn check(&self, point: &Point) -> Result<(), PointError> {
        let (key, kind) = (|| point.key.clone(), point.kind.name());
        match (self.shape(point), point.value.number()) {
            (_, Some(value)) if !value.is_finite() => Err(PointError::NotFinite { key: key(), value }),
            (Shape::Sum(_), Some(value)) if value < 0.0 => {
                Err(PointError::Negative { key: key(), kind, value })
            }
            (Shape::Gauge | Shape::Sum(_), None) => {
                Err(PointError::WrongType { key: key(), kind, value_type: "distribution" })
            }
            (Shape::Histogram(_), Some(_)) => {
                Err(PointError::WrongType { key: key(), kind, value_type: "number" })
            }
            _ => Ok(()),
        }
    }

    /// A request with these points.
    pub(crate) fn encode<'a>(
        &'a self,
        points: impl IntoIterator<Item = &'a Point>,
    ) -> ExportMetricsServiceRequest {
        let mut resources = BTreeMap::<BTreeMap<&str, &str>, BTreeMap<MetricId<'_>, DataPoints>>::new();
        let mut units = Units::default();
        for point in points {
            let attributes = self.splitter.split(&point.tags);
            let id = MetricId { key: &point.key, unit: units.get(point), shape: self.shape(point) };
            let data_points = resources.entry(attributes.resource).or_default().entry(id).or_default();
            self.add(data_points, point, attributes.data_point);
        }
        let resource_metrics = resources.into_iter().map(|(attributes, metrics)| ResourceMetrics {
            resource: Some(Resource { attributes: resource_attributes(attributes) }),
            scope_metrics: vec![ScopeMetrics {
                scope: Some(InstrumentationScope {
                    name: "system-health".to_owned(),
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                }),
                metrics: metrics.into_iter().map(|(id, points)| self.metric(&id, points)).collect(),
            }],
        });
        ExportMetricsServiceRequest { resource_metrics: resource_metrics.collect() }
    }

    /// The type of data that a point becomes. A backend that prefers cumulative data, such as Prometheus, refuses or drops
    /// deltas. For such a backend, a count is a gauge: the number in the last interval.
    fn shape(&self, point: &Point) -> Shape {
        match (point.kind, self.preference.temporality()) {
            (Kind::Distribution, Temporality::Cumulative) => {
                Shape::Histogram(AggregationTemporality::Cumulative)
            }
            (Kind::Distribution, Temporality::Delta) => Shape::Histogram(AggregationTemporality::Delta),
            (Kind::Counter, _) => Shape::Sum(AggregationTemporality::Cumulative),
            (Kind::Count { .. }, Temporality::Delta) => Shape::Sum(AggregationTemporality::Delta),
            (Kind::Gauge | Kind::Count { .. } | Kind::Rate { .. }, _) => Shape::Gauge,
        }
    }

    fn add(&self, data_points: &mut DataPoints, point: &Point, attributes: Vec<KeyValue>) {
        let start_time_unix_nano = match self.shape(point) {
            Shape::Gauge => 0,
            Shape::Sum(_) | Shape::Histogram(_) => start_time(point).map_or(0, nanoseconds),
        };
        let time_unix_nano = nanoseconds(point.timestamp);
        match &point.value {
            Value::Number(number) => data_points.numbers.push(NumberDataPoint {
                attributes,
                start_time_unix_nano,
                time_unix_nano,
                value: Some(NumberValue::AsDouble(*number)),
            }),
            Value::Distribution(distribution) => {
                let histogram = histogram(distribution);
                data_points.histograms.push(ExponentialHistogramDataPoint {
                    attributes,
                    start_time_unix_nano,
                    time_unix_nano,
                    ..histogram
                });
            }
        }
    }

    fn metric(&self, id: &MetricId<'_>, DataPoints { numbers, histograms }: DataPoints) -> Metric {
        let data = match id.shape {
            Shape::Gauge => MetricData::Gauge(Gauge { data_points: numbers }),
            Shape::Sum(temporality) => MetricData::Sum(Sum {
                data_points: numbers,
                aggregation_temporality: temporality.into(),
                is_monotonic: true,
            }),
            Shape::Histogram(temporality) => MetricData::ExponentialHistogram(ExponentialHistogram {
                data_points: histograms,
                aggregation_temporality: temporality.into(),
            }),
        };
        let description = self.descriptions.get(id.key).unwrap_or_default();
        Metric { name: id.key.to_owned(), description, unit: id.unit.to_string(), data: Some(data) }
    }
}

/// The start of the time that a value covers, if it is known. It is never after the time of the value, which may have been
/// rounded down.
fn start_time(point: &Point) -> Option<SystemTime> {
    let start = match (point.since, point.kind.interval()) {
        (Some(since), _) => Some(since),
        (None, Some(interval)) => point.timestamp.checked_sub(interval),
        (None, None) => None,
    };
    start.map(|start| start.min(point.timestamp))
}

/// Nanoseconds since 1970. Zero means unknown.
fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn resource_attributes(attributes: BTreeMap<&str, &str>) -> Vec<KeyValue> {
    let attributes = attributes.into_iter();
    attributes.map(|(name, value)| key_value(name, AttributeValue::String(value.to_owned()))).collect()
}
