//! Sends a request to Datadog, again where that may help, and checks the response.

use std::time::Duration;

use http::StatusCode;
use reqwest::{Method, Request};
use system_health_http::{HttpClient, HttpError, Idempotency, Redactor, Retrier, RetryError, RunClient};
use tokio::time::Instant;

use crate::{
    DatadogConfig, DatadogError, Key,
    requests::APP_KEY_HEADER,
    response::{Expected, Success},
};

/// Responses to deliveries are far shorter; a longer one is cut.
const MAX_LENGTH: usize = 64 * 1024;
/// A list of monitors may be long.
const MAX_LENGTH_OF_API: usize = 32 * 1024 * 1024;

/// How requests are sent.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    pub(crate) client: RunClient,
    /// The host that is asked, with its port.
    pub(crate) host: String,
    /// The limit for a request as a whole.
    pub(crate) timeout: Duration,
    /// Removes the keys from what is quoted.
    redactor: Redactor,
}

impl Http {
    /// Requests with these keys over these connections, with the limits and the count of a configuration.
    pub(crate) fn new(config: &DatadogConfig, client: &HttpClient, keys: &[&str]) -> Self {
        Self {
            client: client.with_calls(config.api_calls.clone()),
            host: config.endpoint.host().to_owned(),
            timeout: config.timeout,
            redactor: Redactor::new(keys.iter().copied(), "[key]"),
        }
    }

    /// Sends a request, and again until the retrier gives up.
    pub(crate) async fn send_with_retries(
        &self,
        request: &Request,
        idempotency: Idempotency,
        retrier: &Retrier<DatadogError>,
    ) -> Result<Success, RetryError<DatadogError>> {
        let attempt = async || {
            let again = || DatadogError::Client("a request cannot be sent again".to_owned());
            let request = request.try_clone().ok_or_else(again)?;
            self.send(request, Some(retrier.deadline())).await
        };
        retrier.run(idempotency, attempt).await
    }

    /// The response, if it is a success and comes before the deadline.
    pub(crate) async fn send(
        &self,
        mut request: Request,
        deadline: Option<Instant>,
    ) -> Result<Success, DatadogError> {
        *request.timeout_mut() = Some(self.timeout);
        let key = if request.headers().contains_key(APP_KEY_HEADER) { Key::Application } else { Key::Api };
        let is_delivery = key == Key::Api && request.method() == Method::POST;
        let status = if is_delivery { StatusCode::ACCEPTED } else { StatusCode::OK };
        let expected = Expected { host: &self.host, status, key, redactor: &self.redactor };
        let max_length = if key == Key::Application { MAX_LENGTH_OF_API } else { MAX_LENGTH };
        let client = deadline.map(|deadline| self.client.with_deadline(deadline));

        let sent = client.as_ref().unwrap_or(&self.client).send(request, max_length).await;
        expected.check(sent.map_err(|error| self.failure(error))?)
    }

    fn failure(&self, error: HttpError) -> DatadogError {
        let host = self.host.clone();
        match error {
            HttpError::Deadline => DatadogError::Deadline { host },
            HttpError::Timeout(limit) | HttpError::Silence(limit) => DatadogError::TimedOut { host, limit },
            source => DatadogError::Unreachable { host, source },
        }
    }
}
