//! The sink: how Datadog looks to a report.

use std::{fmt, time::SystemTime};

use futures::{future::BoxFuture, stream::BoxStream};
use serde_json::Value;
use system_health_http::{HttpClient, Idempotency, Retrier, RetryPolicy, server_time};
use system_health_registry::{DeliveryError, Event, Fate, Limits, Point, Repeat, Settlement, Sink};
use tokio::time::Instant;

use crate::{
    ConfigError, DatadogConfig, DatadogError, ErrorResponse, Key,
    deliver::deliver,
    event::announce,
    http::Http,
    key,
    limits::{MAX_AGE, MAX_AHEAD, MAX_EVENT_AGE},
    requests::Requests,
};

/// Delivers points to Datadog as series.
#[derive(Clone)]
pub struct DatadogSink {
    requests: Requests,
    http: Http,
    retry: RetryPolicy,
}

impl DatadogSink {
    /// What Datadog supports. It takes points until one hour after their time
    /// (<https://docs.datadoghq.com/api/latest/metrics/#submit-metrics>) and events until 18 hours
    /// (<https://docs.datadoghq.com/api/latest/events/#post-an-event>); both are a minute less here, for the time that
    /// the delivery takes. A point of the same series and time takes the place of an earlier one.
    pub const LIMITS: Limits = Limits {
        max_age: MAX_AGE,
        max_ahead: MAX_AHEAD,
        keeps_timestamps: true,
        gauges: Repeat::Overwrites,
        counts: Repeat::Overwrites,
        rates: Repeat::Overwrites,
        max_event_age: Some(MAX_EVENT_AGE),
    };

    /// Checks the key's form and sets up the client; sends nothing. The client takes proxies from the
    /// usual environment variables, and root certificates from the system.
    pub fn new(config: &DatadogConfig) -> Result<Self, ConfigError> {
        Self::with_connections(config, &config.connections()?)
    }

    /// The same with connections that were set up before, for the same endpoint.
    pub fn with_connections(config: &DatadogConfig, client: &HttpClient) -> Result<Self, ConfigError> {
        let key = key::checked(Key::Api, &config.api_key)?;
        let http = Http::new(config, client, &[key]);
        let requests = Requests::new(&config.endpoint, key, http.client.inner().clone());
        Ok(Self { requests, http, retry: config.retry })
    }

    /// Asks once whether the API key is valid. Gives the server's time, to compare clocks with, if it
    /// says so.
    pub async fn validate(&self) -> Result<Option<SystemTime>, DatadogError> {
        self.validate_by(None).await
    }

    async fn validate_by(&self, deadline: Option<Instant>) -> Result<Option<SystemTime>, DatadogError> {
        let success = self.http.send(self.requests.validate()?, deadline).await?;
        let said = |message: &str| ErrorResponse {
            host: self.http.host.clone(),
            status: 200,
            message: message.to_owned(),
        };
        match success.body.get("valid").and_then(Value::as_bool) {
            Some(true) => Ok(server_time(&success.headers)),
            Some(false) => Err(DatadogError::RefusedKey {
                key: Key::Api,
                response: said("the key is not valid"),
                scope: None,
            }),
            None => Err(DatadogError::Unexpected(said("not said whether the key is valid"))),
        }
    }
}

impl Sink for DatadogSink {
    fn check(&self, deadline: Instant) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Box::pin(async move {
            let retrier = Retrier::new(self.retry.until_deadline(), deadline);
            let checked = retrier.run(Idempotency::Idempotent, || self.validate_by(Some(deadline))).await;
            checked.map(drop).map_err(DeliveryError::new)
        })
    }

    /// Sends the points in as few requests as Datadog's limits allow. Without points nothing is sent.
    fn deliver<'a>(&'a self, points: &'a [Point], deadline: Instant) -> BoxStream<'a, Settlement> {
        deliver(&self.requests, &self.http, Retrier::new(self.retry.until_deadline(), deadline), points)
    }

    fn announce<'a>(&'a self, event: &'a Event, deadline: Instant) -> BoxFuture<'a, Fate> {
        Box::pin(announce(&self.requests, &self.http, Retrier::new(self.retry, deadline), event))
    }
}

// The requests hold the key.
impl fmt::Debug for DatadogSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatadogSink")
            .field("host", &self.http.host)
            .field("timeout", &self.http.timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::{KeyError, Site};

    #[test]
    fn an_unfit_key_makes_no_sink() {
        let config = DatadogConfig::new(Site::default().into(), SecretString::from("0dd0\nc0ffee"));

        let error = DatadogSink::new(&config).unwrap_err();

        assert!(matches!(error, ConfigError::Key(KeyError::Characters(Key::Api))), "{error:?}");
    }
}
