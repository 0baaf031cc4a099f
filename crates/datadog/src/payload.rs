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

/// Writes numbers as the generated client does: 1e300 with all its zeros.
struct PlainNumbers;

impl Formatter for PlainNumbers {
    fn write_f64<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        write!(writer, "{value}")
    }
}
