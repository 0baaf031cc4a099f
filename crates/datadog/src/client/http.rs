//! Sends a request to Datadog with retries, and checks the response.

use std::time::Duration;

use http::StatusCode;
use reqwest::{Method, Request};
use system_health_http::{HttpClient, HttpError, Idempotency, Redactor, Retrier, RetryError, RunClient};
use tokio::time::Instant;

use super::{
    DatadogConfig, DatadogError, DatadogKey,
    key::APP_KEY_HEADER,
    response::{Expected, Success},
};

/// Maximum length of the response to a request with only the API key, such as a delivery, in bytes. A longer response is
/// truncated.
const MAX_LENGTH: usize = 64 * 1024;
/// Maximum length of the response to a request with both keys, in bytes. A list of monitors may be long.
const MAX_API_LENGTH: usize = 32 * 1024 * 1024;

/// Sends requests.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    pub(crate) client: RunClient,
    /// Host and port, for messages.
    pub(crate) host: String,
    /// Timeout for a whole request.
    pub(crate) timeout: Duration,
    /// Removes the keys from quoted responses.
    redactor: Redactor,
}

impl Http {
    /// Sends requests over these connections. The keys are removed from quoted responses.
    pub(crate) fn new(config: &DatadogConfig, client: &HttpClient, keys: &[&str]) -> Self {
        Self {
            client: client.with_calls(config.api_calls.clone()),
            host: config.endpoint.host().to_owned(),
            timeout: config.timeout,
            redactor: Redactor::new(keys.iter().copied(), "[key]"),
        }
    }

    /// Sends a request, and repeats it until it succeeds or the retrier gives up.
    pub(crate) async fn send_with_retries(
        &self,
        request: &Request,
        idempotency: Idempotency,
        retrier: &Retrier<DatadogError>,
    ) -> Result<Success, RetryError<DatadogError>> {
        let attempt = async || {
            let not_copied = || DatadogError::Client("its body cannot be copied".to_owned());
            let request = request.try_clone().ok_or_else(not_copied)?;
            self.send(request, Some(retrier.deadline())).await
        };
        retrier.run(idempotency, attempt).await
    }

    /// Sends a request once. Fails if the response is not a success or does not arrive before the deadline.
    pub(crate) async fn send(
        &self,
        mut request: Request,
        deadline: Option<Instant>,
    ) -> Result<Success, DatadogError> {
        *request.timeout_mut() = Some(self.timeout);
        let key = if request.headers().contains_key(APP_KEY_HEADER) {
            DatadogKey::Application
        } else {
            DatadogKey::Api
        };
        let is_submission = key == DatadogKey::Api && request.method() == Method::POST;
        let status = if is_submission { StatusCode::ACCEPTED } else { StatusCode::OK };
        let expected = Expected { host: &self.host, status, key, redactor: &self.redactor };
        let max_length = if key == DatadogKey::Application { MAX_API_LENGTH } else { MAX_LENGTH };
        let client = deadline.map(|deadline| self.client.with_deadline(deadline));

        let sent = client.as_ref().unwrap_or(&self.client).send(request, max_length).await;
        expected.success_from(sent.map_err(|error| self.failure(error))?)
    }

    fn failure(&self, error: HttpError) -> DatadogError {
        let host = self.host.clone();
        match error {
            HttpError::Deadline => DatadogError::Deadline { host },
            HttpError::Timeout(limit) | HttpError::ReadTimeout(limit) => {
                DatadogError::TimedOut { host, limit }
            }
            source => DatadogError::Unreachable { host, source },
        }
    }
}
