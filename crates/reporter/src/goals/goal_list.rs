//! The goals of the settings, checked against the metrics that exist.

use system_health_registry::{
    Catalog, Metric, Outcome, Run, Settings,
    self_metrics::is_self_metric,
    settings::{Known, SettingsError},
};

use super::{
    combination::check_combination,
    judgement,
    settings::{GoalsSettings, NamedGoal, refused},
};

/// The goals of two metrics in the settings.
#[derive(Debug, Clone, Default)]
pub struct Goals(Vec<NamedGoal>);

impl Goals {
    /// Reads `[goals]`. Refuses a goal, with its place in the file, if its name is the key of a metric, if there is no
    /// such metric, or if the two cannot be combined. A metric that a source may return later is not refused.
    pub fn from_settings(catalog: &Catalog, settings: &Settings) -> Result<Self, SettingsError> {
        let GoalsSettings(goals) = settings.table()?;
        let goals: Vec<NamedGoal> = goals.into_iter().map(NamedGoal::from).collect();
        for goal in &goals {
            let refused = |key: &str, message| refused(settings, format!("{}{key}", goal.name), message);
            goal.check_name(catalog).map_err(|message| refused("", message))?;
            goal.check_metrics(catalog).map_err(|message| refused(".goal", message))?;
        }
        Ok(Self(goals))
    }

    /// Keeps the goals whose metrics both are among some.
    pub(crate) fn filter(mut self, keeps: impl Fn(&str) -> bool) -> Self {
        self.0.retain(|goal| keeps(goal.goal.left()) && keeps(goal.goal.right()));
        self
    }

    /// The goals, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &NamedGoal> {
        self.0.iter()
    }

    /// The results in a run. Goals of metrics about the reporter have none: those metrics come after the run.
    pub(crate) fn judge(&self, run: &Run) -> Vec<Outcome> {
        let goals = self.0.iter().filter(|goal| !is_self_metric(goal.goal.left()));
        goals.flat_map(|goal| judgement::judge(goal, run)).collect()
    }
}

impl NamedGoal {
    /// Both metrics, if the catalog has them.
    #[must_use]
    pub fn metrics<'a>(&self, catalog: &'a Catalog) -> Option<[&'a Metric; 2]> {
        let find = |key: &str| catalog.metrics().iter().find(|metric| metric.key() == key);
        Some([find(self.goal.left())?, find(self.goal.right())?])
    }

    fn check_name(&self, catalog: &Catalog) -> Result<(), String> {
        let name = &self.name;
        let is_used = |metric: &&Metric| {
            metric.key() == name || metric.alias().is_some_and(|alias| alias.key() == name)
        };
        match catalog.metrics().iter().find(is_used) {
            Some(metric) if metric.key() == name => {
                Err("this is the key of a metric; a goal needs another name".to_owned())
            }
            Some(metric) => Err(format!(
                "this is the former key of the metric `{}`; a goal needs another name",
                metric.key()
            )),
            None => Ok(()),
        }
    }

    fn check_metrics(&self, catalog: &Catalog) -> Result<(), String> {
        let goal = &self.goal;
        let both = [goal.left(), goal.right()].map(|key| find(key, catalog));
        let [left, right] = both;
        match (left?, right?) {
            (Some(left), Some(right)) => {
                check_combination(left, right, goal.operator()).map_err(|error| error.to_string())
            }
            _ => Ok(()),
        }
    }
}

/// Finds a metric. `None` if a source may still return it.
fn find<'a>(key: &str, catalog: &'a Catalog) -> Result<Option<&'a Metric>, String> {
    let metrics = catalog.metrics();
    if let Some(metric) = metrics.iter().find(|metric| metric.key() == key) {
        return Ok(Some(metric));
    }
    // Once the alias expires, there are no values under the former key.
    let is_former = |metric: &&Metric| metric.alias().is_some_and(|alias| alias.key() == key);
    if let Some(metric) = metrics.iter().find(is_former) {
        return Err(format!("`{key}` is the former key of `{}`; write the new key", metric.key()));
    }
    if !catalog.sources().is_empty() {
        return Ok(None);
    }
    // Few goals are about the reporter, and its metrics are many.
    let is_likely = |known: &&str| key.starts_with("system") || !is_self_metric(known);
    let keys = metrics.iter().map(|metric| metric.key()).filter(is_likely);
    Err(format!("there is no metric `{key}`{}", Known::nearest_to(key, keys)))
}
