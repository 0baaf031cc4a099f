//! The series of a report in the form in which Datadog takes them.
//! See <https://docs.datadoghq.com/api/latest/metrics/#submit-metrics>.

use std::time::{SystemTime, UNIX_EPOCH};

use datadog_api_client::datadogV2::model::{MetricIntakeType, MetricPayload, MetricPoint, MetricSeries};
use system_health_registry::{Kind, Report, Series, Tag};

/// What is sent for a report: one series with one point for every sample, all at the report's time.
///
/// A repeated delivery overwrites the first one, because metric, tags and time are the same. No host is
/// named: a run may be a new pod each time, and its host name would split every metric into one series
/// for each run.
#[must_use]
pub fn payload(report: &Report) -> MetricPayload {
    let timestamp = seconds(report.timestamp());
    MetricPayload::new(report.series().map(|one| series(one, timestamp)).collect())
}

fn series(series: Series<'_>, timestamp: i64) -> MetricSeries {
    let Series { metric, value, tags } = series;
    let point = MetricPoint::new().timestamp(timestamp).value(value);
    let mut sent = MetricSeries::new(metric.key().to_owned(), vec![point])
        .type_(match metric.kind() {
            Kind::Gauge => MetricIntakeType::GAUGE,
            Kind::Count { .. } => MetricIntakeType::COUNT,
            Kind::Rate { .. } => MetricIntakeType::RATE,
        })
        .tags(tags.iter().map(Tag::to_string).collect());
    if let Some(interval) = metric.kind().interval() {
        sent = sent.interval(whole(interval.as_secs()));
    }
    if let Some(unit) = metric.unit() {
        sent = sent.unit(unit.to_owned());
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
