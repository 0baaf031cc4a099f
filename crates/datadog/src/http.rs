//! Sends a request once, within its time limits, and keeps count of it.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use reqwest::{Method, Request, Response, redirect};
use serde_json::Value;
use system_health_registry::ApiCalls;
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
    /// Limits the time to connect and of each read.
    pub(crate) client: reqwest::Client,
    /// The host that is asked, with its port.
    pub(crate) host: String,
    /// The client's limit for each read.
    pub(crate) read_timeout: Duration,
    /// The limit for a request as a whole.
    pub(crate) timeout: Duration,
    /// Where requests are counted.
    pub(crate) calls: ApiCalls,
}

/// A good answer.
#[derive(Debug)]
pub(crate) struct Good {
    pub(crate) body: Value,
    pub(crate) headers: HeaderMap,
}

/// Counts a request when it is over, also when nobody waits for its end.
struct Counted<'a> {
    calls: &'a ApiCalls,
    started: Instant,
    status: Option<u16>,
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.calls.record("datadog", self.status, self.started.elapsed());
    }
}

impl Http {
    /// The limits and the count of a configuration. The client takes proxies from the usual environment
    /// variables, and root certificates from the system.
    pub(crate) fn new(config: &DatadogConfig) -> Result<Self, ConfigError> {
        let mut client = reqwest::Client::builder()
            .connect_timeout(config.connect_timeout)
            .read_timeout(config.read_timeout)
            // A redirect would hand the key to another host.
            .redirect(redirect::Policy::none());
        if config.endpoint.is_loopback() {
            client = client.no_proxy();
        }
        Ok(Self {
            client: client.build()?,
            host: config.endpoint.host().to_owned(),
            read_timeout: config.read_timeout,
            timeout: config.timeout,
            calls: config.api_calls.clone(),
        })
    }

    /// The answer, if it is a good one and comes before the deadline.
    pub(crate) async fn send(
        &self,
        mut request: Request,
        deadline: Option<Instant>,
    ) -> Result<Good, DatadogError> {
        let started = Instant::now();
        let left = deadline.map(|deadline| deadline.saturating_duration_since(started));
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

        let mut counted = Counted { calls: &self.calls, started, status: None };
        let (answer, body) = self
            .exchange(request, max_length)
            .await
            .map_err(|error| self.failure(error, started, deadline))?;
        counted.status = Some(answer.status().as_u16());
        drop(counted);
        let body = judge(asked, answer.status(), answer.headers(), &body)?;
        Ok(Good { body, headers: answer.headers().clone() })
    }

    async fn exchange(&self, request: Request, max_length: usize) -> reqwest::Result<(Response, Vec<u8>)> {
        let mut answer = self.client.execute(request).await?;
        let mut body = Vec::new();
        while body.len() < max_length
            && let Some(chunk) = answer.chunk().await?
        {
            body.extend_from_slice(&chunk);
        }
        body.truncate(max_length);
        Ok((answer, body))
    }

    fn failure(&self, error: reqwest::Error, started: Instant, deadline: Option<Instant>) -> DatadogError {
        let host = self.host.clone();
        if !error.is_timeout() || error.is_connect() {
            return DatadogError::Unreachable { host, source: error.without_url() };
        }
        let now = Instant::now();
        if deadline.is_some_and(|deadline| now >= deadline) {
            return DatadogError::Deadline { host };
        }
        let whole = now.duration_since(started) >= self.timeout;
        DatadogError::TimedOut { host, limit: if whole { self.timeout } else { self.read_timeout } }
    }
}
