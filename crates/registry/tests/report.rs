//! Reports: their points, with the tags of the report, the metric and the sample.

mod common;

use std::time::{Duration, SystemTime};

use insta::assert_snapshot;
use system_health_registry::{
    Context, NoData, Point, Report, Sample, SampleError, Tag, Unavailable, system_health_metric,
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

/// Samples whose tags have the names of tags of the metric or of the report, with other values.
#[system_health_metric(key = "levels.all", tags = ["service:shop", "version:2"])]
fn levels() -> Result<Vec<Sample>, SampleError> {
    Ok(vec![
        Sample::new(1.0)?,
        Sample::new(2.0)?.with_tag("env", "stage")?.with_tag("team", "b")?,
        Sample::new(3.0)?.with_tag("version", "1")?.with_tag("source", "scan")?,
        Sample::new(4.0)?.with_tag("service", "a")?.with_tag("service", "b")?,
    ])
}

/// Two samples, one of which has a tag that the report may also have.
#[system_health_metric(key = "duplicate.report")]
fn like_the_report() -> Result<Vec<Sample>, SampleError> {
    Ok(vec![Sample::new(0.0)?, Sample::new(1.0)?.with_tag("env", "test")?])
}

/// Two samples, one of which has a tag that the report may also have. A point may have several tags with this name.
#[system_health_metric(key = "duplicate.team")]
fn like_another_tag_of_the_report() -> Result<Vec<Sample>, SampleError> {
    Ok(vec![Sample::new(0.0)?, Sample::new(1.0)?.with_tag("team", "a")?])
}

/// Two samples that would have the same tags if the version of the metric were added to them.
#[system_health_metric(key = "duplicate.not", tags = ["version:1"])]
fn different_versions() -> Result<Vec<Sample>, SampleError> {
    let two = Sample::new(1.0)?.with_tag("version", "2")?;
    Ok(vec![Sample::new(0.0)?.with_tag("version", "1")?.with_tag("version", "2")?, two])
}

/// Has no data.
#[system_health_metric(key = "queue.no_data", goal = "< 5")]
fn no_data() -> NoData {
    NoData::new("a test")
}

/// Fails.
#[system_health_metric(key = "queue.broken", goal = "< 5")]
fn broken() -> Result<u64, Unavailable> {
    Err("a test")?
}

/// Had another key before.
#[system_health_metric(key = "desk.waiting", alias = "desk.people", alias_until = "2027-01-31")]
fn renamed() -> Result<Vec<Sample>, SampleError> {
    let at_desk = |people, desk| Sample::new(people)?.with_tag("desk", desk);
    Ok(vec![at_desk(2.0, "north")?, at_desk(1.0, "south")?])
}

/// Has no goal.
#[system_health_metric(key = "queue.aimless")]
fn aimless() -> i64 {
    -1
}

fn tags(texts: &[&str]) -> Vec<Tag> {
    texts.iter().map(|text| Tag::parse(text).unwrap()).collect()
}

fn line(point: &Point) -> String {
    let tags: Vec<_> = point.tags.iter().map(Tag::as_str).collect();
    format!("{} = {} [{}]", point.key, point.value, tags.join(", "))
}

#[tokio::test]
async fn points_have_the_tags_of_the_report_the_metric_and_the_sample() {
    let run = common::run("queue.", &Context::new()).await;

    let report = Report::new(run, tags(&["source:system-health", "area:queues", "env:test"]));

    let points: Vec<String> = report.points().map(|point| line(&point)).collect();
    assert_snapshot!(points.join("\n"), @"
    queue.aimless = -1 [area:queues, env:test, source:system-health]
    queue.waiting = 7 [area:queues, env:test, queue:print_jobs, source:system-health, team:platform]
    queue.waiting = 3 [area:queues, env:test, queue:mail, source:system-health, team:platform]
    queue.workers = 4 [area:queues, env:test, source:system-health]
    ");
}

#[tokio::test]
async fn the_most_specific_value_of_a_single_value_tag_is_used() {
    let run = common::run("levels.", &Context::new()).await;

    let report =
        Report::new(run, tags(&["source:system-health", "env:test", "service:x", "version:9", "team:a"]));

    let points: Vec<String> = report.points().map(|point| line(&point)).collect();
    assert_snapshot!(points.join("\n"), @"
    levels.all = 1 [env:test, service:shop, source:system-health, team:a, version:2]
    levels.all = 2 [env:stage, service:shop, source:system-health, team:a, team:b, version:2]
    levels.all = 3 [env:test, service:shop, source:scan, team:a, version:1]
    levels.all = 4 [env:test, service:a, service:b, source:system-health, team:a, version:2]
    ");
    let outcome = &report.run().outcomes()[0];
    let tags_of_samples = outcome.samples().iter().map(|sample| report.tags_of(outcome, sample));
    assert!(tags_of_samples.eq(report.points().map(|point| point.tags)));
}

#[tokio::test]
async fn samples_that_share_a_series_because_of_the_reports_tags_are_an_error() {
    let with_tags = async |texts: &[&str]| {
        let report = Report::new(common::run("duplicate.", &Context::new()).await, tags(texts));
        (common::lines(report.run()), report.points().count())
    };

    assert_eq!(
        with_tags(&["env:prod", "team:b"]).await.1,
        6,
        "the samples differ even with the report's tags"
    );
    let (lines, points) = with_tags(&["env:test", "team:a"]).await;
    assert_snapshot!(lines, @"
    duplicate.not: value 0 [version:1, version:2] 1 [version:2]
    duplicate.report: error: two samples have the same tags [env:test, team:a]; each sample needs different tags
    duplicate.team: error: two samples have the same tags [env:test, team:a]; each sample needs different tags
    ");
    assert_eq!(points, 2);
}

#[tokio::test]
async fn points_are_also_delivered_under_an_active_alias() {
    let end = humantime::parse_rfc3339("2027-01-31T00:00:00Z").unwrap();
    let points = async |start: SystemTime, slot| {
        let run = common::run("desk.", &Context::starting_at(start)).await;
        let report = Report::new(run, tags(&["env:test"])).aligned(slot);
        let lines: Vec<String> = report.points().map(|point| line(&point)).collect();
        assert!(report.points().all(|point| point.timestamp == report.timestamp()));
        lines.join("\n")
    };
    let (second, day) = (Duration::from_secs(1), Duration::from_hours(24));

    let before = points(end - second, Duration::ZERO).await;

    assert_snapshot!(before, @"
    desk.waiting = 2 [desk:north, env:test]
    desk.people = 2 [desk:north, env:test]
    desk.waiting = 1 [desk:south, env:test]
    desk.people = 1 [desk:south, env:test]
    ");
    assert_eq!(points(end + second, 7 * day).await, before, "the timestamp of the points decides");
    assert_snapshot!(points(end, Duration::ZERO).await, @"
    desk.waiting = 2 [desk:north, env:test]
    desk.waiting = 1 [desk:south, env:test]
    ");
}

#[tokio::test]
async fn only_values_become_points() {
    let (no_data, broken) = (
        common::run("queue.no_data", &Context::new()).await,
        common::run("queue.broken", &Context::new()).await,
    );

    assert_eq!(Report::new(no_data, []).points().count(), 0);
    assert_eq!(Report::new(broken, []).points().count(), 0);
}

#[tokio::test]
async fn a_report_has_the_start_time_of_its_run_and_each_tag_once() {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let run = common::run("queue.workers", &Context::starting_at(start)).await;

    let report = Report::new(run, tags(&["env:test", "env:test"]));

    assert_eq!(report.timestamp(), start);
    assert_eq!(report.tags().iter().map(Tag::as_str).collect::<Vec<_>>(), ["env:test"]);
    assert_eq!(report.run().outcomes().len(), 1);
}

#[tokio::test]
async fn an_aligned_report_has_the_start_time_of_its_slot() {
    let quarter_past = SystemTime::UNIX_EPOCH + Duration::from_mins(15) * 1_888_889;
    let run =
        common::run("queue.workers", &Context::starting_at(quarter_past + Duration::from_millis(899_999)))
            .await;

    let aligned = |slot| Report::new(run.clone(), []).aligned(slot).timestamp();

    assert_eq!(Report::new(run.clone(), []).timestamp(), quarter_past + Duration::from_secs(899));
    assert_eq!(aligned(Duration::from_mins(15)), quarter_past);
    assert_eq!(aligned(Duration::ZERO), quarter_past + Duration::from_secs(899));
    let points: Vec<Point> = Report::new(run.clone(), []).aligned(Duration::from_mins(15)).points().collect();
    assert_eq!(points[0].timestamp, quarter_past);
}

#[tokio::test]
async fn a_goal_is_met_if_every_sample_meets_it() {
    let run = common::run("queue.", &Context::new()).await;

    let met: Vec<_> =
        run.outcomes().iter().map(|outcome| (outcome.metric.key(), outcome.goal_met())).collect();

    assert_eq!(
        met,
        [
            ("queue.aimless", None),
            ("queue.broken", None),
            ("queue.no_data", None),
            ("queue.waiting", Some(false)),
            ("queue.workers", Some(true)),
        ]
    );
    assert!(common::lines(&run).starts_with("queue.aimless: value -1 []"));
}
