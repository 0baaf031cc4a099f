//! Catalogs for the tests of dashboards and monitors.

use std::time::Duration;

use system_health_registry::{Catalog, Facts, Kind, Metric, Unavailable, location};

const INTERVAL: Duration = Duration::from_mins(15);

pub(crate) fn metric(key: &str) -> Facts {
    described(key, "What a reader wants to know.")
}

pub(crate) fn described(key: &str, description: &str) -> Facts {
    Facts::new(key, description)
}

/// A catalog of metrics that are never collected.
pub(crate) fn catalog(facts: impl IntoIterator<Item = Facts>) -> Catalog {
    let metrics = facts.into_iter().map(|facts| {
        Metric::new(facts, location!(), |_| Box::pin(async { Err(Unavailable::no_data("never collected")) }))
    });
    Catalog::new(metrics).unwrap()
}

pub(crate) fn with_goal(key: &str, goal: &str) -> Facts {
    metric(key).with_goal(goal.parse().unwrap())
}

/// Catalogs of one metric, of all comparisons, of all kinds, of unusual texts and numbers, and of many groups.
pub(crate) fn catalogs() -> Vec<Catalog> {
    let goals = ["< 5", "<= 5", "> 0.5", ">= 0.5", "== 0", "!= -1.5"];
    let keys = ["a.less", "a.at_most", "b.more", "b.at_least", "c.equal", "c.other"];
    let catalogs: [Vec<Facts>; 5] = [
        vec![metric("one")],
        keys.into_iter().zip(goals).map(|(key, goal)| with_goal(key, goal)).collect(),
        vec![
            metric("kinds.count").with_kind(Kind::Count { interval: INTERVAL }),
            metric("kinds.rate").with_kind(Kind::Rate { interval: INTERVAL }),
            metric("kinds.gauge").with_unit("commit"),
            metric("kinds.distribution").with_kind(Kind::Distribution),
            metric("kinds.counter").with_kind(Kind::Counter),
        ],
        vec![
            described("odd.text", "\"Quotes\", {braces} and\n\nlines: <b>ä</b>.").with_unit("page view"),
            with_goal("odd.number", "< 1e300").with_tags(["team:platform"]),
        ],
        (0..60).map(|number| with_goal(&format!("group{}.metric{number}", number % 12), "> 1")).collect(),
    ];
    catalogs.into_iter().map(catalog).collect()
}
