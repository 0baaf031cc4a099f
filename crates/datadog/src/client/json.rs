//! Datadog's models as JSON. Every dashboard is serialized by these functions, because the code that serializes a dashboard
//! with all kinds of widgets is large and is generated once for each serializer.

use datadog_api_client::datadogV1::model::Dashboard;
use serde::Serialize;
use serde_json::Value;

use super::DatadogError;

/// A model as JSON.
pub(crate) fn json(model: &impl Serialize) -> Result<Value, DatadogError> {
    serde_json::to_value(model).map_err(|error| DatadogError::Client(error.to_string()))
}

/// A dashboard as JSON, which Datadog can import.
pub fn dashboard_json(dashboard: &Dashboard) -> Result<Value, DatadogError> {
    json(dashboard)
}
