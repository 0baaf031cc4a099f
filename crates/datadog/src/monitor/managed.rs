//! The way of monitors to Datadog. A monitor is found again by its tags: the one that all managed monitors
//! carry, those of the scope, and the one that names its metric.

use datadog_api_client::datadogV1::model::{MonitorOptions, MonitorUpdateRequest};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Scope, WantedMonitor,
    wanted::{MANAGED, tag_of},
};
use crate::{Action, DatadogApi, DatadogError, canonical::is_kept_option, managed::Document};

/// What a push of monitors would do.
#[derive(Debug, Clone)]
pub struct MonitorPlan<'a> {
    /// For each that Datadog should have.
    pub monitors: Vec<PlannedMonitor<'a>>,
    /// Managed ones of metrics that have none any more.
    pub stale: Vec<ManagedMonitor>,
    /// Further ones of the same metrics, as somebody makes them who clones one in Datadog.
    pub copies: Vec<ManagedMonitor>,
}

/// What a push of one monitor would do.
#[derive(Debug, Clone)]
pub struct PlannedMonitor<'a> {
    /// The monitor as it should be.
    pub wanted: &'a WantedMonitor,
    /// The one that is there.
    pub id: Option<i64>,
    /// What has to be done.
    pub action: Action,
    /// The one that is there, as Datadog has it.
    there: Option<Box<Value>>,
}

/// A managed monitor that Datadog has.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ManagedMonitor {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its query.
    pub query: String,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(skip)]
    there: Option<Box<Value>>,
}

impl ManagedMonitor {
    /// Whether it is not as the last push has left it.
    #[must_use]
    pub fn is_edited(&self) -> bool {
        self.there.as_deref().is_none_or(|there| Document::of_monitor(there).is_edited())
    }

    /// Whether it is about a metric.
    #[must_use]
    pub fn is_of(&self, metric: &str) -> bool {
        self.tags.contains(&tag_of(metric))
    }
}

impl DatadogApi {
    /// The managed monitors of a scope, by their ids.
    pub async fn managed_monitors(&self, scope: &Scope) -> Result<Vec<ManagedMonitor>, DatadogError> {
        let tags: Vec<String> =
            [MANAGED.to_owned()].into_iter().chain(scope.tags().iter().cloned()).collect();
        let mut managed = Vec::new();
        for monitor in self.monitors(&tags).await? {
            let mut read: ManagedMonitor =
                self.read(monitor.clone(), "a monitor without an id, a name or a query")?;
            // What the server makes of the tags that were asked for is its own affair; what is touched is ours.
            if tags.iter().all(|tag| read.tags.contains(tag)) {
                read.there = Some(Box::new(monitor));
                managed.push(read);
            }
        }
        managed.sort_by_key(|monitor| monitor.id);
        Ok(managed)
    }

    /// Finds out what a push would do.
    pub async fn plan_monitors<'a>(
        &self,
        wanted: &'a [WantedMonitor],
        scope: &Scope,
    ) -> Result<MonitorPlan<'a>, DatadogError> {
        let mut there = self.managed_monitors(scope).await?;
        let monitors = wanted.iter().map(|wanted| {
            let of_metric = |monitor: &ManagedMonitor| monitor.is_of(&wanted.metric);
            // A copy that somebody has changed is theirs; the first one may be changed, too.
            let unedited = there.iter().position(|monitor| of_metric(monitor) && !monitor.is_edited());
            let found = unedited.or_else(|| there.iter().position(of_metric));
            let found = found.map(|position| there.remove(position));
            let id = found.as_ref().map(|monitor| monitor.id);
            let there = found.and_then(|monitor| monitor.there);
            let action = there
                .as_deref()
                .map_or(Action::Create, |there| Document::of_monitor(there).become_like(&wanted.document));
            PlannedMonitor { wanted, id, action, there }
        });
        let monitors = monitors.collect();
        let is_copy = |monitor: &ManagedMonitor| wanted.iter().any(|wanted| monitor.is_of(&wanted.metric));
        let (copies, stale) = there.into_iter().partition(is_copy);
        Ok(MonitorPlan { monitors, stale, copies })
    }

    /// Does what was planned, and gives the monitor's id. Nothing is sent where nothing has to be done.
    pub async fn push_monitor(&self, planned: &PlannedMonitor<'_>) -> Result<Option<i64>, DatadogError> {
        let monitor = &planned.wanted.monitor;
        match (&planned.action, planned.id) {
            (Action::Keep, id) => Ok(id),
            (Action::Update { .. }, Some(id)) => {
                let mut update = MonitorUpdateRequest::new()
                    .query(monitor.query.clone())
                    // Without a priority, one that somebody has set has to go, too.
                    .priority(monitor.priority.flatten());
                update.name.clone_from(&monitor.name);
                update.message.clone_from(&monitor.message);
                update.tags.clone_from(&monitor.tags);
                update.options.clone_from(&monitor.options);
                if let (Some(options), Some(there)) = (&mut update.options, &planned.there) {
                    keep(options, there);
                }
                self.update_monitor(id, &update).await?;
                Ok(Some(id))
            }
            (Action::Create | Action::Update { .. }, _) => {
                Ok(self.create_monitor(monitor).await?.get("id").and_then(Value::as_i64))
            }
        }
    }
}

/// Keeps the options that a push does not set: an update replaces all options, and a muted monitor has to stay muted.
fn keep(options: &mut MonitorOptions, there: &Value) {
    let there = there.get("options").and_then(Value::as_object);
    let kept = there.into_iter().flatten().filter(|(name, value)| is_kept_option(name) && !value.is_null());
    options.additional_properties.extend(kept.map(|(name, value)| (name.clone(), value.clone())));
}
