//! The data of a request, as JSON. See
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html>.

use serde::Serialize;

use crate::{limits::MAX_VALUES, metric_values::MetricValues, point::CloudWatchPoint};

/// Values of one metric, of one set of dimensions, at one time.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Datum<'a> {
    metric_name: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dimensions: Vec<Dimension<'a>>,
    timestamp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<Vec<u64>>,
    unit: &'static str,
    /// In seconds. This is the standard resolution: CloudWatch adds up the values of each minute.
    storage_resolution: u8,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Dimension<'a> {
    name: &'a str,
    value: &'a str,
}

impl<'a> Datum<'a> {
    fn new(point: &'a CloudWatchPoint<'a>) -> Self {
        let dimension = |(name, value)| Dimension { name, value };
        Self {
            metric_name: point.name,
            dimensions: point.dimensions.iter().map(dimension).collect(),
            timestamp: point.timestamp,
            value: None,
            values: None,
            counts: None,
            unit: point.unit,
            storage_resolution: 60,
        }
    }
}

/// The data of a point. CloudWatch adds up the statistics of several data of one metric and time, so a distribution with many
/// values has several data.
pub(crate) fn data(point: &CloudWatchPoint<'_>) -> Result<Vec<String>, serde_json::Error> {
    let data = match &point.values {
        MetricValues::Number(value) => vec![Datum { value: Some(*value), ..Datum::new(point) }],
        MetricValues::Distribution(values) => {
            let part = |values: &[(f64, u64)]| {
                let (values, counts) = values.iter().copied().unzip();
                Datum { values: Some(values), counts: Some(counts), ..Datum::new(point) }
            };
            values.chunks(MAX_VALUES).map(part).collect()
        }
    };
    data.iter().map(serde_json::to_string).collect()
}
