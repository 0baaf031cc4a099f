//! Reports and sinks for the tests.

use std::time::{Duration, SystemTime};

use secrecy::SecretString;
use system_health_datadog::{DatadogConfig, DatadogSink};
use system_health_registry::{
    Catalog, Collect, Context, Engine, Kind, Metric, Reading, Report, Sample, Tag, Unavailable, source,
};
use system_health_test_support::datadog::DatadogIntake;

/// The time of every report: 2026-01-02T03:04:05.678Z.
pub(crate) const TIMESTAMP: i64 = 1_767_323_045;

/// A metric without a unit and tags.
pub(crate) const fn metric(key: &'static str, collect: Collect) -> Metric {
    Metric::new(key, "For a test.", source!(), collect)
}

/// A gauge with two samples, a count, a rate, and two metrics without a value.
pub(crate) async fn mixed() -> Report {
    let interval = Duration::from_mins(15);
    report([
        metric("commits.hotfix", |_| {
            Box::pin(async {
                let sample =
                    |value, branch| Ok::<_, Unavailable>(Sample::new(value)?.with_tag("branch", branch)?);
                Ok(Reading::Value(vec![sample(7.5, "main")?, sample(0.25, "Next/1")?]))
            })
        })
        .with_unit("commit")
        .with_tags(&["team:platform"]),
        metric("deploys", |_| Box::pin(async { Ok(Reading::Value(vec![Sample::new(3.5)?])) }))
            .with_kind(Kind::Count { interval }),
        metric("requests", |_| Box::pin(async { Ok(Reading::Value(vec![Sample::new(-1e300)?])) }))
            .with_kind(Kind::Rate { interval }),
        metric("silent", |_| Box::pin(async { Ok(Reading::no_data("nothing yet")) })),
        metric("broken", |_| Box::pin(async { Err("refused")? })),
    ])
    .await
}

/// A report without a single value.
pub(crate) async fn empty() -> Report {
    report([metric("silent", |_| Box::pin(async { Ok(Reading::no_data("nothing yet")) }))]).await
}

async fn report(metrics: impl IntoIterator<Item = Metric>) -> Report {
    let started_at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_767_323_045_678);
    let catalog = Catalog::new(metrics).unwrap();
    let run = Engine::new().run(&catalog, &Context::starting_at(started_at)).await;
    Report::new(run, ["source:system-health", "env:test"].map(|tag| Tag::parse(tag).unwrap()))
}

/// The configuration for an intake.
pub(crate) fn config(url: &str) -> DatadogConfig {
    DatadogConfig::new(url.parse().unwrap(), SecretString::from(DatadogIntake::KEY))
}

/// A sink for an intake.
pub(crate) fn sink(intake: &DatadogIntake) -> DatadogSink {
    DatadogSink::new(config(&intake.url())).unwrap()
}
