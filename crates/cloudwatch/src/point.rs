//! A point as CloudWatch sees it: with dimensions, and with one of CloudWatch's units.

use std::time::UNIX_EPOCH;

use system_health_registry::Point;

use crate::{
    dimensions::{Dimensions, DimensionsError},
    limits::MAX_METRIC_NAME_LENGTH,
    metric_values::{MetricValues, ValueError},
    unit::standard_unit,
};

/// The values of one metric, of one set of dimensions, at one time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CloudWatchPoint<'a> {
    pub(crate) name: &'a str,
    pub(crate) dimensions: Dimensions<'a>,
    pub(crate) unit: &'static str,
    /// In seconds since 1970.
    pub(crate) timestamp: u64,
    pub(crate) values: MetricValues,
}

/// The error of a point that cannot be delivered.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("`{key}` cannot be delivered")]
pub(crate) struct PointError {
    key: String,
    #[source]
    reason: Reason,
}

/// Why a point cannot be delivered.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum Reason {
    #[error("the key has more than {MAX_METRIC_NAME_LENGTH} characters")]
    LongName,
    #[error(transparent)]
    Dimensions(#[from] DimensionsError),
    #[error(transparent)]
    Value(#[from] ValueError),
    #[error(
        "one of its tags is named `{0}`, too, and a document cannot contain two members with the same name; rename the tag"
    )]
    TagHasNameOfMetric(String),
    #[error(
        "the distribution has {count} values, and at most {limit} are written as documents, which have no counts; deliver \
         it without `emf = true`"
    )]
    TooManyValues { count: u64, limit: u64 },
}

impl<'a> CloudWatchPoint<'a> {
    pub(crate) fn from_point(point: &'a Point) -> Result<Self, PointError> {
        Self::try_from_point(point).map_err(|reason| PointError { key: point.key.clone(), reason })
    }

    fn try_from_point(point: &'a Point) -> Result<Self, Reason> {
        if point.key.len() > MAX_METRIC_NAME_LENGTH {
            return Err(Reason::LongName);
        }
        Ok(Self {
            name: &point.key,
            dimensions: Dimensions::from_tags(&point.tags)?,
            unit: standard_unit(point.kind, point.unit.as_deref()),
            // Points before 1970 are too old and are not delivered.
            timestamp: point.timestamp.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
            values: MetricValues::try_from(&point.value)?,
        })
    }

    pub(crate) fn refuse(&self, reason: Reason) -> PointError {
        PointError { key: self.name.to_owned(), reason }
    }
}
