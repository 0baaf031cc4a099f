//! Points in Datadog's format, and their size in it.
//! See <https://docs.datadoghq.com/api/latest/metrics/#submit-metrics>.

use datadog_api_client::datadogV2::model::{MetricIntakeType, MetricPayload, MetricPoint, MetricSeries};
use system_health_registry::{Kind, Point, Tag};

use super::{cut::ENVELOPE, distribution::distribution_size, json_size::json_size};
use crate::{
    client::{DatadogError, MAX_JSON_SIZE},
    seconds::{saturating_i64, seconds},
};

/// The payload for points: one series for each. It omits distributions, which have an endpoint of their own.
///
/// A repeated delivery overwrites the first one, because metric, tags and time are the same. The payload contains no host:
/// each run may be a new pod, and its host name would split every metric into one series per run. A point whose value is not
/// a finite number is omitted, because JSON cannot represent it. The total of a counter is also omitted, because Datadog needs
/// increases.
#[must_use]
pub fn payload<'a>(points: impl IntoIterator<Item = &'a Point>) -> MetricPayload {
    MetricPayload::new(points.into_iter().filter_map(series).collect())
}

/// The size of a point in a payload, in bytes. Fails if the point cannot be sent at all.
pub(crate) fn size(point: &Point) -> Result<usize, DatadogError> {
    if let Some(distribution) = point.value.distribution() {
        return distribution_size(point, distribution);
    }
    let Some(series) = series(point) else {
        return Err(match point.value.number() {
            Some(number) if number.is_finite() => DatadogError::UnconvertedKind { kind: point.kind.name() },
            _ => DatadogError::NotANumber { value: point.value.to_string() },
        });
    };
    let size = json_size(&series)?;
    let alone = ENVELOPE + size;
    if alone > MAX_JSON_SIZE {
        return Err(DatadogError::TooLarge { size: alone, form: "of JSON", limit: MAX_JSON_SIZE });
    }
    Ok(size)
}

/// The series of a point. `None` for a value that is not a finite number, and for a kind that series do not have.
fn series(point: &Point) -> Option<MetricSeries> {
    let number = point.value.number().filter(|number| number.is_finite())?;
    let value = MetricPoint::new().timestamp(seconds(point.timestamp)).value(number);
    let mut sent = MetricSeries::new(point.key.clone(), vec![value])
        .type_(match point.kind {
            Kind::Gauge => MetricIntakeType::GAUGE,
            Kind::Count { .. } => MetricIntakeType::COUNT,
            Kind::Rate { .. } => MetricIntakeType::RATE,
            Kind::Counter | Kind::Distribution => return None,
        })
        .tags(point.tags.iter().map(Tag::to_string).collect());
    if let Some(interval) = point.kind.interval() {
        sent = sent.interval(saturating_i64(interval.as_secs()));
    }
    if let Some(unit) = &point.unit {
        sent = sent.unit(unit.clone());
    }
    Some(sent)
}

#[cfg(test)]
mod tests {
    use std::{
        slice,
        sync::LazyLock,
        time::{Duration, UNIX_EPOCH},
    };

    use proptest::{collection::btree_set, option, prelude::*};

    use super::*;
    use crate::{Site, deliver::requests::Requests};

    fn point() -> impl Strategy<Value = Point> {
        let kind = prop_oneof![
            Just(Kind::Gauge),
            (1..100_000_u64).prop_map(|seconds| Kind::Count { interval: Duration::from_secs(seconds) }),
            (1..100_000_u64).prop_map(|seconds| Kind::Rate { interval: Duration::from_secs(seconds) }),
        ];
        let tags = btree_set("[a-zä][a-z0-9é_:./-]{0,20}[a-z0-9]", 0..6);
        let value =
            prop_oneof![any::<f64>().prop_filter("finite", |value| value.is_finite()), Just(-0.0), Just(7.0)];
        (
            "[a-z][a-z_.]{0,30}",
            kind,
            option::of(r#"(\PC|[\x00-\x1f"\\\x7f]){0,10}"#),
            tags,
            0..4_000_000_000_u64,
            value,
        )
            .prop_map(|(key, kind, unit, tags, seconds, value)| Point {
                key,
                kind,
                since: None,
                unit,
                tags: tags.iter().filter_map(|tag| Tag::parse(tag).ok()).collect(),
                timestamp: UNIX_EPOCH + Duration::from_secs(seconds),
                value: value.into(),
            })
    }

    /// The generated client's payload for a point.
    fn body(point: &Point) -> Vec<u8> {
        static REQUESTS: LazyLock<Requests> =
            LazyLock::new(|| Requests::new(&Site::default().into(), "0dd0c0ffee", reqwest::Client::new()));
        let request = REQUESTS.series(slice::from_ref(point)).unwrap();
        zstd::decode_all(request.body().unwrap().as_bytes().unwrap()).unwrap()
    }

    proptest! {
        #[test]
        fn the_size_equals_that_of_the_generated_payload(point in point()) {
            prop_assert_eq!(ENVELOPE + size(&point).unwrap(), body(&point).len());
        }
    }
}
