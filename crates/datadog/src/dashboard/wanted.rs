//! A dashboard as it should be: of a catalog, or written by hand.

use datadog_api_client::datadogV1::model::Dashboard;
use serde_json::Value;

use crate::{Changes, DatadogError, canonical, managed::Document, mark::unmarked};

/// A dashboard that Datadog should have.
#[derive(Debug, Clone)]
pub struct WantedDashboard {
    /// With the mark, and without what Datadog adds.
    pub(super) dashboard: Dashboard,
    /// The one that it should replace, if it says so.
    pub(super) id: Option<String>,
    pub(super) document: Document,
}

/// Why a dashboard cannot be managed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DashboardError {
    /// Datadog, or the way there.
    #[error(transparent)]
    Datadog(#[from] DatadogError),
    /// The text is no JSON.
    #[error("it is no JSON: {0}")]
    Json(serde_json::Error),
    /// The JSON is no dashboard.
    #[error("it is no dashboard: {0}; one has at least a `title`, a `layout_type` and `widgets`")]
    NoDashboard(serde_json::Error),
    /// It has no title.
    #[error("its `title` is empty; dashboards are found again by their titles")]
    NoTitle,
    /// It says something that would not reach Datadog.
    #[error("Datadog's own models do not know all of it; this would change on the way:\n{0}")]
    Lossy(Changes),
    /// It is not there.
    #[error("there is no dashboard `{0}`; `report dashboard list` shows the managed ones")]
    Missing(String),
    /// It cannot be told which one is meant.
    #[error("several dashboards have the title `{title}`: {}; name one by its id, or delete the others", .ids.join(", "))]
    Ambiguous {
        /// Their title.
        title: String,
        /// Their ids.
        ids: Vec<String>,
    },
}

impl WantedDashboard {
    /// A dashboard. Its id, if it has one, names the one that it should replace.
    pub fn new(dashboard: &Dashboard) -> Result<Self, DashboardError> {
        Self::of_value(&serde_json::to_value(dashboard).map_err(DashboardError::NoDashboard)?)
    }

    /// Reads a dashboard that was written by hand, or pulled. See
    /// <https://docs.datadoghq.com/api/latest/dashboards/#create-a-new-dashboard> for what it may say.
    pub fn parse(text: &str) -> Result<Self, DashboardError> {
        Self::of_value(&serde_json::from_str(text).map_err(DashboardError::Json)?)
    }

    /// Its title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.dashboard.title
    }

    /// What would be sent.
    #[must_use]
    pub fn dashboard(&self) -> &Dashboard {
        &self.dashboard
    }

    fn of_value(value: &Value) -> Result<Self, DashboardError> {
        let id = value.get("id").and_then(Value::as_str).map(str::to_owned);
        let value = canonical::without_additions(value);
        let mut dashboard: Dashboard =
            serde_json::from_value(value.clone()).map_err(DashboardError::NoDashboard)?;
        let read = serde_json::to_value(&dashboard).map_err(DashboardError::NoDashboard)?;
        let lost = Changes::between(&canonical::plain(value), &canonical::plain(read.clone()));
        if !lost.is_empty() {
            return Err(DashboardError::Lossy(lost));
        }
        if dashboard.title.trim().is_empty() {
            return Err(DashboardError::NoTitle);
        }
        let document = Document::of_dashboard(&read);
        let said = dashboard.description.take().flatten().unwrap_or_default();
        dashboard.description = Some(Some(document.marked(&unmarked(&said).0)));
        Ok(Self { dashboard, id, document })
    }
}

/// A dashboard of Datadog's as a person would have written it: without dates and ids, but for the one that
/// says which dashboard it is, and without the mark.
#[must_use]
pub fn written(dashboard: &Value) -> Value {
    let mut written = canonical::without_additions(dashboard);
    if let Some(properties) = written.as_object_mut() {
        if let Some(Value::String(description)) = properties.get_mut("description") {
            *description = unmarked(description).0;
        }
        if let Some(id) = dashboard.get("id") {
            properties.insert("id".to_owned(), id.clone());
        }
    }
    written
}
