//! What a sink needs to know, and why it may not be enough.

use std::time::Duration;

use secrecy::SecretString;
use system_health_http::{HttpClient, HttpSettings, RetryPolicy};
use system_health_registry::ApiCalls;

use crate::{DatadogError, Endpoint, KeyError};

/// What a [`DatadogSink`](crate::DatadogSink) needs to know.
#[derive(Debug, Clone)]
pub struct DatadogConfig {
    /// Where to deliver to.
    pub endpoint: Endpoint,
    /// The API key of an organization on that site.
    pub api_key: SecretString,
    /// How long a connection may take to be made; 5 seconds.
    pub connect_timeout: Duration,
    /// How long to wait for the answer to begin, and then for each part of it; 10 seconds.
    pub read_timeout: Duration,
    /// How long a request may take, from connecting to the last byte of the answer; 20 seconds. An
    /// attempt to deliver never takes longer than the delivery's deadline allows.
    pub timeout: Duration,
    /// How far apart attempts are. Their number holds for requests other than deliveries, which are retried until
    /// their deadline.
    pub retry: RetryPolicy,
    /// Where requests are counted, as those to `datadog`.
    pub api_calls: ApiCalls,
}

/// Why a sink cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The API key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A header cannot hold a key.
    #[error(transparent)]
    Request(#[from] DatadogError),
    /// The HTTP client, for example because no root certificates are installed.
    #[error(transparent)]
    Client(#[from] system_health_http::SetupError),
}

impl DatadogConfig {
    /// A configuration with the usual time limits.
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

    /// The connections for this endpoint and these time limits. They may outlive a run. Nothing is sent yet.
    pub fn connections(&self) -> Result<HttpClient, ConfigError> {
        let settings = HttpSettings {
            connect_timeout: self.connect_timeout,
            read_timeout: self.read_timeout,
            ..HttpSettings::new("datadog")
        };
        Ok(HttpClient::new(&self.endpoint.to_url()?, settings)?)
    }

    /// Counts requests in a record that others read.
    #[must_use]
    pub fn with_api_calls(mut self, api_calls: ApiCalls) -> Self {
        self.api_calls = api_calls;
        self
    }
}
