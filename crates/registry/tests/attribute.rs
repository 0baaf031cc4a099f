//! Tests of the attribute: the function does not change, and the linked catalog has the facts.

mod common;

use std::{collections::BTreeMap, num::ParseIntError, time::Duration};

use insta::assert_snapshot;
use system_health_registry::{
    Aggregate, Catalog, Comparison, Context, FromContext, Goal, Kind, Metric, Monitoring, NoData, Sample,
    Unavailable, current_metric, system_health_metric,
};

#[derive(Clone)]
struct Queues(BTreeMap<&'static str, u64>);

impl FromContext for Queues {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self(BTreeMap::from([("mail", 3), ("print", 4)])))
    }
}

#[derive(Clone)]
struct Generic<T>(T);

impl<T: Clone + Default + Send + Sync + 'static> FromContext for Generic<T> {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self(T::default()))
    }
}

/// Messages that were taken
/// from any queue.
///
///   Retries count as well.
#[system_health_metric(
    key = "facts.many",
    kind = "count",
    interval = "15m",
    unit = "message",
    goal = ">= -0.5",
    tags = ["Team:Platform", "area:queues"],
    timeout = "1500ms",
    owner = "team-platform",
    runbook = "https://wiki.example.com/queues",
    window = "1h 30m",
    aggregate = "sum",
    recovery = "-0.25",
    notify = "@slack-platform  @pagerduty-web",
    alias = "facts.everything",
    alias_until = "2027-01-31",
)]
async fn many_facts(queues: Queues) -> u64 {
    queues.0.values().sum()
}

/// Only what is required.
#[system_health_metric(key = "facts.few")]
fn few_facts() -> bool {
    true
}

/// Messages a second.
#[system_health_metric(key = "facts.rate", kind = "rate", interval = "1h 30m")]
fn rate() -> f64 {
    0.25
}

/// The default kind, written as an option.
#[system_health_metric(key = "facts.gauge", kind = "gauge")]
fn gauge() -> Duration {
    Duration::from_millis(250)
}

/// The length of a queue, formatted and parsed again.
#[system_health_metric(key = "shape.question_mark")]
fn question_mark(Queues(queues): Queues, mut text: Generic<String>) -> Result<u64, ParseIntError> {
    text.0.push_str(&queues["mail"].to_string());
    let number = text.0.parse::<u64>()?;
    Ok(number)
}

/// An argument with generics, and a function whose name also occurs in generated code.
#[system_health_metric(key = "shape.generics")]
async fn context(Generic(context): Generic<Option<Vec<BTreeMap<String, u8>>>>) -> Option<usize> {
    context.map(|context| context.len())
}

/// The length of this metric's key. A sync function runs on another thread, and has a current metric there, too.
#[system_health_metric(key = "shape.current_metric")]
fn length_of_own_key() -> Option<usize> {
    current_metric().map(|metric| metric.key().len())
}

/// Several samples.
#[system_health_metric(key = "shape.samples")]
async fn samples(queues: Queues, _: Generic<u8>) -> Result<Vec<Sample>, Unavailable> {
    let sample = |(name, length): (&&str, &u64)| Ok(Sample::new(*length)?.with_tag("queue", name)?);
    queues.0.iter().map(sample).collect()
}

/// Other attributes are kept, including those after this one.
#[must_use = "attributes are kept"]
#[system_health_metric(key = "shape.attributes")]
#[inline(never)]
pub(crate) fn attributes() -> NoData {
    NoData::new("nobody asked")
}

/// Two metrics from one function.
#[system_health_metric(key = "shape.twice")]
#[system_health_metric(key = "shape.twice_more")]
fn r#type() -> i8 {
    -1
}

fn metric(key: &str) -> Metric {
    let catalog = Catalog::linked().expect("the metrics of this file make a catalog");
    catalog.metrics().iter().find(|metric| metric.key() == key).expect("the metric is linked").clone()
}

#[test]
fn options_are_in_the_catalog() {
    let metric = metric("facts.many");

    assert_eq!(metric.description(), "Messages that were taken from any queue.\n\nRetries count as well.");
    assert_eq!(metric.kind(), Kind::Count { interval: Duration::from_mins(15) });
    assert_eq!(metric.unit(), Some("message"));
    assert_eq!(metric.goal(), Some(Goal::new(Comparison::GreaterOrEqual, -0.5)));
    assert_eq!(metric.tags(), ["Team:Platform", "area:queues"]);
    assert_eq!(metric.timeout(), Some(Duration::from_millis(1500)));
    assert_eq!(metric.aggregate(), Some(Aggregate::Sum));
    let monitoring = Monitoring {
        owner: Some("team-platform".to_owned()),
        runbook: Some("https://wiki.example.com/queues".to_owned()),
        window: Some(Duration::from_mins(90)),
        recovery: Some(-0.25),
        notify: vec!["@slack-platform".to_owned(), "@pagerduty-web".to_owned()],
    };
    assert_eq!(*metric.monitoring(), monitoring);
    let alias = metric.alias().unwrap();
    assert_eq!(alias.to_string(), "facts.everything until 2027-01-31");
    assert_eq!(alias.until(), humantime::parse_rfc3339("2027-01-31T00:00:00Z").unwrap());
}

#[test]
fn options_have_defaults() {
    let metric = metric("facts.few");

    assert_eq!(metric.description(), "Only what is required.");
    assert_eq!(metric.kind(), Kind::Gauge);
    assert_eq!((metric.unit(), metric.goal(), metric.timeout()), (None, None, None));
    assert_eq!((metric.aggregate(), metric.alias()), (None, None));
    assert!(metric.tags().is_empty());
    assert_eq!(*metric.monitoring(), Monitoring::default());
}

#[test]
fn the_location_of_a_metric_is_the_line_of_its_attribute() {
    let line =
        include_str!("attribute.rs").lines().position(|line| line.contains("key = \"facts.few\"")).unwrap()
            + 1;

    let metric = metric("facts.few");

    assert_eq!(
        metric.location().to_string(),
        format!("attribute (crates/registry/tests/attribute.rs:{line})")
    );
}

#[test]
fn kinds_are_parsed() {
    assert_eq!(metric("facts.rate").kind(), Kind::Rate { interval: Duration::from_mins(90) });
    assert_eq!(metric("facts.gauge").kind(), Kind::Gauge);
}

#[tokio::test]
async fn functions_of_every_shape_are_collected() {
    let run = common::run("", &Context::new()).await;

    assert_snapshot!(common::lines(&run), @"
    facts.few: value 1 []
    facts.gauge: value 0.25 []
    facts.many: value 7 []
    facts.rate: value 0.25 []
    shape.attributes: no data: nobody asked
    shape.current_metric: value 20 []
    shape.generics: no data: the collector returned none
    shape.question_mark: value 3 []
    shape.samples: value 3 [queue:mail] 4 [queue:print]
    shape.twice: value -1 []
    shape.twice_more: value -1 []
    ");
}

#[tokio::test]
async fn a_collector_is_still_an_ordinary_function() {
    let queues = Queues(BTreeMap::from([("mail", 40), ("fax", 2)]));

    assert_eq!(many_facts(queues.clone()).await, 42);
    assert_eq!(question_mark(queues, Generic("1".to_owned())), Ok(140));
    assert_eq!(context(Generic(Some(vec![]))).await, Some(0));
    assert_eq!(attributes(), NoData::new("nobody asked"));
}
