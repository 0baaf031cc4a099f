//! Datadog's API: where it is, the keys, requests and responses.

mod api;
mod api_requests;
mod config;
mod endpoint;
mod error;
mod error_list;
mod http;
mod json;
mod key;
mod key_scope;
mod limits;
mod response;
mod secrets;
mod settings;
mod site;

pub use api::{DashboardSummary, DatadogApi, QueriedSeries};
pub use config::{ConfigError, DatadogConfig};
pub use endpoint::{Endpoint, EndpointError};
pub use error::DatadogError;
pub use json::dashboard_json;
pub use key::{DatadogKey, DatadogKeyError};
pub use response::ErrorResponse;
pub use secrets::{API_KEY, APP_KEY};
pub use settings::{DatadogSettings, DatadogSettingsError};
pub use site::{Site, SiteError};

pub(crate) use http::Http;
pub(crate) use json::json;
pub(crate) use key::{API_KEY_HEADER, checked_key};
pub(crate) use limits::{
    MAX_AGE, MAX_AGGREGATION_KEY_LENGTH, MAX_AHEAD, MAX_COMPRESSED_SIZE, MAX_EVENT_AGE,
    MAX_EVENT_TEXT_LENGTH, MAX_JSON_SIZE, MAX_VALUES,
};
pub(crate) use response::Success;
