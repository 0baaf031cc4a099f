//! The rules for the facts of a metric. The attribute checks the same ones at compile time.

use system_health_rules::{check_day, check_handle, check_interval, check_key, check_recovery, check_window};

use crate::{DayError, DurationError, Facts, HandleError, KeyError, Kind, RecoveryError, Tag, TagError};

/// The rule that a metric breaks.
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
    #[error("the time-out of metric `{0}` must be longer than zero")]
    Timeout(String),
    /// The window.
    #[error(transparent)]
    Window(DurationError),
    /// The value at which an alert ends.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// Who is notified.
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

/// Refuses facts that break a rule.
pub(crate) fn check(metric: &Facts) -> Result<(), MetricError> {
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
