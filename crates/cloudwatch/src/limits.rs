//! The limits of CloudWatch. Those of a request are at
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html>, and those of a datum at
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html>.

use std::time::Duration;

/// Maximum number of data in a request.
pub(crate) const MAX_DATA: usize = 1000;

/// Maximum size of a request, in bytes before compression. AWS says 1 MB.
pub(crate) const MAX_REQUEST_BYTES: usize = 1_000_000;

/// Maximum number of different values in a datum.
pub(crate) const MAX_VALUES: usize = 150;

/// Maximum number of dimensions of a metric.
pub(crate) const MAX_DIMENSIONS: usize = 30;

/// Maximum length of the value of a dimension. See
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html>.
pub(crate) const MAX_DIMENSION_VALUE_LENGTH: usize = 1024;

/// Maximum length of the name of a metric.
pub(crate) const MAX_METRIC_NAME_LENGTH: usize = 255;

/// Maximum length of a namespace.
pub(crate) const MAX_NAMESPACE_LENGTH: usize = 255;

/// The binary exponent of the largest absolute value, which is 2^360.
pub(crate) const MAX_EXPONENT: i32 = 360;

/// Maximum age of a point: two weeks.
pub(crate) const MAX_AGE: Duration = Duration::from_hours(14 * 24);

/// How far in the future a point may be.
pub(crate) const MAX_AHEAD: Duration = Duration::from_hours(2);

/// Maximum number of metrics in a document of the Embedded Metric Format. This limit and the next one are at
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.
pub(crate) const MAX_EMF_METRICS: usize = 100;

/// Maximum number of values of a metric in a document.
pub(crate) const MAX_EMF_VALUES: usize = 100;

/// Maximum number of values of a distribution that is written as documents. This limit is our own. It is needed because the format
/// has no counts: a value that occurs ten times is written ten times.
pub(crate) const MAX_EMF_DISTRIBUTION_VALUES: u64 = 10_000;
