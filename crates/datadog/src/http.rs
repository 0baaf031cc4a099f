//! Sends a request to Datadog and judges the answer.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use reqwest::{Method, Request};
use serde_json::Value;
use system_health_http::{HttpClient, HttpError, HttpSettings};
use tokio::time::Instant;

use crate::{
    ConfigError, DatadogConfig, DatadogError, Key,
    answer::{Asked, judge},
    requests::APP_KEY_HEADER,
};

/// Answers to deliveries are far shorter; a longer one is cut.
const MAX_LENGTH: usize = 64 * 1024;
/// A list of monitors may be long.
const MAX_LENGTH_OF_API: usize = 32 * 1024 * 1024;

/// How requests are sent.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    pub(crate) client: HttpClient,
    /// The host that is asked, with its port.
    pub(crate) host: String,
    /// The limit for a request as a whole.
    pub(crate) timeout: Duration,
}

/// A good answer.
#[derive(Debug)]
pub(crate) struct Good {
    pub(crate) body: Value,
    pub(crate) headers: HeaderMap,
}

impl Http {
    /// The limits and the count of a configuration.
    pub(crate) fn new(config: &DatadogConfig) -> Result<Self, ConfigError> {
        let settings = HttpSettings {
            connect_timeout: config.connect_timeout,
            read_timeout: config.read_timeout,
            ..HttpSettings::new("datadog", config.api_calls.clone())
        };
        Ok(Self {
            client: HttpClient::new(&config.endpoint.to_url()?, settings)?,
            host: config.endpoint.host().to_owned(),
            timeout: config.timeout,
        })
    }

    /// The answer, if it is a good one and comes before the deadline.
    pub(crate) async fn send(
        &self,
        mut request: Request,
        deadline: Option<Instant>,
    ) -> Result<Good, DatadogError> {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        *request.timeout_mut() = Some(left.map_or(self.timeout, |left| left.min(self.timeout)));
        let refused =
            if request.headers().contains_key(APP_KEY_HEADER) { Key::Application } else { Key::Api };
        let is_delivery = refused == Key::Api && request.method() == Method::POST;
        let asked = Asked {
            host: self.host.clone(),
            success: if is_delivery { StatusCode::ACCEPTED } else { StatusCode::OK },
            keys: request.headers().values().filter(|value| value.is_sensitive()).cloned().collect(),
            refused,
        };
        let max_length = if refused == Key::Application { MAX_LENGTH_OF_API } else { MAX_LENGTH };

        let answer =
            self.client.send(request, max_length).await.map_err(|error| self.failure(error, deadline))?;
        let body = judge(asked, answer.status, &answer.headers, &answer.body)?;
        Ok(Good { body, headers: answer.headers })
    }

    fn failure(&self, error: HttpError, deadline: Option<Instant>) -> DatadogError {
        let host = self.host.clone();
        match error {
            HttpError::Timeout(_) | HttpError::Silence(_)
                if deadline.is_some_and(|deadline| Instant::now() >= deadline) =>
            {
                DatadogError::Deadline { host }
            }
            HttpError::Timeout(limit) | HttpError::Silence(limit) => DatadogError::TimedOut { host, limit },
            source => DatadogError::Unreachable { host, source },
        }
    }
}
