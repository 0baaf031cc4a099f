//! Writes points as documents in the Embedded Metric Format. See
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use system_health_registry::{DeliveryError, Fate, Point, Settlement};

use crate::{
    dimensions::Dimensions,
    limits::{MAX_EMF_DISTRIBUTION, MAX_EMF_METRICS, MAX_EMF_VALUES},
    metric_values::MetricValues,
    namespace::Namespace,
    point::{CloudWatchPoint, PointError, Reason},
};

/// Metrics with the same dimensions and time.
#[derive(Debug, Default)]
struct Document {
    definitions: Vec<Value>,
    /// The number, or the list of numbers, of each metric.
    values: Map<String, Value>,
}

/// The documents of some points, and the settlements of those that cannot be written.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    pub(crate) lines: Vec<Value>,
    pub(crate) refused: Vec<Settlement>,
}

impl Documents {
    pub(crate) fn from_points(namespace: &Namespace, points: &[Point]) -> Self {
        let mut documents = Self::default();
        let mut groups = BTreeMap::<(u64, Dimensions<'_>), Vec<Document>>::new();
        for (position, point) in points.iter().enumerate() {
            match point_and_values(point) {
                Ok((point, values)) => {
                    let group = groups.entry((point.timestamp, point.dimensions)).or_default();
                    for values in values {
                        document_for(group, point.name).add(point.name, point.unit, values);
                    }
                }
                Err(error) => {
                    let fate = Fate::Refused(DeliveryError::new(error));
                    documents.refused.push(Settlement { points: position..position + 1, fate });
                }
            }
        }
        for ((timestamp, dimensions), group) in groups {
            let lines =
                group.into_iter().map(|document| document.into_line(namespace, timestamp, &dimensions));
            documents.lines.extend(lines);
        }
        documents
    }
}

/// The first document that has space for the metric, or a new one.
fn document_for<'a>(group: &'a mut Vec<Document>, name: &str) -> &'a mut Document {
    let position = group.iter().position(|document| document.has_space_for(name));
    let position = position.unwrap_or_else(|| {
        group.push(Document::default());
        group.len() - 1
    });
    &mut group[position]
}

impl Document {
    fn has_space_for(&self, name: &str) -> bool {
        self.definitions.len() < MAX_EMF_METRICS && !self.values.contains_key(name)
    }

    fn add(&mut self, name: &str, unit: &str, values: Value) {
        self.definitions.push(json!({"Name": name, "Unit": unit, "StorageResolution": 60}));
        self.values.insert(name.to_owned(), values);
    }

    fn into_line(self, namespace: &Namespace, timestamp: u64, dimensions: &Dimensions<'_>) -> Value {
        let names: Vec<&str> = dimensions.iter().map(|(name, _)| name).collect();
        let directive = json!({
            "Namespace": namespace.as_str(),
            "Dimensions": [names],
            "Metrics": self.definitions,
        });
        let mut line = self.values;
        line.extend(dimensions.iter().map(|(name, value)| (name.to_owned(), value.into())));
        // The time is in milliseconds.
        let metadata = json!({"Timestamp": timestamp * 1000, "CloudWatchMetrics": [directive]});
        line.insert("_aws".to_owned(), metadata);
        line.into()
    }
}

/// A point as CloudWatch sees it, and its values. Each item of the list needs its own document.
fn point_and_values(point: &Point) -> Result<(CloudWatchPoint<'_>, Vec<Value>), PointError> {
    let point = CloudWatchPoint::from_point(point)?;
    if point.dimensions.contains_name(point.name) {
        return Err(point.refuse(Reason::TagHasNameOfMetric(point.name.to_owned())));
    }
    let values = match &point.values {
        MetricValues::Number(number) => vec![(*number).into()],
        MetricValues::Distribution(values) => {
            let count = values.iter().map(|(_, count)| *count).fold(0, u64::saturating_add);
            if count > MAX_EMF_DISTRIBUTION {
                return Err(point.refuse(Reason::TooManyValues { count, limit: MAX_EMF_DISTRIBUTION }));
            }
            let repeated = values.iter().flat_map(|(value, count)| (0..*count).map(|_| *value));
            let repeated: Vec<f64> = repeated.collect();
            repeated.chunks(MAX_EMF_VALUES).map(Value::from).collect()
        }
    };
    Ok((point, values))
}
