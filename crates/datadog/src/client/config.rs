//! The configuration of the sink and of the API.

use std::time::Duration;

use secrecy::SecretString;
use system_health_http::{HttpClient, HttpSettings, RetryPolicy};
use system_health_registry::ApiCalls;

use super::{DatadogError, DatadogKeyError, Endpoint};

/// The configuration of a [`DatadogSink`](crate::DatadogSink) or a [`DatadogApi`](crate::DatadogApi).
#[derive(Debug, Clone)]
pub struct DatadogConfig {
    /// The endpoint to which requests are sent.
    pub endpoint: Endpoint,
    /// API key that the endpoint accepts.
    pub api_key: SecretString,
    /// Timeout for connecting. Default: 5 seconds.
    pub connect_timeout: Duration,
    /// Timeout until the response begins, and then for each part of it. Default: 10 seconds.
    pub read_timeout: Duration,
    /// Timeout for a request, from connecting to the last byte of the response. Default: 20 seconds. The deadline of a
    /// delivery also ends its requests.
    pub timeout: Duration,
    /// Retry policy. Its maximum number of attempts does not apply to deliveries of points and to the check before them: both
    /// are retried until their deadline.
    pub retry: RetryPolicy,
    /// Counts the requests under the API name `datadog`.
    pub api_calls: ApiCalls,
}

/// Why a sink or a client of the API cannot be created.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A key is not valid.
    #[error(transparent)]
    Key(#[from] DatadogKeyError),
    /// A request cannot be built.
    #[error(transparent)]
    Request(#[from] DatadogError),
    /// The HTTP client cannot be created, for example because no root certificates are installed.
    #[error(transparent)]
    Client(#[from] system_health_http::SetupError),
}

impl DatadogConfig {
    /// A configuration with the default timeouts.
    #[must_use]
    pub fn new(endpoint: Endpoint, api_key: SecretString) -> Self {
        Self {
            endpoint,
            api_key,
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(20),
            retry: RetryPolicy::default(),
            api_calls: ApiCalls::default(),
        }
    }

    /// Connections to the endpoint, with `connect_timeout` and `read_timeout`. The connections may outlive a run. Nothing is
    /// sent yet.
    pub fn connections(&self) -> Result<HttpClient, ConfigError> {
        let settings = HttpSettings {
            connect_timeout: self.connect_timeout,
            read_timeout: self.read_timeout,
            ..HttpSettings::new("datadog")
        };
        Ok(HttpClient::new(&self.endpoint.to_url()?, settings)?)
    }

    /// Counts requests in a record that the caller can read.
    #[must_use]
    pub fn with_api_calls(mut self, api_calls: ApiCalls) -> Self {
        self.api_calls = api_calls;
        self
    }
}
