//! The catalog refuses what no macro can see, and says where it was written.

use std::{error::Error, time::Duration};

use insta::assert_snapshot;
use system_health_registry::{
    Alias, Catalog, CatalogError, Comparison, Facts, Goal, Kind, Location, Metric, SharedError, Unavailable,
    location, system_health_metric,
};

/// A metric of this program.
#[system_health_metric(key = "linked.metric")]
fn linked_metric() -> u64 {
    1
}

fn metric(key: &str) -> Metric {
    metric_at(key, location!())
}

fn metric_at(key: &str, location: Location) -> Metric {
    with_facts(Facts::new(key, "A test."), location)
}

fn with_facts(facts: Facts, location: Location) -> Metric {
    Metric::new(facts, location, |_| Box::pin(async { Err(Unavailable::no_data("a test")) }))
}

/// A metric of the crate `mail`.
fn mail(facts: Facts) -> Metric {
    with_facts(facts, Location::code("mail::queue", "mail/src/queue.rs", 12))
}

/// The error with its causes.
fn refusal(metrics: impl IntoIterator<Item = Metric>) -> String {
    SharedError::new(Catalog::new(metrics).expect_err("the catalog is refused")).to_string()
}

fn keys(catalog: &Catalog) -> Vec<&str> {
    catalog.metrics().iter().map(|metric| metric.key()).collect()
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
    let mail = metric_at("queue.length", Location::code("mail::queue", "mail/src/queue.rs", 12));
    let print = metric_at("queue.length", Location::code("print", "print/src/lib.rs", 7));

    let either_way =
        [refusal([mail.clone(), metric("a"), print.clone()]), refusal([print, metric("z"), mail])];

    assert_snapshot!(either_way[0], @"the key `queue.length` is registered twice, in mail (mail/src/queue.rs:12) and in print (print/src/lib.rs:7); rename one of them");
    assert_eq!(either_way[0], either_way[1]);
}

#[test]
fn a_rule_that_is_broken_without_the_attribute_is_found() {
    let valid = || Facts::new("queue.length", "A test.");
    let nameless = mail(Facts::new("queue length", "A test."));
    let silent = mail(Facts::new("queue.length", " \n"));
    let untidy = mail(valid().with_tags(["team:mail", "my team"]));
    let uneven = mail(valid().with_kind(Kind::Rate { interval: Duration::from_millis(1500) }));
    let instant = mail(valid().with_kind(Kind::Count { interval: Duration::ZERO }));

    assert!(Catalog::new([mail(valid())]).is_ok());
    assert_snapshot!(refusal([nameless]), @"a metric in mail (mail/src/queue.rs:12) is not valid: key `queue length` contains ` `; only ASCII letters, digits, `_` and `.` are allowed");
    assert_snapshot!(refusal([silent]), @"a metric in mail (mail/src/queue.rs:12) is not valid: metric `queue.length` has no description");
    assert_snapshot!(refusal([untidy]), @"a metric in mail (mail/src/queue.rs:12) is not valid: tag `my team` would be stored as `my_team`; a tag starts with a letter and contains only letters, digits, `_`, `-`, `:`, `.` and `/`, at most 200 characters");
    assert_snapshot!(refusal([uneven]), @"a metric in mail (mail/src/queue.rs:12) is not valid: an interval is a whole number of seconds; `1s 500ms` is not");
    assert_snapshot!(refusal([instant]), @"a metric in mail (mail/src/queue.rs:12) is not valid: a duration must be longer than zero");
}

#[test]
fn what_monitors_need_is_checked_without_the_attribute_too() {
    let valid = || Facts::new("queue.length", "A test.");
    let below_five = Goal::new(Comparison::Less, 5.0);

    let watched = valid().with_window(Duration::from_hours(1)).with_notify(["@oncall"]);
    assert!(Catalog::new([mail(watched.with_goal(below_five).with_recovery(3.0))]).is_ok());
    assert_snapshot!(refusal([mail(valid().with_window(Duration::from_secs(90)))]), @"a metric in mail (mail/src/queue.rs:12) is not valid: a window is whole minutes, from 1m to 7d; `1m 30s` is not");
    assert_snapshot!(refusal([mail(valid().with_recovery(3.0))]), @r#"a metric in mail (mail/src/queue.rs:12) is not valid: an alert ends where a goal is met again; add one such as `goal = "< 5"`, or remove `recovery`"#);
    assert_snapshot!(refusal([mail(valid().with_goal(below_five).with_recovery(f64::NAN))]), @r#"a metric in mail (mail/src/queue.rs:12) is not valid: `NaN` is no finite number; write the value at which an alert ends, such as "3""#);
    assert_snapshot!(refusal([mail(valid().with_notify(["@oncall", "@a @b"]))]), @r#"a metric in mail (mail/src/queue.rs:12) is not valid: `@a @b` is not a handle; it starts with `@`, goes on with ASCII letters, digits and signs, and a space divides it from the next, as in "@slack-platform @oncall""#);
}

#[test]
fn an_alias_is_a_key_that_was() {
    const DAY: Duration = Duration::from_hours(24);
    let valid = || Facts::new("queue.length", "A test.");

    assert!(Catalog::new([mail(valid().with_alias(Alias::new("queue.size", DAY * 20_849)))]).is_ok());
    assert_snapshot!(refusal([mail(valid().with_alias(Alias::new("queue size", DAY)))]), @"a metric in mail (mail/src/queue.rs:12) is not valid: key `queue size` contains ` `; only ASCII letters, digits, `_` and `.` are allowed");
    assert_snapshot!(refusal([mail(valid().with_alias(Alias::new("queue.length", DAY)))]), @"a metric in mail (mail/src/queue.rs:12) is not valid: the alias of metric `queue.length` is its own key; an alias is a former one");
    assert_snapshot!(refusal([mail(valid().with_alias(Alias::new("queue.size", Duration::from_secs(30))))]), @"a metric in mail (mail/src/queue.rs:12) is not valid: 30 seconds since 1970 are not the beginning of a day before the year 10000");
}

#[test]
fn an_alias_that_is_in_use_is_refused_with_both_places() {
    let renamed = |key: &str| Facts::new(key, "A test.").with_alias(Alias::new("queue.size", Duration::ZERO));
    let mail = mail(renamed("queue.length"));
    let print = metric_at("queue.size", Location::code("print", "print/src/lib.rs", 7));
    let fax = with_facts(renamed("queue.waiting"), Location::code("fax", "fax/src/lib.rs", 3));

    assert_snapshot!(refusal([mail.clone(), print]), @"`queue.size`, the alias of the metric in mail (mail/src/queue.rs:12), is also a key or an alias in print (print/src/lib.rs:7); their values would mix, so remove one of them");
    assert_snapshot!(refusal([fax, mail]), @"`queue.size`, the alias of the metric in fax (fax/src/lib.rs:3), is also a key or an alias in mail (mail/src/queue.rs:12); their values would mix, so remove one of them");
}

#[test]
fn an_error_can_be_told_apart_by_programs() {
    let invalid = Catalog::new([metric("9")]).unwrap_err();

    assert!(
        matches!(invalid, CatalogError::Invalid { location, .. } if location.crate_name() == Some("catalog"))
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
