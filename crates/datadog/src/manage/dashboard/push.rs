//! Pushes of dashboards. To avoid copies, a push first looks for an existing dashboard: by the id in the wanted JSON, by the id
//! that the caller remembers from an earlier push, or by the title. If several dashboards have the title, the push takes the
//! one that has the mark of a push, and fails unless exactly one has it.

use serde_json::Value;

use super::{DashboardError, WantedDashboard};
use crate::{
    client::{DashboardSummary, DatadogApi, DatadogError},
    manage::{
        change::Changes,
        document::{CanonicalDocument, PushAction},
        mark::unmarked,
    },
};

/// What a push of a dashboard would do.
#[derive(Debug, Clone)]
pub struct PlannedDashboard {
    /// Id of the dashboard in Datadog, if it exists.
    pub id: Option<String>,
    /// What the push has to do.
    pub action: PushAction,
}

/// A dashboard that was pushed to Datadog.
#[derive(Debug, Clone, PartialEq)]
pub struct ManagedDashboard {
    /// Its id, such as `abc-def-ghi`.
    pub id: String,
    /// Its path in the web interface.
    pub url: Option<String>,
    /// The differences between the pushed dashboard and what Datadog stored. The next push will find the same differences.
    pub changed: Changes,
}

impl DatadogApi {
    /// Determines what a push would do. `remembered` is the id that an earlier push returned.
    pub async fn plan_dashboard(
        &self,
        wanted: &WantedDashboard,
        remembered: Option<&str>,
    ) -> Result<PlannedDashboard, DashboardError> {
        let existing = match (&wanted.id, remembered) {
            (Some(id), _) => {
                let existing = self.dashboard(id).await?;
                Some(existing.ok_or_else(|| DashboardError::Missing(id.clone()))?)
            }
            (None, Some(id)) => match self.dashboard(id).await? {
                Some(existing) if !is_renamed_by_a_push(&existing, wanted) => Some(existing),
                _ => self.dashboard_with_title(wanted.title()).await?,
            },
            (None, None) => self.dashboard_with_title(wanted.title()).await?,
        };
        let Some(existing) = existing else {
            return Ok(PlannedDashboard { id: None, action: PushAction::Create });
        };
        let document = CanonicalDocument::from_dashboard(&existing);
        Ok(PlannedDashboard {
            id: existing.get("id").and_then(Value::as_str).map(str::to_owned),
            action: document.action_towards(&wanted.document),
        })
    }

    /// Executes a plan. Sends nothing and returns `None` if there is nothing to do.
    pub async fn push_dashboard(
        &self,
        wanted: &WantedDashboard,
        planned: &PlannedDashboard,
    ) -> Result<Option<ManagedDashboard>, DatadogError> {
        let response = match (&planned.action, &planned.id) {
            (PushAction::Keep, _) => return Ok(None),
            (PushAction::Create, _) | (PushAction::Update { .. }, None) => {
                self.create_dashboard(&wanted.dashboard).await?
            }
            (PushAction::Update { .. }, Some(id)) => self.update_dashboard(id, &wanted.dashboard).await?,
        };
        let text = |name| response.get(name).and_then(Value::as_str).map(str::to_owned);
        let changed = wanted.document.changes_in(&CanonicalDocument::from_dashboard(&response));
        let id = text("id").ok_or_else(|| self.unexpected("a dashboard without an id"))?;
        Ok(Some(ManagedDashboard { id, url: text("url"), changed }))
    }

    /// The dashboards with the mark of a push.
    pub async fn managed_dashboards(&self) -> Result<Vec<DashboardSummary>, DatadogError> {
        let mut all = self.dashboards().await?;
        all.retain(is_managed);
        Ok(all)
    }

    /// The dashboard with an id or a title. If several dashboards have the title, the only managed one of them.
    pub async fn find_dashboard(&self, id_or_title: &str) -> Result<Value, DashboardError> {
        let existing = match self.dashboard(id_or_title).await? {
            None => self.dashboard_with_title(id_or_title).await?,
            existing => existing,
        };
        existing.ok_or_else(|| DashboardError::Missing(id_or_title.to_owned()))
    }

    async fn dashboard_with_title(&self, title: &str) -> Result<Option<Value>, DashboardError> {
        let mut titled = self.dashboards().await?;
        titled.retain(|summary| summary.title == title);
        if titled.iter().any(is_managed) {
            titled.retain(is_managed);
        }
        match &titled[..] {
            [] => Ok(None),
            [one] => Ok(self.dashboard(&one.id).await?),
            _ => Err(DashboardError::Ambiguous {
                title: title.to_owned(),
                ids: titled.into_iter().map(|summary| summary.id).collect(),
            }),
        }
    }
}

/// Whether a later push gave the dashboard another title, so that it is no longer the wanted one.
fn is_renamed_by_a_push(dashboard: &Value, wanted: &WantedDashboard) -> bool {
    let has_title = dashboard.get("title").and_then(Value::as_str) == Some(wanted.title());
    let document = CanonicalDocument::from_dashboard(dashboard);
    !has_title && document.is_managed() && !document.is_edited_by_people(&wanted.document)
}

fn is_managed(summary: &DashboardSummary) -> bool {
    summary.description.as_deref().is_some_and(|description| unmarked(description).1.is_some())
}

/// Whether a dashboard has the mark of a push.
#[must_use]
pub fn is_managed_dashboard(dashboard: &Value) -> bool {
    CanonicalDocument::from_dashboard(dashboard).is_managed()
}
