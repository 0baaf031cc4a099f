//! A dashboard that Datadog should have: made from a catalog, or written by hand.

use std::collections::BTreeMap;

use datadog_api_client::{
    datadog::UnparsedObject,
    datadogV1::model::{Dashboard, DashboardLayoutType, Widget, WidgetDefinition},
};
use serde_json::Value;

use crate::{
    client::{DatadogError, json},
    manage::{canonical, document::CanonicalDocument, mark::unmarked},
};

/// A dashboard that Datadog should have.
#[derive(Debug, Clone)]
pub struct WantedDashboard {
    /// With the mark, and without Datadog's additions.
    pub(super) dashboard: Dashboard,
    /// Id of the dashboard that it replaces, if the JSON contains one.
    pub(super) id: Option<String>,
    pub(super) document: CanonicalDocument,
}

/// Why a dashboard cannot be pushed or found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DashboardError {
    /// A request failed.
    #[error(transparent)]
    Datadog(#[from] DatadogError),
    /// The text is not JSON.
    #[error("it is not JSON: {0}")]
    Json(serde_json::Error),
    /// The JSON is not a dashboard.
    #[error("it is not a dashboard: {0}")]
    NotADashboard(&'static str),
    /// Its title is empty.
    #[error("its `title` is empty; a push finds a dashboard by its title")]
    EmptyTitle,
    /// It does not exist.
    #[error("there is no dashboard `{0}`")]
    Missing(String),
    /// Several dashboards have the title.
    #[error("several dashboards have the title `{title}`: {}; use an id instead, or delete the others", .ids.join(", "))]
    Ambiguous {
        /// Their title.
        title: String,
        /// Their ids.
        ids: Vec<String>,
    },
}

impl WantedDashboard {
    /// Wraps a dashboard in Datadog's model.
    pub fn new(dashboard: Dashboard) -> Result<Self, DashboardError> {
        let value = json(&dashboard)?;
        Self::marked(dashboard, &value, None)
    }

    /// Parses a dashboard that was written by hand or pulled. If it has an id, it replaces the dashboard with this id. Datadog
    /// validates the widgets: see <https://docs.datadoghq.com/api/latest/dashboards/#create-a-new-dashboard>.
    pub fn parse(text: &str) -> Result<Self, DashboardError> {
        let value = serde_json::from_str(text).map_err(DashboardError::Json)?;
        let id = Value::get(&value, "id").and_then(Value::as_str).map(str::to_owned);
        let value = canonical::without_additions(&value);
        let Value::Object(properties) = value.clone() else {
            return Err(DashboardError::NotADashboard("it is not a JSON object"));
        };
        let mut properties: BTreeMap<String, Value> = properties.into_iter().collect();
        let Some(Value::String(title)) = properties.remove("title") else {
            return Err(DashboardError::NotADashboard("it has no `title`"));
        };
        let layout = match properties.remove("layout_type").as_ref().and_then(Value::as_str) {
            Some("ordered") => DashboardLayoutType::ORDERED,
            Some("free") => DashboardLayoutType::FREE,
            _ => return Err(DashboardError::NotADashboard("its `layout_type` is not `ordered` or `free`")),
        };
        let Some(Value::Array(widgets)) = properties.remove("widgets") else {
            return Err(DashboardError::NotADashboard("it has no list of `widgets`"));
        };
        let widgets = widgets.into_iter().map(widget).collect::<Result<_, _>>()?;
        let mut dashboard = Dashboard::new(layout, title, widgets);
        match properties.remove("description") {
            None | Some(Value::Null) => {}
            Some(Value::String(description)) => dashboard.description = Some(Some(description)),
            Some(_) => return Err(DashboardError::NotADashboard("its `description` is not a text")),
        }
        dashboard.additional_properties = properties;
        Self::marked(dashboard, &value, id)
    }

    /// Its title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.dashboard.title
    }

    /// The dashboard as JSON, as it is pushed.
    pub fn json(&self) -> Result<Value, DatadogError> {
        json(&self.dashboard)
    }

    fn marked(mut dashboard: Dashboard, value: &Value, id: Option<String>) -> Result<Self, DashboardError> {
        if dashboard.title.trim().is_empty() {
            return Err(DashboardError::EmptyTitle);
        }
        let document = CanonicalDocument::from_dashboard(value);
        let description = dashboard.description.take().flatten().unwrap_or_default();
        dashboard.description = Some(Some(document.marked(&unmarked(&description).0)));
        Ok(Self { dashboard, id, document })
    }
}

/// Wraps the JSON of a widget in the model.
fn widget(value: Value) -> Result<Widget, DashboardError> {
    let Value::Object(properties) = value else {
        return Err(DashboardError::NotADashboard("one of its `widgets` is not a JSON object"));
    };
    let mut properties: BTreeMap<String, Value> = properties.into_iter().collect();
    let Some(value @ Value::Object(_)) = properties.remove("definition") else {
        return Err(DashboardError::NotADashboard("one of its `widgets` has no `definition`"));
    };
    let widget = Widget::new(WidgetDefinition::UnparsedObject(UnparsedObject { value }));
    Ok(widget.additional_properties(properties))
}

/// Removes the mark and everything that Datadog adds to a dashboard, such as dates and ids of widgets. Keeps the id of the
/// dashboard.
#[must_use]
pub fn without_datadogs_additions(dashboard: &Value) -> Value {
    let mut dashboard_json = canonical::without_additions(dashboard);
    if let Some(properties) = dashboard_json.as_object_mut() {
        if let Some(Value::String(description)) = properties.get_mut("description") {
            *description = unmarked(description).0;
        }
        if let Some(id) = dashboard.get("id") {
            properties.insert("id".to_owned(), id.clone());
        }
    }
    dashboard_json
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_description_is_a_text_or_null() {
        let parse = |description: Value| {
            let dashboard =
                json!({"title": "CI", "layout_type": "ordered", "widgets": [], "description": description});
            WantedDashboard::parse(&dashboard.to_string())
        };

        for description in [json!(null), json!("What it shows.")] {
            assert!(parse(description.clone()).is_ok(), "{description}");
        }
        for description in [json!(7), json!(["What it shows."])] {
            let error = parse(description).unwrap_err();
            assert_eq!(error.to_string(), "it is not a dashboard: its `description` is not a text");
        }
    }
}
