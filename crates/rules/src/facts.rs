//! What is known about a metric before it is collected. The attribute reads facts from its options while a collector
//! is compiled, a source returns them with its readings, and the state keeps them for metrics that only a run can know.

use std::time::Duration;

use crate::{Aggregate, Alias, Goal, Kind, Monitoring, check_recovery, option::OptionError};

/// The facts of a metric: its key, what it measures, and how its values are interpreted and monitored.
///
/// ```
/// use system_health_rules::{Facts, OptionValue};
///
/// let options = [
///     ("key", OptionValue::Text("jobs.failed".into())),
///     ("goal", OptionValue::Text("< 5".into())),
/// ];
/// let facts = Facts::from_options("Failed jobs.", &options).unwrap();
///
/// assert_eq!(facts, Facts::new("jobs.failed", "Failed jobs.").with_goal("< 5".parse().unwrap()));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    pub(crate) key: String,
    pub(crate) description: String,
    pub(crate) kind: Kind,
    pub(crate) unit: Option<String>,
    pub(crate) goal: Option<Goal>,
    pub(crate) tags: Vec<String>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) every: Option<Duration>,
    pub(crate) enabled: bool,
    pub(crate) requests: Option<f64>,
    pub(crate) backfill: bool,
    pub(crate) only_now: Option<String>,
    pub(crate) aggregate: Option<Aggregate>,
    pub(crate) by: Vec<String>,
    pub(crate) alias: Option<Alias>,
    pub(crate) monitoring: Monitoring,
}

impl Facts {
    /// The facts of a gauge without any options. The catalog checks them.
    pub fn new(key: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            description: description.into(),
            kind: Kind::Gauge,
            unit: None,
            goal: None,
            tags: Vec::new(),
            timeout: None,
            every: None,
            enabled: true,
            requests: None,
            backfill: false,
            only_now: None,
            aggregate: None,
            by: Vec::new(),
            alias: None,
            monitoring: Monitoring::default(),
        }
    }

    /// Sets the kind. Default: gauge.
    #[must_use]
    pub fn with_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// Sets the unit of the values, such as `commit`.
    #[must_use]
    pub fn with_unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// Sets what the values should be.
    #[must_use]
    pub fn with_goal(mut self, goal: Goal) -> Self {
        self.goal = Some(goal);
        self
    }

    /// Replaces the goal, or removes it. The threshold at which an alert ends is removed as well if it does not fit the new
    /// goal, because it was chosen for the old one. Fails if there is a new goal and a metric of this kind cannot have one.
    pub fn replace_goal(mut self, goal: Option<Goal>) -> Result<Self, OptionError> {
        if goal.is_some() {
            self.kind.check_can_have_goal().map_err(|error| OptionError::new("goal", error))?;
        }
        self.goal = goal;
        let recovery = &mut self.monitoring.recovery;
        *recovery = recovery.filter(|recovery| check_recovery(*recovery, goal).is_ok());
        Ok(self)
    }

    /// Sets tags for every sample of the metric.
    #[must_use]
    pub fn with_tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tags = tags.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the maximum time of one collection. Default: that of the engine, 30 seconds.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets how often a service collects the metric. Default: in each of its runs.
    #[must_use]
    pub fn with_every(mut self, every: Duration) -> Self {
        self.every = Some(every);
        self
    }

    /// Leaves the metric out of runs whose settings do not name it. By default, every run collects it.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.enabled = false;
        self
    }

    /// Sets how many requests to other systems a collection makes if only this metric is collected.
    #[must_use]
    pub fn with_requests(mut self, requests: f64) -> Self {
        self.requests = Some(requests);
        self
    }

    /// Declares that the metric can be computed for a past instant. See [`can_backfill`](Self::can_backfill).
    #[must_use]
    pub fn with_backfill(mut self) -> Self {
        self.backfill = true;
        self
    }

    /// Sets why the metric can be computed only for now.
    #[must_use]
    pub fn with_only_now(mut self, reason: impl Into<String>) -> Self {
        self.only_now = Some(reason.into());
        self
    }

    /// Sets how several series of the metric become one value. See [`aggregate_or_default`](Self::aggregate_or_default) for the
    /// default.
    #[must_use]
    pub fn with_aggregate(mut self, aggregate: Aggregate) -> Self {
        self.aggregate = Some(aggregate);
        self
    }

    /// Sets the names of the tags that split the metric on dashboards: each of their values has its own line. Default: none.
    #[must_use]
    pub fn with_by(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.by = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets a former key, under which the values are also delivered until a day.
    #[must_use]
    pub fn with_alias(mut self, alias: Alias) -> Self {
        self.alias = Some(alias);
        self
    }

    /// Sets how the metric is monitored.
    #[must_use]
    pub fn with_monitoring(mut self, monitoring: Monitoring) -> Self {
        self.monitoring = monitoring;
        self
    }

    /// The name of the metric, such as `commits.hotfix`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The first part of the key: `commits` for `commits.hotfix`.
    #[must_use]
    pub fn group(&self) -> &str {
        self.key.split('.').next().unwrap_or_default()
    }

    /// What the metric measures; for a function, its doc comment.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// How the values relate to time.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What the values count or measure.
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        self.unit.as_deref()
    }

    /// What the values should be.
    #[must_use]
    pub fn goal(&self) -> Option<Goal> {
        self.goal
    }

    /// The tags of every sample, as written.
    #[must_use]
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    /// The maximum time of one collection, if the metric has its own.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// How often a service collects the metric, if not in each of its runs. Whole seconds, at least 10.
    #[must_use]
    pub fn every(&self) -> Option<Duration> {
        self.every
    }

    /// Whether a run collects the metric if the settings do not name it.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// How many requests to other systems a collection makes if only this metric is collected. `None` if that is unknown.
    /// The metrics of a group share their requests.
    #[must_use]
    pub fn requests(&self) -> Option<f64> {
        self.requests
    }

    /// Whether the metric can be computed for a past instant. Then a value that is computed later for an instant is equal to
    /// the value of a run that started at that instant.
    #[must_use]
    pub fn can_backfill(&self) -> bool {
        self.backfill
    }

    /// Why the metric can be computed only for now, if the reason is known.
    #[must_use]
    pub fn only_now(&self) -> Option<&str> {
        self.only_now.as_deref()
    }

    /// How several series of the metric become one value, if the metric has its own aggregate. See
    /// [`aggregate_or_default`](Self::aggregate_or_default) for the default.
    #[must_use]
    pub fn aggregate(&self) -> Option<Aggregate> {
        self.aggregate
    }

    /// The names of the tags that split the metric on dashboards: each of their values has its own line.
    #[must_use]
    pub fn by(&self) -> &[String] {
        &self.by
    }

    /// The former key, under which the values are also delivered.
    #[must_use]
    pub fn alias(&self) -> Option<&Alias> {
        self.alias.as_ref()
    }

    /// How the metric is monitored.
    #[must_use]
    pub fn monitoring(&self) -> &Monitoring {
        &self.monitoring
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_that_does_not_fit_a_new_goal_is_removed() {
        let replaced = |goal: Option<&str>| {
            let monitoring = Monitoring { recovery: Some(3.0), ..Monitoring::default() };
            let facts =
                Facts::new("jobs", "Jobs.").with_goal("< 5".parse().unwrap()).with_monitoring(monitoring);
            let facts = facts.replace_goal(goal.map(|goal| goal.parse().unwrap())).unwrap();
            facts.check().unwrap();
            (facts.goal().map(|goal| goal.to_string()), facts.monitoring().recovery)
        };

        assert_eq!(replaced(Some("< 20")), (Some("< 20".to_owned()), Some(3.0)));
        for goal in [Some("< 2"), Some("== 0"), Some("> 5"), None] {
            assert_eq!(replaced(goal), (goal.map(str::to_owned), None));
        }
    }

    #[test]
    fn a_kind_without_a_current_value_gets_no_goal() {
        for kind in [Kind::Counter, Kind::Distribution] {
            let facts = Facts::new("jobs", "Jobs.").with_kind(kind);
            let error = facts.clone().replace_goal("< 5".parse().ok()).unwrap_err();
            assert!(error.message().contains("cannot have a goal"), "{error}");
            assert_eq!(facts.clone().replace_goal(None), Ok(facts));
        }
    }
}
