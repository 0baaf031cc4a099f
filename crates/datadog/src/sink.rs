//! The sink: how Datadog looks to a report.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use futures::{future::BoxFuture, stream::BoxStream};
use http::{HeaderMap, header::DATE};
use serde_json::Value;
use system_health_registry::{Announced, DeliveryError, Event, Point, Settlement, Sink};
use tokio::time::Instant;

use crate::{
    Answer, ConfigError, DatadogConfig, DatadogError, Key,
    deliver::deliver,
    event::announce,
    http::Http,
    key,
    limits::{MAX_AGE, MAX_AHEAD, MAX_EVENT_AGE},
    requests::Requests,
    retry::Patience,
};

/// Delivers points to Datadog as series.
#[derive(Clone)]
pub struct DatadogSink {
    requests: Requests,
    http: Http,
    first_wait: Duration,
}

impl DatadogSink {
    /// Datadog takes points until one hour after their time
    /// (<https://docs.datadoghq.com/api/latest/metrics/#submit-metrics>); this is a minute less, for
    /// the time that the delivery takes.
    pub const MAX_AGE: Duration = MAX_AGE;

    /// Datadog takes events until 18 hours after they happened
    /// (<https://docs.datadoghq.com/api/latest/events/#post-an-event>); this is a minute less.
    pub const MAX_EVENT_AGE: Duration = MAX_EVENT_AGE;

    /// Checks the key's form and sets up the client; sends nothing. The client takes proxies from the
    /// usual environment variables, and root certificates from the system.
    pub fn new(config: &DatadogConfig) -> Result<Self, ConfigError> {
        let key = key::checked(Key::Api, &config.api_key)?;
        let http = Http::new(config)?;
        let requests = Requests::new(&config.endpoint, key, http.client.inner().clone());
        Ok(Self { requests, http, first_wait: config.first_wait })
    }

    /// Asks once whether the API key is valid. Gives the server's time, to compare clocks with, if it
    /// says so.
    pub async fn validate(&self) -> Result<Option<SystemTime>, DatadogError> {
        self.validate_by(None).await
    }

    async fn validate_by(&self, deadline: Option<Instant>) -> Result<Option<SystemTime>, DatadogError> {
        let answer = self.http.send(self.requests.validate()?, deadline).await?;
        let judged =
            |words: &str| Answer { host: self.http.host.clone(), status: 200, words: words.to_owned() };
        match answer.body.get("valid").and_then(Value::as_bool) {
            Some(true) => Ok(date(&answer.headers)),
            Some(false) => Err(DatadogError::RefusedKey {
                key: Key::Api,
                answer: judged("the key is not valid"),
                scope: None,
            }),
            None => Err(DatadogError::Unexpected(judged("not said whether the key is valid"))),
        }
    }
}

fn date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()
}

impl Sink for DatadogSink {
    fn name(&self) -> &'static str {
        "datadog"
    }

    fn check(&self, deadline: Instant) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Box::pin(async move {
            let patience = Patience::until(deadline, self.first_wait);
            let checked = patience.with_retries(|| self.validate_by(Some(deadline))).await;
            checked.map(drop).map_err(DeliveryError::new)
        })
    }

    fn max_age(&self) -> Duration {
        Self::MAX_AGE
    }

    fn max_ahead(&self) -> Duration {
        MAX_AHEAD
    }

    /// Sends the points in as few requests as Datadog's limits allow. Without points nothing is sent.
    fn deliver<'a>(&'a self, points: &'a [Point], deadline: Instant) -> BoxStream<'a, Settlement> {
        deliver(&self.requests, &self.http, self.first_wait, points, deadline)
    }

    fn max_event_age(&self) -> Duration {
        MAX_EVENT_AGE
    }

    fn announce<'a>(&'a self, event: &'a Event, deadline: Instant) -> BoxFuture<'a, Announced> {
        Box::pin(announce(&self.requests, &self.http, self.first_wait, event, deadline))
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
