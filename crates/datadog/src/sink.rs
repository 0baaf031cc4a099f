//! The sink: one attempt a delivery, bounded in time, through the generated client.

use std::{fmt, time::Duration};

use datadog_api_client::{
    datadog::{APIKey, Configuration, Error as ClientError},
    datadogV1::api_authentication::AuthenticationAPI,
    datadogV2::{
        api_metrics::{MetricsAPI, SubmitMetricsOptionalParams},
        model::MetricContentEncoding,
    },
};
use futures::future::BoxFuture;
use reqwest::redirect;
use secrecy::SecretString;
use system_health_registry::{DeliveryError, Receipt, Report, Sink};
use tracing::debug;

use crate::{Answer, DatadogError, Endpoint, KeyError, answer, key, payload};

/// What a [`DatadogSink`] needs to know.
#[derive(Debug, Clone)]
pub struct DatadogConfig {
    /// Where to deliver to.
    pub endpoint: Endpoint,
    /// The API key of an organization on that site.
    pub api_key: SecretString,
    /// How long a connection may take to be made; 5 seconds.
    pub connect_timeout: Duration,
    /// How long a request may take, from connecting to the last byte of the answer; 10 seconds.
    pub timeout: Duration,
}

/// Why a sink cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The API key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The HTTP client, for example because no root certificates are installed.
    #[error("cannot set up an HTTPS client")]
    Client(#[from] reqwest::Error),
}

/// Delivers reports to Datadog as series.
#[derive(Clone)]
pub struct DatadogSink {
    endpoint: Endpoint,
    timeout: Duration,
    metrics: MetricsAPI,
    authentication: AuthenticationAPI,
}

impl DatadogConfig {
    /// A configuration with the usual time limits.
    #[must_use]
    pub const fn new(endpoint: Endpoint, api_key: SecretString) -> Self {
        Self { endpoint, api_key, connect_timeout: Duration::from_secs(5), timeout: Duration::from_secs(10) }
    }
}

impl DatadogSink {
    /// Checks the key's form and sets up the client; sends nothing. The client takes proxies from the
    /// usual environment variables, and root certificates from the system.
    pub fn new(config: DatadogConfig) -> Result<Self, ConfigError> {
        let DatadogConfig { endpoint, api_key, connect_timeout, timeout } = config;
        let mut client = reqwest::Client::builder()
            .connect_timeout(connect_timeout)
            .timeout(timeout)
            // A redirect would hand the key to another host.
            .redirect(redirect::Policy::none());
        if endpoint.is_loopback() {
            client = client.no_proxy();
        }
        let client = reqwest_middleware::ClientBuilder::new(client.build()?).with(answer::judge).build();
        let generated = generated_config(&endpoint, key::checked(&api_key)?);
        Ok(Self {
            endpoint,
            timeout,
            metrics: MetricsAPI::with_client_and_config(generated.clone(), client.clone()),
            authentication: AuthenticationAPI::with_client_and_config(generated, client),
        })
    }

    async fn validate(&self) -> Result<(), DatadogError> {
        let answer =
            self.authentication.validate_with_http_info().await.map_err(|error| self.failure(error))?;
        let judged = |words: &str| Answer {
            host: self.endpoint.host().to_owned(),
            status: answer.status.as_u16(),
            words: words.to_owned(),
        };
        match answer.entity.and_then(|body| body.valid) {
            Some(true) => Ok(()),
            Some(false) => Err(DatadogError::RefusedKey(judged("the key is not valid"))),
            None => Err(DatadogError::Unexpected(judged("not said whether the key is valid"))),
        }
    }

    async fn submit(&self, report: &Report) -> Result<Receipt, DatadogError> {
        let payload = payload(report);
        let series = payload.series.len();
        if series == 0 {
            // A wrong key is found now rather than with the first value.
            self.validate().await?;
        } else {
            debug!(series, endpoint = %self.endpoint, "delivering to Datadog");
            let zstd = SubmitMetricsOptionalParams::default().content_encoding(MetricContentEncoding::ZSTD1);
            self.metrics.submit_metrics(payload, zstd).await.map_err(|error| self.failure(error))?;
        }
        Ok(Receipt::new(series))
    }

    fn failure<T>(&self, error: ClientError<T>) -> DatadogError {
        use reqwest_middleware::Error::{Middleware, Reqwest};
        match error {
            ClientError::ReqwestMiddleware(Middleware(error)) => match error.downcast::<DatadogError>() {
                Ok(judged) => judged,
                Err(other) => DatadogError::Client(other.to_string()),
            },
            ClientError::ReqwestMiddleware(Reqwest(error)) | ClientError::Reqwest(error) => {
                self.transport_failure(error)
            }
            other => DatadogError::Client(other.to_string()),
        }
    }

    fn transport_failure(&self, error: reqwest::Error) -> DatadogError {
        let host = self.endpoint.host().to_owned();
        if error.is_timeout() && !error.is_connect() {
            DatadogError::TimedOut { host, limit: self.timeout }
        } else {
            DatadogError::Unreachable { host, source: error.without_url() }
        }
    }
}

/// The generated client's configuration. Its server 1 takes any protocol and name; server 0 would panic
/// for a site that it does not know, and takes its default from the environment.
fn generated_config(endpoint: &Endpoint, key: &str) -> Configuration {
    let mut config = Configuration::new();
    config.server_index = 1;
    config.server_variables = [("protocol", endpoint.protocol()), ("name", endpoint.name())]
        .map(|(variable, value)| (variable.to_owned(), value.to_owned()))
        .into();
    config.set_auth_key("apiKeyAuth", APIKey { key: key.to_owned(), prefix: String::new() });
    config
}

impl Sink for DatadogSink {
    fn name(&self) -> &'static str {
        "datadog"
    }

    fn check(&self) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Box::pin(async { Ok(self.validate().await?) })
    }

    /// Sends the values of a report in one request. Without values only the key is checked.
    fn deliver<'a>(&'a self, report: &'a Report) -> BoxFuture<'a, Result<Receipt, DeliveryError>> {
        Box::pin(async { Ok(self.submit(report).await?) })
    }
}

// The generated configuration would print the key.
impl fmt::Debug for DatadogSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatadogSink")
            .field("endpoint", &self.endpoint)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Site;

    #[test]
    fn every_site_is_where_datadogs_client_says() {
        for site in Site::ALL {
            let ours = generated_config(&Endpoint::from(site), "key");
            let mut theirs = Configuration::new();
            theirs.server_variables.insert("site".to_owned(), site.as_str().to_owned());

            assert_eq!(
                ours.get_operation_host("v2.submit_metrics"),
                theirs.get_operation_host("v2.submit_metrics")
            );
            assert_eq!(ours.get_operation_host("v1.validate"), theirs.get_operation_host("v1.validate"));
        }
    }

    #[test]
    fn a_url_replaces_the_site() {
        let endpoint: Endpoint = "http://127.0.0.1:8126/intake/".parse().unwrap();

        let config = generated_config(&endpoint, "key");

        assert_eq!(config.get_operation_host("v2.submit_metrics"), "http://127.0.0.1:8126/intake");
    }

    #[test]
    fn an_unfit_key_makes_no_sink() {
        let config = DatadogConfig::new(Site::default().into(), SecretString::from("0dd0\nc0ffee"));

        let error = DatadogSink::new(config).unwrap_err();

        assert!(matches!(error, ConfigError::Key(KeyError::Characters)), "{error:?}");
    }
}
