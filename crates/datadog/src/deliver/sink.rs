//! The connected sink.

use std::{fmt, time::SystemTime};

use futures::{future::BoxFuture, stream::BoxStream};
use serde_json::Value;
use system_health_http::{HttpClient, Idempotency, Retrier, RetryPolicy, server_time};
use system_health_registry::{
    Capabilities, DeliveryError, Event, Fate, Point, Repeat, Settlement, Sink, Temporality,
};
use tokio::time::Instant;

use super::{delivery::deliver, event::announce, requests::Requests};
use crate::client::{
    ConfigError, DatadogConfig, DatadogError, DatadogKey, ErrorResponse, Http, MAX_AGE, MAX_AHEAD,
    MAX_EVENT_AGE, checked_key,
};

/// Delivers points and events to Datadog.
#[derive(Clone)]
pub struct DatadogSink {
    requests: Requests,
    http: Http,
    retry: RetryPolicy,
}

impl DatadogSink {
    /// What Datadog supports. It accepts points up to one hour after their time
    /// (<https://docs.datadoghq.com/api/latest/metrics/#submit-metrics>) and events up to 18 hours
    /// (<https://docs.datadoghq.com/api/latest/events/#post-an-event>). Both limits are one minute
    /// less here, because a delivery takes time. A point overwrites an earlier one of the same series and time, but
    /// Datadog adds up the values of distributions.
    pub const CAPABILITIES: Capabilities = Capabilities {
        max_age: MAX_AGE,
        max_ahead: MAX_AHEAD,
        keeps_timestamps: true,
        gauges: Repeat::Overwrites,
        counts: Repeat::Overwrites,
        rates: Repeat::Overwrites,
        distributions: Repeat::AddsUp,
        counter_temporality: Temporality::Delta,
        distribution_temporality: Temporality::Delta,
        max_event_age: Some(MAX_EVENT_AGE),
    };

    /// Checks the key's format and creates the client. Sends nothing. The client uses the proxies of the usual environment
    /// variables, and the system's root certificates.
    pub fn new(config: &DatadogConfig) -> Result<Self, ConfigError> {
        Self::with_connections(config, &config.connections()?)
    }

    /// Like [`new`](Self::new), with existing connections to the same endpoint.
    pub fn with_connections(config: &DatadogConfig, client: &HttpClient) -> Result<Self, ConfigError> {
        let key = checked_key(DatadogKey::Api, &config.api_key)?;
        let http = Http::new(config, client, &[key]);
        let requests = Requests::new(&config.endpoint, key, http.client.inner().clone());
        Ok(Self { requests, http, retry: config.retry })
    }

    /// Checks whether the API key is valid, in one request. Returns the server's time if the response contains it.
    pub async fn validate(&self) -> Result<Option<SystemTime>, DatadogError> {
        self.validate_by(None).await
    }

    async fn validate_by(&self, deadline: Option<Instant>) -> Result<Option<SystemTime>, DatadogError> {
        let success = self.http.send(self.requests.validate()?, deadline).await?;
        let response = |message: &str| ErrorResponse {
            host: self.http.host.clone(),
            status: 200,
            message: message.to_owned(),
        };
        match success.body.get("valid").and_then(Value::as_bool) {
            Some(true) => Ok(server_time(&success.headers)),
            Some(false) => Err(DatadogError::RefusedKey {
                key: DatadogKey::Api,
                response: response("the key is not valid"),
                scope: None,
            }),
            None => Err(DatadogError::Unexpected(response("it does not say whether the key is valid"))),
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

    /// Sends as few requests as Datadog's limits allow, and none if there are no points.
    fn deliver<'a>(&'a self, points: &'a [Point], deadline: Instant) -> BoxStream<'a, Settlement> {
        deliver(&self.requests, &self.http, Retrier::new(self.retry.until_deadline(), deadline), points)
    }

    fn announce<'a>(&'a self, event: &'a Event, deadline: Instant) -> BoxFuture<'a, Fate> {
        Box::pin(announce(&self.requests, &self.http, Retrier::new(self.retry, deadline), event))
    }
}

// The requests are not shown, because they contain the key.
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
    use crate::{DatadogKeyError, Site};

    #[test]
    fn an_invalid_key_is_refused() {
        let config = DatadogConfig::new(Site::default().into(), SecretString::from("0dd0\nc0ffee"));

        let error = DatadogSink::new(&config).unwrap_err();

        assert!(matches!(error, ConfigError::Key(DatadogKeyError::Characters(DatadogKey::Api))), "{error:?}");
    }
}
