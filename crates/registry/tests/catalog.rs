//! Catalogs, and the mistakes that they refuse with the location in the code.

use std::time::Duration;

use insta::assert_snapshot;
use system_health_registry::{
    Alias, Catalog, CatalogError, Comparison, Facts, Goal, Kind, Location, Metric, Monitoring, SharedError,
    Unavailable, location, system_health_metric,
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
fn metrics_are_sorted_by_key() {
    let catalog = Catalog::new(["b.x", "a.y", "b.a", "B"].map(metric)).unwrap();

    assert_eq!(keys(&catalog), ["B", "a.y", "b.a", "b.x"]);
}

#[test]
fn linked_metrics_are_in_the_catalog() {
    assert_eq!(keys(&Catalog::linked().unwrap()), ["linked.metric"]);
    assert_eq!(linked_metric(), 1);
}

#[test]
fn a_filter_may_remove_all_metrics() {
    let catalog = Catalog::new(["commits.hotfix", "commits.reverts", "ci.passing"].map(metric)).unwrap();

    assert_eq!(
        keys(&catalog.clone().filter(|key| key.starts_with("commits."))),
        ["commits.hotfix", "commits.reverts"]
    );
    assert!(catalog.filter(|_| false).metrics().is_empty());
}

#[test]
fn a_filter_does_not_apply_to_metrics_that_are_added_later() {
    let catalog = Catalog::new(["commits.hotfix", "ci.passing"].map(metric)).unwrap();

    let catalog = catalog.filter(|key| key.starts_with("ci.")).with_metrics([metric("queue.length")]);

    assert_eq!(keys(&catalog.unwrap()), ["ci.passing", "queue.length"]);
}

#[test]
fn an_empty_catalog_is_refused_with_a_hint() {
    assert_snapshot!(refusal([]), @"no metrics are linked into this program; add `use the_crate as _;` to the binary, with the name of the crate that registers them");
}

#[test]
fn a_duplicate_key_is_refused_with_both_places() {
    let mail = metric_at("queue.length", Location::code("mail::queue", "mail/src/queue.rs", 12));
    let print = metric_at("queue.length", Location::code("print", "print/src/lib.rs", 7));

    let either_way =
        [refusal([mail.clone(), metric("a"), print.clone()]), refusal([print, metric("z"), mail])];

    assert_snapshot!(either_way[0], @"the key `queue.length` is registered twice, in mail (mail/src/queue.rs:12) and in print (print/src/lib.rs:7); rename one of them");
    assert_eq!(either_way[0], either_way[1]);
}

#[test]
fn facts_are_checked_without_the_attribute() {
    let valid = || Facts::new("queue.length", "A test.");
    let with_invalid_key = mail(Facts::new("queue length", "A test."));
    let without_description = mail(Facts::new("queue.length", " \n"));
    let with_invalid_tag = mail(valid().with_tags(["team:mail", "my team"]));
    let with_fractional_interval =
        mail(valid().with_kind(Kind::Rate { interval: Duration::from_millis(1500) }));
    let with_zero_interval = mail(valid().with_kind(Kind::Count { interval: Duration::ZERO }));

    assert!(Catalog::new([mail(valid())]).is_ok());
    assert_snapshot!(refusal([with_invalid_key]), @"a metric in mail (mail/src/queue.rs:12) is not valid: `key`: key `queue length` contains ` `; only ASCII letters, digits, `_` and `.` are allowed");
    assert_snapshot!(refusal([without_description]), @"a metric in mail (mail/src/queue.rs:12) is not valid: `description`: the metric `queue.length` has no description");
    assert_snapshot!(refusal([with_invalid_tag]), @"a metric in mail (mail/src/queue.rs:12) is not valid: `tags`: tag `my team` would be stored as `my_team`; a tag starts with a letter and contains only letters, digits, `_`, `-`, `:`, `.` and `/`, at most 200 characters");
    assert_snapshot!(refusal([with_fractional_interval]), @"a metric in mail (mail/src/queue.rs:12) is not valid: `interval`: an interval must be a whole number of seconds; `1s 500ms` is not");
    assert_snapshot!(refusal([with_zero_interval]), @"a metric in mail (mail/src/queue.rs:12) is not valid: `interval`: a duration must be longer than zero");
}

#[test]
fn monitoring_facts_are_checked_without_the_attribute() {
    let valid = || Facts::new("queue.length", "A test.");
    let below_five = Goal::new(Comparison::Less, 5.0);

    let monitored = |monitoring| mail(valid().with_monitoring(monitoring));
    let with_goal_and_recovery = |recovery| {
        let monitoring = Monitoring { recovery: Some(recovery), ..Monitoring::default() };
        mail(valid().with_goal(below_five).with_monitoring(monitoring))
    };
    let window = |window| Monitoring { window: Some(window), ..Monitoring::default() };
    let notify = |handles: &[&str]| Monitoring {
        notify: handles.iter().map(|&handle| handle.to_owned()).collect(),
        ..Monitoring::default()
    };
    let owner = Monitoring { owner: Some(" ".to_owned()), ..Monitoring::default() };
    let runbook = Monitoring { runbook: Some("the wiki".to_owned()), ..Monitoring::default() };

    for valid in [
        with_goal_and_recovery(3.0),
        monitored(window(Duration::from_hours(1))),
        monitored(notify(&["@oncall"])),
    ] {
        assert!(Catalog::new([valid]).is_ok());
    }
    assert_snapshot!(refusal([monitored(window(Duration::from_secs(90)))]), @"a metric in mail (mail/src/queue.rs:12) is not valid: `window`: a window must be whole minutes, from 1m to 7d; `1m 30s` is not");
    assert_snapshot!(refusal([monitored(Monitoring { recovery: Some(3.0), ..Monitoring::default() })]), @r#"a metric in mail (mail/src/queue.rs:12) is not valid: `recovery`: a recovery threshold needs a goal; add a goal such as `goal = "< 5"`, or remove `recovery`"#);
    assert_snapshot!(refusal([with_goal_and_recovery(f64::NAN)]), @r#"a metric in mail (mail/src/queue.rs:12) is not valid: `recovery`: `NaN` is not a finite number; write the value at which an alert ends, such as "3""#);
    assert_snapshot!(refusal([monitored(notify(&["@oncall", "@a @b"]))]), @r#"a metric in mail (mail/src/queue.rs:12) is not valid: `notify`: `@a @b` is not a handle; a handle is `@` followed by ASCII letters, digits and punctuation, and handles are separated by spaces, as in "@slack-platform @oncall""#);
    assert_snapshot!(refusal([monitored(owner)]), @r#"a metric in mail (mail/src/queue.rs:12) is not valid: `owner`: an owner must not be empty; write an owner such as "team-platform", or remove the option"#);
    assert_snapshot!(refusal([monitored(runbook)]), @r#"a metric in mail (mail/src/queue.rs:12) is not valid: `runbook`: a runbook must be an `https://` URL such as "https://wiki.example.com/hotfix""#);
}

#[test]
fn aliases_are_checked_without_the_attribute() {
    const DAY: Duration = Duration::from_hours(24);
    let valid = || Facts::new("queue.length", "A test.");

    assert!(Catalog::new([mail(valid().with_alias(Alias::new("queue.size", DAY * 20_849)))]).is_ok());
    assert_snapshot!(refusal([mail(valid().with_alias(Alias::new("queue size", DAY)))]), @"a metric in mail (mail/src/queue.rs:12) is not valid: `alias`: key `queue size` contains ` `; only ASCII letters, digits, `_` and `.` are allowed");
    assert_snapshot!(refusal([mail(valid().with_alias(Alias::new("queue.length", DAY)))]), @"a metric in mail (mail/src/queue.rs:12) is not valid: `alias`: `queue.length` is the metric's current key; an alias is a former key");
    assert_snapshot!(refusal([mail(valid().with_alias(Alias::new("queue.size", Duration::from_secs(30))))]), @r#"a metric in mail (mail/src/queue.rs:12) is not valid: `alias_until`: `30 seconds after the start of 1970` is not a day since 1970; write a day such as "2027-01-31""#);
}

#[test]
fn a_used_alias_is_refused_with_both_places() {
    let renamed = |key: &str| Facts::new(key, "A test.").with_alias(Alias::new("queue.size", Duration::ZERO));
    let mail = mail(renamed("queue.length"));
    let print = metric_at("queue.size", Location::code("print", "print/src/lib.rs", 7));
    let fax = with_facts(renamed("queue.waiting"), Location::code("fax", "fax/src/lib.rs", 3));

    assert_snapshot!(refusal([mail.clone(), print]), @"`queue.size`, the alias of the metric in mail (mail/src/queue.rs:12), is also a key or an alias in print (print/src/lib.rs:7); remove one of them, because their values would be mixed");
    assert_snapshot!(refusal([fax, mail]), @"`queue.size`, the alias of the metric in fax (fax/src/lib.rs:3), is also a key or an alias in mail (mail/src/queue.rs:12); remove one of them, because their values would be mixed");
}

#[test]
fn only_metrics_about_the_reporter_have_reserved_keys() {
    let facts = |key: &str| Facts::new(key, "A test.");
    let former = Alias::new("system_health.queue", Duration::from_hours(24 * 20_849));

    assert!(Catalog::new([metric("system_health.reporter.points"), metric("system_health_queue")]).is_ok());
    assert_snapshot!(refusal([mail(facts("system_health.reporter.mails"))]), @"a metric in mail (mail/src/queue.rs:12) is not valid: the key `system_health.reporter.mails` is reserved: only the metrics about the reporter have keys that start with `system_health.`; start it with another name, such as that of your team or product");
    assert_snapshot!(refusal([mail(facts("queue.length").with_alias(former))]), @"a metric in mail (mail/src/queue.rs:12) is not valid: the key `system_health.queue` is reserved: only the metrics about the reporter have keys that start with `system_health.`; start it with another name, such as that of your team or product");
}

#[test]
fn programs_can_match_errors() {
    let invalid = Catalog::new([metric("9")]).unwrap_err();

    assert!(
        matches!(invalid, CatalogError::Invalid { location, .. } if location.crate_name() == Some("catalog"))
    );
    assert_eq!(Catalog::new([]).unwrap_err(), CatalogError::Empty);
}
