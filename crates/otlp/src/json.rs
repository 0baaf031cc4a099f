//! A request in the JSON of OTLP, for people to read (<https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>): names
//! in camel case, integers of 64 bits as strings, and enumerations as numbers.

use serde_json::{Map, Value, json};

use crate::proto::{
    AnyValue, AttributeValue, Buckets, ExponentialHistogramDataPoint, ExportMetricsServiceRequest, KeyValue,
    Metric, MetricData, NumberDataPoint, NumberValue, ResourceMetrics, ScopeMetrics,
};

/// The request as JSON.
pub(crate) fn to_json(request: &ExportMetricsServiceRequest) -> Value {
    json!({ "resourceMetrics": list(&request.resource_metrics, resource_metrics) })
}

fn list<T>(items: &[T], item: impl Fn(&T) -> Value) -> Value {
    items.iter().map(item).collect()
}

fn resource_metrics(metrics: &ResourceMetrics) -> Value {
    let attributes = metrics.resource.as_ref().map(|resource| list(&resource.attributes, key_value));
    json!({ "resource": { "attributes": attributes }, "scopeMetrics": list(&metrics.scope_metrics, scope_metrics) })
}

fn scope_metrics(metrics: &ScopeMetrics) -> Value {
    let scope = metrics.scope.as_ref();
    let scope = scope.map(|scope| json!({ "name": scope.name, "version": scope.version }));
    json!({ "scope": scope, "metrics": list(&metrics.metrics, metric) })
}

fn metric(metric: &Metric) -> Value {
    let mut fields = Map::new();
    fields.insert("name".to_owned(), metric.name.clone().into());
    for (name, text) in [("description", &metric.description), ("unit", &metric.unit)] {
        if !text.is_empty() {
            fields.insert(name.to_owned(), text.clone().into());
        }
    }
    match &metric.data {
        None => {}
        Some(MetricData::Gauge(gauge)) => {
            let data = json!({ "dataPoints": list(&gauge.data_points, number_data_point) });
            fields.insert("gauge".to_owned(), data);
        }
        Some(MetricData::Sum(sum)) => {
            let data = json!({
                "dataPoints": list(&sum.data_points, number_data_point),
                "aggregationTemporality": sum.aggregation_temporality,
                "isMonotonic": sum.is_monotonic,
            });
            fields.insert("sum".to_owned(), data);
        }
        Some(MetricData::ExponentialHistogram(histogram)) => {
            let data = json!({
                "dataPoints": list(&histogram.data_points, histogram_data_point),
                "aggregationTemporality": histogram.aggregation_temporality,
            });
            fields.insert("exponentialHistogram".to_owned(), data);
        }
    }
    fields.into()
}

fn number_data_point(point: &NumberDataPoint) -> Value {
    let mut fields = data_point(&point.attributes, point.start_time_unix_nano, point.time_unix_nano);
    if let Some(NumberValue::AsDouble(value)) = point.value {
        fields.insert("asDouble".to_owned(), value.into());
    }
    fields.into()
}

fn histogram_data_point(point: &ExponentialHistogramDataPoint) -> Value {
    let mut fields = data_point(&point.attributes, point.start_time_unix_nano, point.time_unix_nano);
    for (name, value) in [
        ("count", Some(point.count.to_string().into())),
        ("sum", point.sum.map(Value::from)),
        ("scale", Some(point.scale.into())),
        ("zeroCount", Some(point.zero_count.to_string().into())),
        ("positive", point.positive.as_ref().map(buckets)),
        ("negative", point.negative.as_ref().map(buckets)),
        ("min", point.min.map(Value::from)),
        ("max", point.max.map(Value::from)),
    ] {
        fields.extend(value.map(|value| (name.to_owned(), value)));
    }
    fields.into()
}

fn data_point(attributes: &[KeyValue], start: u64, time: u64) -> Map<String, Value> {
    let mut fields = Map::new();
    if !attributes.is_empty() {
        fields.insert("attributes".to_owned(), list(attributes, key_value));
    }
    if start != 0 {
        fields.insert("startTimeUnixNano".to_owned(), start.to_string().into());
    }
    fields.insert("timeUnixNano".to_owned(), time.to_string().into());
    fields
}

fn buckets(buckets: &Buckets) -> Value {
    json!({ "offset": buckets.offset, "bucketCounts": list(&buckets.bucket_counts, |count| count.to_string().into()) })
}

fn key_value(attribute: &KeyValue) -> Value {
    json!({ "key": attribute.key, "value": attribute.value.as_ref().map(any_value) })
}

fn any_value(value: &AnyValue) -> Value {
    match &value.value {
        None => json!({}),
        Some(AttributeValue::String(text)) => json!({ "stringValue": text }),
        Some(AttributeValue::Bool(value)) => json!({ "boolValue": value }),
        // 64-bit integers are strings in OTLP's JSON.
        Some(AttributeValue::Integer(value)) => json!({ "intValue": value.to_string() }),
        Some(AttributeValue::Number(value)) => json!({ "doubleValue": value }),
        Some(AttributeValue::Array(array)) => {
            json!({ "arrayValue": { "values": list(&array.values, any_value) } })
        }
    }
}
