//! The goals that the settings give to metrics: `"prs.stale" = "< 20"` in `[goals]`. They become part of the catalog, so they
//! have the same effects as goals in the code.

use system_health_registry::{
    Catalog, KeyPattern, Metric, Settings,
    alerting::is_watched_by_reporter_monitors,
    settings::{NameSuggestions, SettingsError},
};

use super::settings::GoalsSettings;
use crate::unmatched::Place;

/// Why a key in `[goals]` was refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeyError {
    #[error("there is no metric `{key}`{known}")]
    Unknown { key: String, known: NameSuggestions },
    #[error("`{former}` is the former key of `{key}`; write the new key")]
    Former { former: String, key: String },
}

/// The catalog with the goals that `[goals]` adds, changes or removes. Refuses a goal, with its place in the file, if there
/// is no such metric, or if the metric cannot have a goal. A metric that a source may return later is not refused. If
/// the file is [shared](Settings::is_shared), a goal of an unknown metric is ignored, because it may be for another program.
pub fn with_goals_of_settings(catalog: Catalog, settings: &Settings) -> Result<Catalog, SettingsError> {
    let goals: GoalsSettings = settings.table()?;
    goals.goals_of_metrics().try_fold(catalog, |catalog, (key, goal)| {
        let refuse = |message: &dyn std::fmt::Display| settings.refuse::<GoalsSettings>(key, message);
        match find_metric(key, &catalog) {
            Ok(Some(metric)) => {
                if is_watched_by_reporter_monitors(key) {
                    return Err(refuse(
                        &"the monitors of the reporter watch this metric, so it cannot have a goal",
                    ));
                }
                let replaced = metric.facts().clone().replace_goal(goal);
                replaced.map_err(|error| refuse(&error.message()))?;
            }
            Ok(None) => {}
            Err(error @ KeyError::Unknown { .. }) if settings.is_shared() => {
                tracing::debug!("the goal of `{key}` in [goals] is ignored: {error}");
            }
            Err(error) => return Err(refuse(&error)),
        }
        catalog.with_goals([(key.to_owned(), goal)]).map_err(|error| refuse(&error))
    })
}

/// The keys in `[goals]` that are not in the catalog, but that a source may still return, with their places in the file.
pub(crate) fn unknown_metrics_with_goals(
    catalog: &Catalog,
    settings: &Settings,
) -> Result<Vec<(KeyPattern, Place)>, SettingsError> {
    let goals: GoalsSettings = settings.table()?;
    let place = |path: &str| Place::new::<GoalsSettings>(settings, path);
    let mut keys: Vec<(String, Place)> =
        goals.goals_of_metrics().map(|(key, _)| (key.to_owned(), place(key))).collect();
    for goal in goals.into_goals_of_two_metrics() {
        let path = format!("{}.goal", goal.name);
        keys.extend([goal.goal.left(), goal.goal.right()].map(|key| (key.to_owned(), place(&path))));
    }
    let unknown = keys.into_iter().filter(|(key, _)| matches!(find_metric(key, catalog), Ok(None)));
    // A key is a pattern that matches only itself.
    Ok(unknown.filter_map(|(key, place)| Some((key.parse().ok()?, place))).collect())
}

/// Finds a metric. `None` if a source may still return it.
pub(super) fn find_metric<'a>(key: &str, catalog: &'a Catalog) -> Result<Option<&'a Metric>, KeyError> {
    let metrics = catalog.metrics();
    if let Some(metric) = metrics.iter().find(|metric| metric.key() == key) {
        return Ok(Some(metric));
    }
    // Once the alias expires, there are no values under the former key.
    let is_former = |metric: &&Metric| metric.alias().is_some_and(|alias| alias.key() == key);
    if let Some(metric) = metrics.iter().find(is_former) {
        return Err(KeyError::Former { former: key.to_owned(), key: metric.key().to_owned() });
    }
    if !catalog.sources().is_empty() {
        return Ok(None);
    }
    let keys = metrics.iter().map(|metric| metric.key());
    Err(KeyError::Unknown { key: key.to_owned(), known: NameSuggestions::nearest_keys(key, keys) })
}
