//! The metrics that a run may choose from. The attribute registers them when a program is linked;
//! a catalog collects them and refuses what no macro can see, such as one key in two crates.

use std::collections::BTreeMap;

use crate::{
    DayError, DurationError, HandleError, KeyError, Kind, Metric, RecoveryError, Source, Tag, TagError,
};
use system_health_rules::{check_day, check_handle, check_interval, check_key, check_recovery, check_window};

inventory::collect!(Metric);

/// Valid metrics with distinct keys, in the order of their keys.
#[derive(Debug, Clone)]
pub struct Catalog {
    metrics: Vec<Metric>,
}

/// Why metrics make no catalog.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// There are no metrics.
    #[error(
        "no metrics are linked into this program; name the crate that registers them, \
         with `use the_crate as _;` in the binary"
    )]
    Empty,
    /// Two metrics have one key.
    #[error("the key `{key}` is registered twice, in {first} and in {second}; rename one of them")]
    Duplicate {
        /// The key.
        key: String,
        /// One place.
        first: Source,
        /// The other place.
        second: Source,
    },
    /// A former key of a metric is in use elsewhere.
    #[error(
        "`{alias}`, the alias of the metric in {first}, is also a key or an alias in {second}; their values \
         would mix, so remove one of them"
    )]
    Alias {
        /// The former key.
        alias: String,
        /// Where it is an alias.
        first: Source,
        /// Where else it is used.
        second: Source,
    },
    /// A metric breaks a rule.
    #[error("a metric in {source_location} is not valid")]
    Invalid {
        /// Where the metric is registered.
        source_location: Source,
        /// The rule.
        #[source]
        cause: MetricError,
    },
}

/// The rule that a metric breaks. The attribute checks the same rules at compile time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetricError {
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A tag.
    #[error(transparent)]
    Tag(#[from] TagError),
    /// The interval.
    #[error(transparent)]
    Interval(#[from] DurationError),
    /// The goal compares with what is not a number.
    #[error("the goal of metric `{0}` must compare with a finite number")]
    Goal(String),
    /// The time-out leaves no time.
    #[error("the time-out of metric `{0}` must be longer than nothing")]
    Timeout(String),
    /// The window.
    #[error(transparent)]
    Window(DurationError),
    /// The value at which an alert ends.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// Who is told.
    #[error(transparent)]
    Notify(#[from] HandleError),
    /// The day on which an alias ends.
    #[error(transparent)]
    AliasUntil(#[from] DayError),
    /// The alias is no other key.
    #[error("the alias of metric `{0}` is its own key; an alias is a former one")]
    Alias(String),
    /// The description is empty.
    #[error("metric `{0}` has no description")]
    Description(String),
}

impl Catalog {
    /// The metrics that are linked into this program.
    pub fn linked() -> Result<Self, CatalogError> {
        Self::new(inventory::iter::<Metric>.into_iter().copied())
    }

    /// A catalog of the given metrics, for tests and for programs that choose themselves.
    pub fn new(metrics: impl IntoIterator<Item = Metric>) -> Result<Self, CatalogError> {
        let mut metrics: Vec<Metric> = metrics.into_iter().collect();
        if metrics.is_empty() {
            return Err(CatalogError::Empty);
        }
        metrics.sort_by_key(|metric| (metric.key(), metric.source().file(), metric.source().line()));
        for metric in &metrics {
            check(metric)
                .map_err(|cause| CatalogError::Invalid { source_location: metric.source(), cause })?;
        }
        if let Some(pair) = metrics.windows(2).find(|pair| pair[0].key() == pair[1].key()) {
            return Err(CatalogError::Duplicate {
                key: pair[0].key().to_owned(),
                first: pair[0].source(),
                second: pair[1].source(),
            });
        }
        check_aliases(&metrics)?;
        Ok(Self { metrics })
    }

    /// The metrics, in the order of their keys.
    #[must_use]
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// Keeps the metrics whose key the condition accepts; none is no error here.
    #[must_use]
    pub fn filter(mut self, keep: impl Fn(&str) -> bool) -> Self {
        self.metrics.retain(|metric| keep(metric.key()));
        self
    }
}

fn check(metric: &Metric) -> Result<(), MetricError> {
    check_key(metric.key())?;
    for tag in metric.tags() {
        Tag::parse(tag)?;
    }
    if let Kind::Count { interval } | Kind::Rate { interval } = metric.kind() {
        check_interval(interval)?;
    }
    if metric.goal().is_some_and(|goal| !goal.target().is_finite()) {
        return Err(MetricError::Goal(metric.key().to_owned()));
    }
    if metric.timeout().is_some_and(|timeout| timeout.is_zero()) {
        return Err(MetricError::Timeout(metric.key().to_owned()));
    }
    if let Some(window) = metric.window() {
        check_window(window).map_err(MetricError::Window)?;
    }
    if let Some(recovery) = metric.recovery() {
        check_recovery(recovery, metric.goal())?;
    }
    metric.notify().iter().try_for_each(|handle| check_handle(handle))?;
    if let Some(alias) = metric.alias() {
        check_key(alias.key())?;
        check_day(alias.until_since_1970())?;
        if alias.key() == metric.key() {
            return Err(MetricError::Alias(metric.key().to_owned()));
        }
    }
    if metric.description().trim().is_empty() {
        return Err(MetricError::Description(metric.key().to_owned()));
    }
    Ok(())
}

/// Refuses an alias under which another metric delivers, too.
fn check_aliases(metrics: &[Metric]) -> Result<(), CatalogError> {
    let mut used: BTreeMap<_, _> = metrics.iter().map(|metric| (metric.key(), metric.source())).collect();
    for metric in metrics {
        let Some(alias) = metric.alias() else { continue };
        if let Some(second) = used.insert(alias.key(), metric.source()) {
            return Err(CatalogError::Alias {
                alias: alias.key().to_owned(),
                first: metric.source(),
                second,
            });
        }
    }
    Ok(())
}
