//! Datadog's models as JSON, in one place: the code that writes a dashboard with all kinds of widgets is
//! large, and is there once for each way of writing.

use datadog_api_client::datadogV1::model::Dashboard;
use serde::Serialize;
use serde_json::Value;

use crate::DatadogError;

/// A model as JSON.
pub(crate) fn json(model: &impl Serialize) -> Result<Value, DatadogError> {
    serde_json::to_value(model).map_err(|error| DatadogError::Client(error.to_string()))
}

/// A dashboard as JSON, to be imported.
pub fn dashboard_json(dashboard: &Dashboard) -> Result<Value, DatadogError> {
    json(dashboard)
}
