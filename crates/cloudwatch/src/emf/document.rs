//! Writes points as documents in the Embedded Metric Format. See
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

use serde::{Serialize, Serializer, ser::SerializeMap};
use system_health_registry::{DeliveryError, Fate, Point, Settlement};

use crate::{
    dimensions::Dimensions,
    limits::{MAX_EMF_DISTRIBUTION_VALUES, MAX_EMF_METRICS, MAX_EMF_VALUES},
    metric_values::MetricValues,
    namespace::Namespace,
    point::{CloudWatchPoint, PointError, Reason},
};

/// One line of the output: metrics with the same dimensions and time.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    namespace: &'a Namespace,
    /// In seconds since 1970.
    timestamp: u64,
    dimensions: Dimensions<'a>,
    metrics: Vec<DocumentMetric<'a>>,
}

/// A metric of a document.
#[derive(Debug)]
struct DocumentMetric<'a> {
    name: &'a str,
    unit: &'static str,
    values: DocumentValues,
}

/// A number, or a list of numbers.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum DocumentValues {
    Number(f64),
    List(Vec<f64>),
}

/// The documents of some points, and the settlements of those that cannot be written.
#[derive(Debug)]
pub(crate) struct Documents<'a> {
    pub(crate) documents: Vec<Document<'a>>,
    pub(crate) refused: Vec<Settlement>,
}

impl<'a> Documents<'a> {
    pub(crate) fn from_points(namespace: &'a Namespace, points: &'a [Point]) -> Self {
        let (mut metrics, mut refused) = (Vec::with_capacity(points.len()), Vec::new());
        for (position, point) in points.iter().enumerate() {
            match point_and_values(point) {
                Ok((CloudWatchPoint { name, dimensions, unit, timestamp, .. }, values)) => {
                    let time_and_dimensions = (timestamp, dimensions);
                    let values = values.into_iter().map(move |values| (name, unit, values));
                    metrics.push((time_and_dimensions, values));
                }
                Err(error) => {
                    let fate = Fate::Refused(DeliveryError::new(error));
                    refused.push(Settlement { points: position..position + 1, fate });
                }
            }
        }
        metrics.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut documents = Vec::<Document<'_>>::with_capacity(metrics.len());
        let mut first_candidate = 0;
        for ((timestamp, dimensions), metrics) in metrics {
            if documents
                .last()
                .is_none_or(|last| last.timestamp != timestamp || last.dimensions != dimensions)
            {
                first_candidate = documents.len();
            }
            for (name, unit, values) in metrics {
                let metric = DocumentMetric { name, unit, values };
                let mut candidates = documents.iter_mut().skip(first_candidate);
                match candidates.find(|document| document.has_space_for(name)) {
                    Some(document) => document.metrics.push(metric),
                    None => documents.push(Document {
                        namespace,
                        timestamp,
                        dimensions: dimensions.clone(),
                        metrics: vec![metric],
                    }),
                }
            }
        }
        Self { documents, refused }
    }
}

impl Document<'_> {
    fn has_space_for(&self, name: &str) -> bool {
        self.metrics.len() < MAX_EMF_METRICS && self.metrics.iter().all(|metric| metric.name != name)
    }
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let directive = Directive {
            namespace: self.namespace.as_str(),
            dimensions: [self.dimensions.iter().map(|(name, _)| name).collect()],
            metrics: self.metrics.iter().map(Definition::from).collect(),
        };
        let mut document = serializer.serialize_map(None)?;
        // The time is in milliseconds.
        let metadata = Metadata { timestamp: self.timestamp * 1000, cloud_watch_metrics: [directive] };
        document.serialize_entry("_aws", &metadata)?;
        for (name, value) in self.dimensions.iter() {
            document.serialize_entry(name, value)?;
        }
        for metric in &self.metrics {
            document.serialize_entry(metric.name, &metric.values)?;
        }
        document.end()
    }
}

/// The member `_aws` of a document, which says what its other members are.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata<'a> {
    timestamp: u64,
    cloud_watch_metrics: [Directive<'a>; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'a str,
    dimensions: [Vec<&'a str>; 1],
    metrics: Vec<Definition<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Definition<'a> {
    name: &'a str,
    unit: &'static str,
    /// In seconds. The metric has the standard resolution.
    storage_resolution: u8,
}

impl<'a> From<&DocumentMetric<'a>> for Definition<'a> {
    fn from(metric: &DocumentMetric<'a>) -> Self {
        Self { name: metric.name, unit: metric.unit, storage_resolution: 60 }
    }
}

/// A point as CloudWatch sees it, and its values. Each [`DocumentValues`] needs its own document.
fn point_and_values(point: &Point) -> Result<(CloudWatchPoint<'_>, Vec<DocumentValues>), PointError> {
    let point = CloudWatchPoint::from_point(point)?;
    if point.dimensions.contains_name(point.name) {
        return Err(point.refuse(Reason::TagHasNameOfMetric(point.name.to_owned())));
    }
    let values = match &point.values {
        MetricValues::Number(number) => vec![DocumentValues::Number(*number)],
        MetricValues::Distribution(values) => {
            let count = values.iter().map(|(_, count)| *count).fold(0, u64::saturating_add);
            if count > MAX_EMF_DISTRIBUTION_VALUES {
                return Err(point.refuse(Reason::TooManyValues { count, limit: MAX_EMF_DISTRIBUTION_VALUES }));
            }
            let repeated = values.iter().flat_map(|(value, count)| (0..*count).map(|_| *value));
            let repeated: Vec<f64> = repeated.collect();
            repeated.chunks(MAX_EMF_VALUES).map(|values| DocumentValues::List(values.to_vec())).collect()
        }
    };
    Ok((point, values))
}
