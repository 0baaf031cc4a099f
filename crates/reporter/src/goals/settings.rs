//! The settings tables `[goals."name"]`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de};
use system_health_registry::{
    CombinedGoal, Settings, check_key, check_owner, check_runbook, settings::SettingsError, settings_table,
};

/// The settings tables `[goals."name"]`.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct GoalsSettings(pub(super) BTreeMap<GoalName, GoalSettings>);

/// The name of a goal. It has the form of a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GoalName(pub(super) String);

/// A goal of two metrics.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GoalSettings {
    #[serde(deserialize_with = "goal")]
    goal: CombinedGoal,
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
pub struct NamedGoal {
    /// The name, which is the key of no metric.
    pub name: String,
    /// The goal.
    pub goal: CombinedGoal,
    /// What the goal means.
    pub description: Option<String>,
    /// The URL of a page that says what to do if the goal is missed.
    pub runbook: Option<String>,
    /// Who is responsible.
    pub owner: Option<String>,
}

impl GoalsSettings {
    fn check_distinct(&self, settings: &Settings) -> Result<(), SettingsError> {
        let mut known: Vec<(&str, &CombinedGoal)> = Vec::new();
        for (GoalName(name), GoalSettings { goal, .. }) in &self.0 {
            if let Some((other, _)) = known.iter().find(|(_, known)| *known == goal) {
                let message = format!("[goals.\"{other}\"] has the same goal; remove one of them");
                return Err(settings.refuse::<Self>(&format!("{name}.goal"), message));
            }
            known.push((name, goal));
        }
        Ok(())
    }
}

impl From<(GoalName, GoalSettings)> for NamedGoal {
    fn from((GoalName(name), settings): (GoalName, GoalSettings)) -> Self {
        let GoalSettings { goal, description, runbook, owner } = settings;
        Self { name, goal, description, runbook, owner }
    }
}

impl<'de> Deserialize<'de> for GoalName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let refused = |error| {
            de::Error::custom(format!("the name of a goal has the same form as the key of a metric: {error}"))
        };
        check_key(&name).map_err(refused)?;
        Ok(Self(name))
    }
}

fn goal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CombinedGoal, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
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
