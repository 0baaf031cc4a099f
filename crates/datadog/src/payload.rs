//! Points in the form in which Datadog takes them, and how long they are in it.
//! See <https://docs.datadoghq.com/api/latest/metrics/#submit-metrics>.

use std::{
    io,
    time::{SystemTime, UNIX_EPOCH},
};

use datadog_api_client::datadogV2::model::{MetricIntakeType, MetricPayload, MetricPoint, MetricSeries};
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use system_health_registry::{Kind, Point, Tag};

use crate::{DatadogError, cut::ENVELOPE, limits::MAX_PLAIN};

/// What is sent for points: one series for each.
///
/// A repeated delivery overwrites the first one, because metric, tags and time are the same. No host is
/// named: a run may be a new pod each time, and its host name would split every metric into one series
/// for each run. A value that is no finite number is left out; JSON has no word for it.
#[must_use]
pub fn payload<'a>(points: impl IntoIterator<Item = &'a Point>) -> MetricPayload {
    MetricPayload::new(points.into_iter().filter(|point| point.value.is_finite()).map(series).collect())
}

/// How many bytes a point takes in a payload, if one can hold it at all.
pub(crate) fn size(point: &Point) -> Result<usize, DatadogError> {
    if !point.value.is_finite() {
        return Err(DatadogError::NotFinite(point.value));
    }
    let mut counter = Counter(0);
    series(point)
        .serialize(&mut Serializer::with_formatter(&mut counter, PlainNumbers))
        .map_err(|error| DatadogError::Client(error.to_string()))?;
    let alone = ENVELOPE + counter.0;
    if alone > MAX_PLAIN {
        return Err(DatadogError::TooLarge { size: alone, form: "of JSON", limit: MAX_PLAIN });
    }
    Ok(counter.0)
}

fn series(point: &Point) -> MetricSeries {
    let value = MetricPoint::new().timestamp(seconds(point.timestamp)).value(point.value);
    let mut sent = MetricSeries::new(point.key.clone(), vec![value])
        .type_(match point.kind {
            Kind::Gauge => MetricIntakeType::GAUGE,
            Kind::Count { .. } => MetricIntakeType::COUNT,
            Kind::Rate { .. } => MetricIntakeType::RATE,
        })
        .tags(point.tags.iter().map(Tag::to_string).collect());
    if let Some(interval) = point.kind.interval() {
        sent = sent.interval(whole(interval.as_secs()));
    }
    if let Some(unit) = &point.unit {
        sent = sent.unit(unit.clone());
    }
    sent
}

/// Whole seconds since 1970, before which no clock of ours is set.
fn seconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => whole(since.as_secs()),
        Err(before) => -whole(before.duration().as_secs()),
    }
}

fn whole(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

/// Counts what is written, and keeps none of it.
struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes numbers as the generated client does, whose formatter is private: 1e300 with all its zeros.
struct PlainNumbers;

impl Formatter for PlainNumbers {
    fn write_f64<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        write!(writer, "{value}")
    }
}

#[cfg(test)]
mod tests {
    use std::{slice, sync::LazyLock, time::Duration};

    use proptest::{collection::btree_set, option, prelude::*};

    use super::*;
    use crate::{Site, requests::Requests};

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
                unit,
                tags: tags.iter().filter_map(|tag| Tag::parse(tag).ok()).collect(),
                timestamp: UNIX_EPOCH + Duration::from_secs(seconds),
                value,
            })
    }

    /// What the generated client sends for a point.
    fn body(point: &Point) -> Vec<u8> {
        static REQUESTS: LazyLock<Requests> =
            LazyLock::new(|| Requests::new(&Site::default().into(), "0dd0c0ffee", reqwest::Client::new()));
        let request = REQUESTS.series(slice::from_ref(point)).unwrap();
        zstd::decode_all(request.body().unwrap().as_bytes().unwrap()).unwrap()
    }

    proptest! {
        #[test]
        fn a_point_is_as_long_as_the_generated_client_sends_it(point in point()) {
            prop_assert_eq!(ENVELOPE + size(&point).unwrap(), body(&point).len());
        }
    }
}
