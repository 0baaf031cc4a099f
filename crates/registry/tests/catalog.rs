//! The catalog refuses what no macro can see, and says where it was written.

use std::{error::Error, time::Duration};

use insta::assert_snapshot;
use system_health_registry::{
    Catalog, CatalogError, Kind, Metric, Reading, SharedError, Source, source, system_health_metric,
};

/// A metric of this program.
#[system_health_metric(key = "linked.metric")]
fn linked_metric() -> u64 {
    1
}

fn metric(key: &'static str) -> Metric {
    metric_at(key, source!())
}

fn metric_at(key: &'static str, source: Source) -> Metric {
    Metric::new(key, "A test.", source, |_| Box::pin(async { Ok(Reading::no_data("a test")) }))
}

/// The error with its causes.
fn refusal(metrics: impl IntoIterator<Item = Metric>) -> String {
    SharedError::new(Catalog::new(metrics).expect_err("the catalog is refused")).to_string()
}

fn keys(catalog: &Catalog) -> Vec<&str> {
    catalog.metrics().iter().map(Metric::key).collect()
}

#[test]
fn metrics_are_in_the_order_of_their_keys() {
    let catalog = Catalog::new(["b.x", "a.y", "b.a", "B"].map(metric)).unwrap();

    assert_eq!(keys(&catalog), ["B", "a.y", "b.a", "b.x"]);
}

#[test]
fn what_is_linked_is_in_the_catalog() {
    assert_eq!(keys(&Catalog::linked().unwrap()), ["linked.metric"]);
    assert_eq!(linked_metric(), 1);
}

#[test]
fn a_filter_may_leave_nothing() {
    let catalog = Catalog::new(["commits.hotfix", "commits.reverts", "ci.passing"].map(metric)).unwrap();

    assert_eq!(
        keys(&catalog.clone().filter(|key| key.starts_with("commits."))),
        ["commits.hotfix", "commits.reverts"]
    );
    assert!(catalog.filter(|_| false).metrics().is_empty());
}

#[test]
fn an_empty_catalog_is_refused_with_the_usual_cause() {
    assert_snapshot!(refusal([]), @"no metrics are linked into this program; name the crate that registers them, with `use the_crate as _;` in the binary");
}

#[test]
fn one_key_in_two_places_is_refused_with_both() {
    let mail = metric_at("queue.length", Source::new("mail::queue", "mail/src/queue.rs", 12));
    let print = metric_at("queue.length", Source::new("print", "print/src/lib.rs", 7));

    let either_way = [refusal([mail, metric("a"), print]), refusal([print, metric("z"), mail])];

    assert_snapshot!(either_way[0], @"the key `queue.length` is registered twice, in mail (mail/src/queue.rs:12) and in print (print/src/lib.rs:7); rename one of them");
    assert_eq!(either_way[0], either_way[1]);
}

#[test]
fn a_rule_that_is_broken_without_the_attribute_is_found() {
    let place = Source::new("mail::queue", "mail/src/queue.rs", 12);
    let valid = metric_at("queue.length", place);
    let nameless = metric_at("queue length", place);
    let silent =
        Metric::new("queue.length", " \n", place, |_| Box::pin(async { Ok(Reading::no_data("a test")) }));
    let untidy = valid.with_tags(&["team:mail", "my team"]);
    let uneven = valid.with_kind(Kind::Rate { interval: Duration::from_millis(1500) });
    let instant = valid.with_kind(Kind::Count { interval: Duration::ZERO });

    assert!(Catalog::new([valid]).is_ok());
    assert_snapshot!(refusal([nameless]), @"a metric in mail (mail/src/queue.rs:12) is not valid: key `queue length` contains ` `; only ASCII letters, digits, `_` and `.` are allowed");
    assert_snapshot!(refusal([silent]), @"a metric in mail (mail/src/queue.rs:12) is not valid: metric `queue.length` has no description");
    assert_snapshot!(refusal([untidy]), @"a metric in mail (mail/src/queue.rs:12) is not valid: tag `my team` would be stored as `my_team`; a tag starts with a letter and contains only letters, digits, `_`, `-`, `:`, `.` and `/`, at most 200 characters");
    assert_snapshot!(refusal([uneven]), @"a metric in mail (mail/src/queue.rs:12) is not valid: an interval is a whole number of seconds; `1s 500ms` is not");
    assert_snapshot!(refusal([instant]), @"a metric in mail (mail/src/queue.rs:12) is not valid: a duration must be longer than zero");
}

#[test]
fn an_error_can_be_told_apart_by_programs() {
    let invalid = Catalog::new([metric("9")]).unwrap_err();

    assert!(
        matches!(invalid, CatalogError::Invalid { source_location, .. } if source_location.crate_name() == "catalog")
    );
    assert!(Catalog::new([metric("9")]).unwrap_err().source().is_some());
    assert_eq!(Catalog::new([]).unwrap_err(), CatalogError::Empty);
}

#[test]
fn kinds_say_their_interval() {
    let interval = Duration::from_mins(15);

    assert_eq!(Kind::Gauge.to_string(), "gauge");
    assert_eq!(Kind::Count { interval }.to_string(), "count per 15m");
    assert_eq!(Kind::Rate { interval }.to_string(), "rate per 15m");
    assert_eq!((Kind::Gauge.interval(), Kind::Rate { interval }.interval()), (None, Some(interval)));
}
