//! The goals of two metrics in the settings, checked against the metrics that exist.

use system_health_registry::{
    Catalog, Kind, Metric, Outcome, Run, Settings, self_metrics::is_self_metric, settings::SettingsError,
};

use super::{
    combination::{CombinationError, check_combination},
    goal_of_metric::{KeyError, find_metric},
    judgement,
    settings::{GoalOfTwoMetrics, GoalsSettings},
};

/// The goals of two metrics in the settings.
#[derive(Debug, Clone, Default)]
pub struct GoalsOfTwoMetrics(Vec<GoalOfTwoMetrics>);

/// Why a goal of two metrics was refused.
#[derive(Debug, thiserror::Error)]
enum GoalError {
    #[error("this is the key of a metric; a goal of two metrics needs another name")]
    NamedAfterMetric,
    #[error("this is the former key of the metric `{key}`; a goal of two metrics needs another name")]
    NamedAfterFormerKey { key: String },
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("`{key}` is a distribution, which has no single value, so it cannot have a goal")]
    Distribution { key: String },
    #[error(transparent)]
    Combination(#[from] CombinationError),
}

impl GoalsOfTwoMetrics {
    /// Reads the tables in `[goals]`. Refuses a goal, with its place in the file, if its name is the key or a former key of a
    /// metric, if one of its metrics does not exist or is a distribution, or if the two cannot be combined. A metric that a
    /// source may return later is not refused. If the file is [shared](Settings::is_shared), a goal of an unknown metric is
    /// ignored, because it may be for another program.
    pub fn from_settings(catalog: &Catalog, settings: &Settings) -> Result<Self, SettingsError> {
        let goals: GoalsSettings = settings.table()?;
        let mut checked = Vec::new();
        for goal in goals.into_goals_of_two_metrics() {
            let refuse = |path: String, error| Err(settings.refuse::<GoalsSettings>(&path, error));
            if let Err(error) = goal.check_name(catalog) {
                return refuse(goal.name, error);
            }
            match goal.check_metrics(catalog) {
                Ok(()) => checked.push(goal),
                Err(GoalError::Key(error @ KeyError::Unknown { .. })) if settings.is_shared() => {
                    tracing::debug!("[goals.{:?}] is ignored: {error}", goal.name);
                }
                Err(error) => return refuse(format!("{}.goal", goal.name), error),
            }
        }
        Ok(Self(checked))
    }

    /// Keeps the goals for which `keeps` is true for the keys of both metrics.
    pub(crate) fn filter(mut self, keeps: impl Fn(&str) -> bool) -> Self {
        self.0.retain(|goal| keeps(goal.goal.left()) && keeps(goal.goal.right()));
        self
    }

    /// The goals, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &GoalOfTwoMetrics> {
        self.0.iter()
    }

    /// The results in a run. Goals of metrics about the reporter have no result, because these metrics are collected after the
    /// run.
    pub(crate) fn judge(&self, run: &Run) -> Vec<Outcome> {
        let goals = self.0.iter().filter(|goal| !is_self_metric(goal.goal.left()));
        goals.flat_map(|goal| judgement::judge(goal, run)).collect()
    }
}

impl GoalOfTwoMetrics {
    /// Both metrics, if the catalog has them.
    #[must_use]
    pub fn metrics<'a>(&self, catalog: &'a Catalog) -> Option<[&'a Metric; 2]> {
        let find = |key: &str| catalog.metrics().iter().find(|metric| metric.key() == key);
        Some([find(self.goal.left())?, find(self.goal.right())?])
    }

    fn check_name(&self, catalog: &Catalog) -> Result<(), GoalError> {
        let name = &self.name;
        let is_used = |metric: &&Metric| {
            metric.key() == name || metric.alias().is_some_and(|alias| alias.key() == name)
        };
        match catalog.metrics().iter().find(is_used) {
            Some(metric) if metric.key() == name => Err(GoalError::NamedAfterMetric),
            Some(metric) => Err(GoalError::NamedAfterFormerKey { key: metric.key().to_owned() }),
            None => Ok(()),
        }
    }

    fn check_metrics(&self, catalog: &Catalog) -> Result<(), GoalError> {
        let goal = &self.goal;
        let [left, right] = [goal.left(), goal.right()].map(|key| find_metric(key, catalog));
        let (left, right) = (left?, right?);
        if let Some(metric) = left.into_iter().chain(right).find(|metric| metric.kind() == Kind::Distribution)
        {
            return Err(GoalError::Distribution { key: metric.key().to_owned() });
        }
        match (left, right) {
            (Some(left), Some(right)) => Ok(check_combination(left, right, goal.operator())?),
            _ => Ok(()),
        }
    }
}
