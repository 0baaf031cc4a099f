//! Catalogs of all kinds, for what is made of them.

use std::time::Duration;

use system_health_registry::{Catalog, Collect, Kind, Metric, Reading, source};

const NOTHING: Collect = |_| Box::pin(async { Ok(Reading::no_data("never collected")) });
const INTERVAL: Duration = Duration::from_mins(15);

pub(crate) fn metric(key: &'static str) -> Metric {
    described(key, "What a reader wants to know.")
}

pub(crate) fn described(key: &'static str, description: &'static str) -> Metric {
    Metric::new(key, description, source!(), NOTHING)
}

pub(crate) fn with_goal(key: &'static str, goal: &str) -> Metric {
    metric(key).with_goal(goal.parse().unwrap())
}

pub(crate) fn catalogs() -> Vec<Catalog> {
    let many = ["< 5", "<= 5", "> 0.5", ">= 0.5", "== 0", "!= -1.5"];
    let keys = ["a.less", "a.at_most", "b.more", "b.at_least", "c.equal", "c.other"];
    let catalogs: [Vec<Metric>; 5] = [
        vec![metric("one")],
        keys.into_iter().zip(many).map(|(key, goal)| with_goal(key, goal)).collect(),
        vec![
            metric("kinds.count").with_kind(Kind::Count { interval: INTERVAL }),
            metric("kinds.rate").with_kind(Kind::Rate { interval: INTERVAL }),
            metric("kinds.gauge").with_unit("commit"),
        ],
        vec![
            described("odd.text", "\"Quotes\", {braces} and\n\nlines: <b>ä</b>.").with_unit("page view"),
            with_goal("odd.number", "< 1e300").with_tags(&["team:platform"]),
        ],
        (0..60)
            .map(|number| with_goal(format!("group{}.metric{number}", number % 12).leak(), "> 1"))
            .collect(),
    ];
    catalogs.into_iter().map(|metrics| Catalog::new(metrics).unwrap()).collect()
}
