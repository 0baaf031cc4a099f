//! The way of a dashboard to Datadog: it is found again by its title and its mark, or by an id that
//! somebody remembers, so that no push makes a second one.

use serde_json::Value;

use super::{DashboardError, WantedDashboard};
use crate::{Action, Changes, DashboardSummary, DatadogApi, DatadogError, managed::Document, mark::unmarked};

/// What a push of a dashboard would do.
#[derive(Debug, Clone)]
pub struct PlannedDashboard {
    /// The one that is there.
    pub id: Option<String>,
    /// What has to be done.
    pub action: Action,
}

/// A dashboard that Datadog has.
#[derive(Debug, Clone, PartialEq)]
pub struct ManagedDashboard {
    /// Its id, such as `abc-def-ghi`.
    pub id: String,
    /// Its path below the site's address.
    pub url: Option<String>,
    /// What Datadog has made of what it was sent. As long as it does so, the next push finds a difference.
    pub changed: Changes,
}

impl DatadogApi {
    /// Finds out what a push would do. `remembered` is the id that an earlier push has given.
    pub async fn plan_dashboard(
        &self,
        wanted: &WantedDashboard,
        remembered: Option<&str>,
    ) -> Result<PlannedDashboard, DashboardError> {
        let there = match (&wanted.id, remembered) {
            (Some(id), _) => {
                let there = self.dashboard(id).await?;
                Some(there.ok_or_else(|| DashboardError::Missing(id.clone()))?)
            }
            (None, Some(id)) => match self.dashboard(id).await? {
                Some(there) if !is_renamed_by_a_push(&there, wanted) => Some(there),
                _ => self.dashboard_of_title(wanted.title()).await?,
            },
            (None, None) => self.dashboard_of_title(wanted.title()).await?,
        };
        let Some(there) = there else { return Ok(PlannedDashboard { id: None, action: Action::Create }) };
        let document = Document::of_dashboard(&there);
        Ok(PlannedDashboard {
            id: there.get("id").and_then(Value::as_str).map(str::to_owned),
            action: document.become_like(&wanted.document),
        })
    }

    /// Does what was planned. Nothing is sent where nothing has to be done.
    pub async fn push_dashboard(
        &self,
        wanted: &WantedDashboard,
        planned: &PlannedDashboard,
    ) -> Result<Option<ManagedDashboard>, DatadogError> {
        let answered = match (&planned.action, &planned.id) {
            (Action::Keep, _) => return Ok(None),
            (Action::Create, _) | (Action::Update { .. }, None) => {
                self.create_dashboard(&wanted.dashboard).await?
            }
            (Action::Update { .. }, Some(id)) => self.update_dashboard(id, &wanted.dashboard).await?,
        };
        let text = |name| answered.get(name).and_then(Value::as_str).map(str::to_owned);
        let changed = wanted.document.changes_in(&Document::of_dashboard(&answered));
        Ok(text("id").map(|id| ManagedDashboard { id, url: text("url"), changed }))
    }

    /// The dashboards that carry our mark.
    pub async fn managed_dashboards(&self) -> Result<Vec<DashboardSummary>, DatadogError> {
        let mut all = self.dashboards().await?;
        all.retain(is_managed);
        Ok(all)
    }

    /// The one dashboard with an id or a title; of several with the title, the managed one.
    pub async fn find_dashboard(&self, id_or_title: &str) -> Result<Value, DashboardError> {
        let there = match self.dashboard(id_or_title).await? {
            None => self.dashboard_of_title(id_or_title).await?,
            there => there,
        };
        there.ok_or_else(|| DashboardError::Missing(id_or_title.to_owned()))
    }

    async fn dashboard_of_title(&self, title: &str) -> Result<Option<Value>, DashboardError> {
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

/// Whether a dashboard has another title because a push has given it that: it is not the one that was
/// remembered any more.
fn is_renamed_by_a_push(dashboard: &Value, wanted: &WantedDashboard) -> bool {
    let has_title = dashboard.get("title").and_then(Value::as_str) == Some(wanted.title());
    let document = Document::of_dashboard(dashboard);
    !has_title && document.is_managed() && !document.is_edited_since(&wanted.document)
}

fn is_managed(summary: &DashboardSummary) -> bool {
    summary.description.as_deref().is_some_and(|description| unmarked(description).1.is_some())
}

/// Whether a dashboard of Datadog's carries our mark.
#[must_use]
pub fn is_managed_dashboard(dashboard: &Value) -> bool {
    Document::of_dashboard(dashboard).is_managed()
}
