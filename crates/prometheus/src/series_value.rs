//! The value of a series, and the type that Prometheus gives to its metric
//! (<https://prometheus.io/docs/concepts/metric_types/>).

use std::fmt;

use system_health_registry::{Kind, Point, Value};

use crate::{histogram::Histogram, unit::Conversion};

/// The value of a series, in its base unit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SeriesValue {
    Number(f64),
    Histogram(Histogram),
}

/// The type of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FamilyType {
    Gauge,
    Counter,
    Histogram,
}

impl SeriesValue {
    pub(crate) fn from_point(point: &Point, conversion: Conversion) -> Self {
        match &point.value {
            Value::Number(number) => Self::Number(conversion.apply(*number)),
            Value::Distribution(values) => Self::Histogram(Histogram::new(values, conversion)),
        }
    }
}

impl FamilyType {
    /// A count is a gauge, because the next run replaces it. See docs/prometheus.md.
    pub(crate) fn from_point(point: &Point) -> Self {
        match (&point.value, point.kind) {
            (Value::Distribution(_), _) => Self::Histogram,
            (Value::Number(_), Kind::Counter) => Self::Counter,
            (Value::Number(_), _) => Self::Gauge,
        }
    }
}

impl fmt::Display for FamilyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Histogram => "histogram",
        })
    }
}
