//! What is known about a metric before it runs. The attribute writes facts down in code; a source returns them with
//! its readings; the state remembers them for the dashboards and monitors of metrics that only a run can know.

use std::{fmt::Display, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::{Aggregate, Alias, Goal, Kind};

/// The facts of a metric: its key, what it measures, and how its values are to be read and watched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    key: String,
    description: String,
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text")]
    goal: Option<Goal>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeout: Option<Duration>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    runbook: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    window: Option<Duration>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text")]
    aggregate: Option<Aggregate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recovery: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notify: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alias: Option<Alias>,
}

impl Facts {
    /// The facts of a gauge without any options. The [catalog](crate::Catalog) checks them.
    pub fn new(key: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            description: description.into(),
            kind: Kind::Gauge,
            unit: None,
            goal: None,
            tags: Vec::new(),
            timeout: None,
            owner: None,
            runbook: None,
            window: None,
            aggregate: None,
            recovery: None,
            notify: Vec::new(),
            alias: None,
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

    /// Sets tags for every sample of the metric.
    #[must_use]
    pub fn with_tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tags = tags.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the maximum time of one collection. Default: the engine's, [`DEFAULT_TIMEOUT`](crate::DEFAULT_TIMEOUT).
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets who is responsible for the metric, such as `team-platform`.
    #[must_use]
    pub fn with_owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = Some(owner.into());
        self
    }

    /// Sets the URL of the page that says what to do when the goal is missed.
    #[must_use]
    pub fn with_runbook(mut self, runbook: impl Into<String>) -> Self {
        self.runbook = Some(runbook.into());
        self
    }

    /// Sets the evaluation window of a monitor of the metric: whole minutes, from 1 minute to 7 days.
    #[must_use]
    pub fn with_window(mut self, window: Duration) -> Self {
        self.window = Some(window);
        self
    }

    /// Sets how several series of the metric become one value. See [`aggregate`](Self::aggregate) for the default.
    #[must_use]
    pub fn with_aggregate(mut self, aggregate: Aggregate) -> Self {
        self.aggregate = Some(aggregate);
        self
    }

    /// Sets the value at which an alert about a missed goal ends. It must meet the goal itself.
    #[must_use]
    pub fn with_recovery(mut self, recovery: f64) -> Self {
        self.recovery = Some(recovery);
        self
    }

    /// Sets who is notified when the goal is missed, such as `@slack-platform`.
    #[must_use]
    pub fn with_notify(mut self, notify: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.notify = notify.into_iter().map(Into::into).collect();
        self
    }

    /// Sets a former key, under which the values are delivered as well until a day.
    #[must_use]
    pub fn with_alias(mut self, alias: Alias) -> Self {
        self.alias = Some(alias);
        self
    }

    /// The name of the metric, such as `commits.hotfix`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
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

    /// What the values count.
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

    /// Who is responsible for the metric.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// The URL of the page that says what to do when the goal is missed.
    #[must_use]
    pub fn runbook(&self) -> Option<&str> {
        self.runbook.as_deref()
    }

    /// The evaluation window of a monitor of the metric.
    #[must_use]
    pub fn window(&self) -> Option<Duration> {
        self.window
    }

    /// How several series of the metric become one value. Default: counts and rates are summed; of gauges with a goal
    /// `<`, `<=`, `>` or `>=`, the value farthest from the goal counts; of other gauges, the average.
    #[must_use]
    pub fn aggregate(&self) -> Option<Aggregate> {
        self.aggregate
    }

    /// The value at which an alert about a missed goal ends.
    #[must_use]
    pub fn recovery(&self) -> Option<f64> {
        self.recovery
    }

    /// Who is notified when the goal is missed.
    #[must_use]
    pub fn notify(&self) -> &[String] {
        &self.notify
    }

    /// The former key under which the values are delivered as well.
    #[must_use]
    pub fn alias(&self) -> Option<&Alias> {
        self.alias.as_ref()
    }
}

/// Goals and aggregates as people write them.
mod text {
    use super::{Deserialize, Deserializer, Display, Error, FromStr, Serializer};

    #[expect(clippy::ref_option, reason = "serde passes the field")]
    pub(super) fn serialize<T: Display, S: Serializer>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(D::Error::custom)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_that_are_remembered_are_the_same_again() {
        let interval = Duration::from_mins(15);
        let all = Facts::new("jobs.failed", "Jobs that failed.")
            .with_kind(Kind::Count { interval })
            .with_unit("job")
            .with_goal("< 0.1".parse().unwrap())
            .with_tags(["team:web"])
            .with_timeout(Duration::from_millis(1500))
            .with_owner("team-web")
            .with_runbook("https://wiki.example.com/jobs")
            .with_window(Duration::from_hours(1))
            .with_aggregate(Aggregate::Max)
            .with_recovery(0.05)
            .with_notify(["@slack-web"])
            .with_alias(Alias::new("jobs.broken", Duration::from_hours(24) * 20_849));

        for facts in [all, Facts::new("jobs", "Jobs.")] {
            let text = serde_json::to_string(&facts).unwrap();
            assert_eq!(serde_json::from_str::<Facts>(&text).unwrap(), facts, "{text}");
        }
    }
}
