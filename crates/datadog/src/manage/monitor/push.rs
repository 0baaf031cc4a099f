//! Pushes monitors. A push identifies the monitor of an earlier push by its tags: the tag of all managed monitors, the tags of
//! the scope, and the tag with the metric's key or the goal's name.

use datadog_api_client::datadogV1::model::{MonitorOptions, MonitorUpdateRequest};
use serde::Deserialize;
use serde_json::Value;

use super::{
    MonitorScope, WantedMonitor,
    wanted::{MANAGED, metric_of_tag, metric_tag},
};
use crate::{
    client::{DatadogApi, DatadogError},
    manage::{
        canonical::is_kept_option,
        document::{CanonicalDocument, PushAction},
    },
};

/// What a push of monitors would do.
#[derive(Debug, Clone)]
pub struct MonitorPlan<'a> {
    /// The wanted monitors.
    pub monitors: Vec<PlannedMonitor<'a>>,
    /// Managed monitors of metrics and goals that should have none.
    pub stale: Vec<ManagedMonitor>,
    /// Managed monitors of metrics and goals that another managed monitor already watches. Somebody may have cloned a monitor in
    /// Datadog.
    pub copies: Vec<ManagedMonitor>,
}

/// What a push of one monitor would do.
#[derive(Debug, Clone)]
pub struct PlannedMonitor<'a> {
    /// The wanted monitor.
    pub wanted: &'a WantedMonitor,
    /// Id of the monitor in Datadog, if it exists.
    pub id: Option<i64>,
    /// What the push has to do.
    pub action: PushAction,
    /// The monitor in Datadog.
    existing: Option<Box<Value>>,
}

/// A managed monitor in Datadog.
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
    existing: Option<Box<Value>>,
}

impl ManagedMonitor {
    /// Whether it was changed since the last push. Also true if it has no mark of a push.
    #[must_use]
    pub fn is_edited(&self) -> bool {
        self.existing.as_deref().is_none_or(|existing| CanonicalDocument::from_monitor(existing).is_edited())
    }

    /// Whether it watches the metric with this key, or the goal with this name.
    #[must_use]
    pub fn watches(&self, metric: &str) -> bool {
        self.tags.contains(&metric_tag(metric))
    }

    /// Key of the metric, or name of the goal, that it watches. `None` if somebody has removed its tag.
    #[must_use]
    pub fn metric(&self) -> Option<&str> {
        self.tags.iter().find_map(|tag| metric_of_tag(tag))
    }
}

impl DatadogApi {
    /// The managed monitors of a scope, sorted by id.
    pub async fn managed_monitors(&self, scope: &MonitorScope) -> Result<Vec<ManagedMonitor>, DatadogError> {
        let tags: Vec<String> =
            [MANAGED.to_owned()].into_iter().chain(scope.tags().iter().cloned()).collect();
        let mut managed = Vec::new();
        for monitor in self.monitors(&tags).await? {
            let mut read: ManagedMonitor =
                self.read(monitor.clone(), "a monitor without an id, a name or a query")?;
            // Do not rely on the server's filter: only monitors with these tags may be changed.
            if tags.iter().all(|tag| read.tags.contains(tag)) {
                read.existing = Some(Box::new(monitor));
                managed.push(read);
            }
        }
        managed.sort_by_key(|monitor| monitor.id);
        Ok(managed)
    }

    /// Determines what a push would do.
    pub async fn plan_monitors<'a>(
        &self,
        wanted: &'a [WantedMonitor],
        scope: &MonitorScope,
    ) -> Result<MonitorPlan<'a>, DatadogError> {
        let mut existing = self.managed_monitors(scope).await?;
        let monitors = wanted.iter().map(|wanted| {
            let watches_metric = |monitor: &ManagedMonitor| monitor.watches(&wanted.metric);
            // Prefer a monitor that was not edited, because an edited one may be somebody's copy.
            let unedited =
                existing.iter().position(|monitor| watches_metric(monitor) && !monitor.is_edited());
            let position = unedited.or_else(|| existing.iter().position(watches_metric));
            let managed = position.map(|position| existing.remove(position));
            let id = managed.as_ref().map(|monitor| monitor.id);
            let document = managed.and_then(|monitor| monitor.existing);
            let action = document.as_deref().map_or(PushAction::Create, |existing| {
                CanonicalDocument::from_monitor(existing).action_towards(&wanted.document)
            });
            PlannedMonitor { wanted, id, action, existing: document }
        });
        let monitors = monitors.collect();
        let is_copy = |monitor: &ManagedMonitor| wanted.iter().any(|wanted| monitor.watches(&wanted.metric));
        let (copies, stale) = existing.into_iter().partition(is_copy);
        Ok(MonitorPlan { monitors, stale, copies })
    }

    /// Pushes one monitor of a plan, and returns its id. Sends nothing if there is nothing to do.
    pub async fn push_monitor(&self, planned: &PlannedMonitor<'_>) -> Result<Option<i64>, DatadogError> {
        let monitor = &planned.wanted.monitor;
        match (&planned.action, planned.id) {
            (PushAction::Keep, id) => Ok(id),
            (PushAction::Update { .. }, Some(id)) => {
                let mut update = MonitorUpdateRequest::new()
                    .query(monitor.query.clone())
                    // If no priority is wanted, this removes an existing one.
                    .priority(monitor.priority.flatten());
                update.name.clone_from(&monitor.name);
                update.message.clone_from(&monitor.message);
                update.tags.clone_from(&monitor.tags);
                update.options.clone_from(&monitor.options);
                if let (Some(options), Some(existing)) = (&mut update.options, &planned.existing) {
                    keep_other_options(options, existing);
                }
                self.update_monitor(id, &update).await?;
                Ok(Some(id))
            }
            (PushAction::Create | PushAction::Update { .. }, _) => {
                let created = self.create_monitor(monitor).await?;
                let id = created.get("id").and_then(Value::as_i64);
                id.map(Some).ok_or_else(|| self.unexpected("a monitor without an id"))
            }
        }
    }
}

/// Adds the existing options that a push does not set. An update replaces all options, and a muted monitor must stay muted.
fn keep_other_options(options: &mut MonitorOptions, existing: &Value) {
    let existing = existing.get("options").and_then(Value::as_object);
    let kept =
        existing.into_iter().flatten().filter(|(name, value)| is_kept_option(name) && !value.is_null());
    options.additional_properties.extend(kept.map(|(name, value)| (name.clone(), value.clone())));
}
