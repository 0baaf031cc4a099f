//! A report: the series that sinks deliver, with the tags of report, metric and sample.

mod common;

use std::time::{Duration, SystemTime};

use insta::assert_snapshot;
use system_health_registry::{
    Context, Reading, Report, Sample, SampleError, Series, Tag, Unavailable, system_health_metric,
};

/// Waiting messages of each queue.
#[system_health_metric(key = "queue.waiting", goal = "< 5", tags = ["Team:Platform", "area:queues"])]
fn waiting() -> Result<Vec<Sample>, SampleError> {
    Ok(vec![
        Sample::new(7.0)?.with_tag("queue", "Print Jobs")?.with_tag("team", "platform")?,
        Sample::new(3.0)?.with_tag("queue", "mail")?,
    ])
}

/// Workers, a metric without tags.
#[system_health_metric(key = "queue.workers", goal = "== 4")]
fn workers() -> u8 {
    4
}

/// Has nothing to say.
#[system_health_metric(key = "queue.silent", goal = "< 5")]
fn silent() -> Reading {
    Reading::no_data("a test")
}

/// Fails.
#[system_health_metric(key = "queue.broken", goal = "< 5")]
fn broken() -> Result<u64, Unavailable> {
    Err("a test")?
}

/// Has no goal.
#[system_health_metric(key = "queue.aimless")]
fn aimless() -> i64 {
    -1
}

fn tags(texts: &[&str]) -> Vec<Tag> {
    texts.iter().map(|text| Tag::parse(text).unwrap()).collect()
}

fn line(series: &Series<'_>) -> String {
    let tags: Vec<_> = series.tags.iter().map(Tag::as_str).collect();
    format!("{} = {} [{}]", series.metric.key(), series.value, tags.join(", "))
}

#[tokio::test]
async fn series_carry_the_tags_of_report_metric_and_sample_each_once() {
    let run = common::run("queue.", &Context::new()).await;

    let report = Report::new(run, tags(&["source:system-health", "area:queues", "env:test"]));

    let series: Vec<String> = report.series().map(|series| line(&series)).collect();
    assert_snapshot!(series.join("\n"), @"
    queue.aimless = -1 [area:queues, env:test, source:system-health]
    queue.waiting = 7 [area:queues, env:test, queue:print_jobs, source:system-health, team:platform]
    queue.waiting = 3 [area:queues, env:test, queue:mail, source:system-health, team:platform]
    queue.workers = 4 [area:queues, env:test, source:system-health]
    ");
}

#[tokio::test]
async fn only_values_become_series() {
    let (silent, broken) = (
        common::run("queue.silent", &Context::new()).await,
        common::run("queue.broken", &Context::new()).await,
    );

    assert_eq!(Report::new(silent, []).series().count(), 0);
    assert_eq!(Report::new(broken, []).series().count(), 0);
}

#[tokio::test]
async fn a_report_has_the_time_and_tags_that_it_was_given() {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let run = common::run("queue.workers", &Context::starting_at(start)).await;

    let report = Report::new(run, tags(&["env:test", "env:test"]));

    assert_eq!(report.timestamp(), start);
    assert_eq!(report.tags().iter().map(Tag::as_str).collect::<Vec<_>>(), ["env:test"]);
    assert_eq!(report.run().outcomes().len(), 1);
}

#[tokio::test]
async fn a_goal_is_met_when_every_sample_meets_it() {
    let run = common::run("queue.", &Context::new()).await;

    let met: Vec<_> =
        run.outcomes().iter().map(|outcome| (outcome.metric.key(), outcome.goal_met())).collect();

    assert_eq!(
        met,
        [
            ("queue.aimless", None),
            ("queue.broken", None),
            ("queue.silent", None),
            ("queue.waiting", Some(false)),
            ("queue.workers", Some(true)),
        ]
    );
    assert!(common::lines(&run).starts_with("queue.aimless: value -1 []"));
}
