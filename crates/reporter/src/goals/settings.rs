//! The settings table `[goals]`: a text or `false` for the goal of a metric, and a table for a goal of two metrics.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{self, value::MapAccessDeserializer},
};
use system_health_registry::{
    Goal, Settings, TwoMetricGoal, check_key, check_owner, check_runbook, settings::SettingsError,
    settings_table,
};

/// The settings table `[goals]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct GoalsSettings(BTreeMap<GoalName, GoalEntry>);

/// A value in `[goals]`.
#[derive(Debug, Clone)]
enum GoalEntry {
    /// The goal of the metric with this key. `None` removes the goal of the metric.
    OfMetric(Option<Goal>),
    /// A goal of two metrics.
    OfTwoMetrics(GoalTable),
}

/// The name of a goal of two metrics, or the key of a metric. Both have the same form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GoalName(pub(super) String);

/// The table of a goal of two metrics.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct GoalTable {
    #[serde(deserialize_with = "goal")]
    goal: TwoMetricGoal,
    #[serde(default)]
    description: Option<String>,
    #[serde(default, deserialize_with = "runbook")]
    runbook: Option<String>,
    #[serde(default, deserialize_with = "owner")]
    owner: Option<String>,
}

settings_table!(
    GoalsSettings, "goals",
    template: include_str!("settings.toml"),
    shown: |_| true,
    check: GoalsSettings::check_distinct,
);

/// A goal of two metrics, with its name.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct GoalOfTwoMetrics {
    /// The name. No metric has it as its key.
    pub name: String,
    /// The goal.
    pub goal: TwoMetricGoal,
    /// What the goal means.
    pub description: Option<String>,
    /// The URL of a page that says what to do if the goal is missed.
    pub runbook: Option<String>,
    /// Who is responsible.
    pub owner: Option<String>,
}

impl GoalsSettings {
    /// The goals of metrics by their keys. `None` removes the goal of the metric.
    pub(super) fn goals_of_metrics(&self) -> impl Iterator<Item = (&str, Option<Goal>)> {
        self.0.iter().filter_map(|(GoalName(key), entry)| match entry {
            GoalEntry::OfMetric(goal) => Some((key.as_str(), *goal)),
            GoalEntry::OfTwoMetrics(_) => None,
        })
    }

    /// The goals of two metrics, sorted by name.
    pub(super) fn into_goals_of_two_metrics(self) -> impl Iterator<Item = GoalOfTwoMetrics> {
        self.0.into_iter().filter_map(|(GoalName(name), entry)| match entry {
            GoalEntry::OfMetric(_) => None,
            GoalEntry::OfTwoMetrics(GoalTable { goal, description, runbook, owner }) => {
                Some(GoalOfTwoMetrics { name, goal, description, runbook, owner })
            }
        })
    }

    fn check_distinct(&self, settings: &Settings) -> Result<(), SettingsError> {
        let mut known: Vec<(&str, &TwoMetricGoal)> = Vec::new();
        for (GoalName(name), entry) in &self.0 {
            let GoalEntry::OfTwoMetrics(GoalTable { goal, .. }) = entry else { continue };
            if let Some((other, _)) = known.iter().find(|(_, known)| *known == goal) {
                let message = format!("[goals.\"{other}\"] has the same goal; remove one of them");
                return Err(settings.refuse::<Self>(&format!("{name}.goal"), message));
            }
            known.push((name, goal));
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for GoalName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let refused = |error| {
            de::Error::custom(format!("the name of a goal has the same form as the key of a metric: {error}"))
        };
        if check_key(&name).is_err() && name.contains(['*', '?', '[', '{']) {
            return Err(de::Error::custom(
                "a goal has no globs; write a goal for each metric, with its whole key",
            ));
        }
        check_key(&name).map_err(refused)?;
        Ok(Self(name))
    }
}

impl<'de> Deserialize<'de> for GoalEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The deserializer gets the names of the keys, so that it can suggest the nearest one for an unknown key.
        deserializer.deserialize_struct("goal", &["goal", "description", "runbook", "owner"], GoalVisitor)
    }
}

/// Distinguishes the values in `[goals]` by their types.
struct GoalVisitor;

impl<'de> de::Visitor<'de> for GoalVisitor {
    type Value = GoalEntry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a goal such as \"< 5\", `false` to remove the goal of a metric, or a table with a goal of two metrics")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<GoalEntry, E> {
        if text.trim().is_empty() {
            return Ok(GoalEntry::OfMetric(None));
        }
        match text.parse::<Goal>() {
            Ok(goal) => Ok(GoalEntry::OfMetric(Some(goal))),
            Err(_) if text.parse::<TwoMetricGoal>().is_ok() => Err(E::custom(format!(
                "`{text}` is a goal of two metrics, which needs a table; write {{ goal = \"{text}\" }}"
            ))),
            Err(error) => Err(E::custom(error)),
        }
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<GoalEntry, E> {
        if value {
            return Err(E::custom(
                "`true` is not a goal; write a goal such as \"< 5\", or `false` to remove the metric's goal",
            ));
        }
        Ok(GoalEntry::OfMetric(None))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<GoalEntry, A::Error> {
        GoalTable::deserialize(MapAccessDeserializer::new(map)).map(GoalEntry::OfTwoMetrics)
    }
}

fn goal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TwoMetricGoal, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|error| match text.parse::<Goal>() {
        Ok(_) => de::Error::custom(format!(
            "`{text}` names no metrics; the goal of one metric is a text with the key of the metric as its name: \
             \"ci.errors\" = \"{text}\""
        )),
        Err(_) => de::Error::custom(error),
    })
}

fn runbook<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let runbook = String::deserialize(deserializer)?;
    check_runbook(&runbook).map_err(de::Error::custom)?;
    Ok(Some(runbook))
}

fn owner<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let owner = String::deserialize(deserializer)?;
    check_owner(&owner).map_err(de::Error::custom)?;
    Ok(Some(owner))
}
