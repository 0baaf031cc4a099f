//! How several series of a metric become one value if the metric has no aggregate of its own. Dashboards and monitors of all
//! backends use the same rules.

use crate::{Aggregate, Comparison, Facts, Kind};

impl Facts {
    /// The metric's aggregate, or the default. By default, counts, rates and counters are summed. Gauges have the maximum with a
    /// goal `<` or `<=`, and the minimum with a goal `>` or `>=`. Other gauges and distributions are averaged.
    #[must_use]
    pub fn aggregate_or_default(&self) -> Aggregate {
        let default = || match (self.kind(), self.goal().map(|goal| goal.comparison())) {
            (Kind::Count { .. } | Kind::Rate { .. } | Kind::Counter, _) => Aggregate::Sum,
            (Kind::Gauge, Some(Comparison::Less | Comparison::LessOrEqual)) => Aggregate::Max,
            (Kind::Gauge, Some(Comparison::Greater | Comparison::GreaterOrEqual)) => Aggregate::Min,
            (Kind::Gauge, Some(Comparison::Equal | Comparison::NotEqual) | None)
            | (Kind::Distribution, _) => Aggregate::Avg,
        };
        self.aggregate().unwrap_or_else(default)
    }
}

/// How several series of each of two combined metrics become one value. By default, counts, rates and counters are
/// summed. Gauges and distributions are summed if the other metric is summed, and averaged otherwise. A metric's own goal
/// does not matter here, because it says nothing about the combination.
#[must_use]
pub fn combined_aggregates(left: &Facts, right: &Facts) -> [Aggregate; 2] {
    let known = [left, right].map(|metric| match metric.kind() {
        Kind::Count { .. } | Kind::Rate { .. } | Kind::Counter => {
            Some(metric.aggregate().unwrap_or(Aggregate::Sum))
        }
        Kind::Gauge | Kind::Distribution => metric.aggregate(),
    });
    let default = if known.contains(&Some(Aggregate::Sum)) { Aggregate::Sum } else { Aggregate::Avg };
    known.map(|aggregate| aggregate.unwrap_or(default))
}
