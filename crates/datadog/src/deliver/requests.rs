//! Builds requests with Datadog's generated client, and takes each request from the client before it is sent.
//!
//! If the client sent the request, it would keep the payload's model in memory until the response arrives: 54 MiB more for
//! 100,000 points (docs/architecture.md). The finished request is small and can be sent repeatedly.

use std::fmt;

use datadog_api_client::{
    datadog::{APIKey, Configuration, Error as ClientError},
    datadogV1::{
        api_authentication::AuthenticationAPI,
        api_events::EventsAPI,
        api_metrics::{MetricsAPI as DistributionsAPI, SubmitDistributionPointsOptionalParams},
        model::{DistributionPointsContentEncoding, DistributionPointsPayload, EventCreateRequest},
    },
    datadogV2::{
        api_metrics::{MetricsAPI, SubmitMetricsOptionalParams},
        model::MetricContentEncoding,
    },
};
use futures::{
    FutureExt,
    future::{BoxFuture, ready},
};
use http::{Extensions, header::CONTENT_ENCODING};
use reqwest::{Body, Request, Response};
use reqwest_middleware::{ClientBuilder, Error as MiddlewareError, Next};
use system_health_registry::Point;

use super::payload;
use crate::client::{API_KEY_HEADER, DatadogError, Endpoint, MAX_COMPRESSED_SIZE};

/// Builds the requests that need only an API key.
#[derive(Clone)]
pub(crate) struct Requests {
    metrics: MetricsAPI,
    distributions: DistributionsAPI,
    authentication: AuthenticationAPI,
    events: EventsAPI,
}

impl Requests {
    /// The key must have been checked, because the generated client panics if it is not a valid header value. The HTTP client
    /// sends nothing.
    pub(crate) fn new(endpoint: &Endpoint, key: &str, client: reqwest::Client) -> Self {
        let client = ClientBuilder::new(client).with(take_request).build();
        let config = config(endpoint, key);
        Self {
            metrics: MetricsAPI::with_client_and_config(config.clone(), client.clone()),
            distributions: DistributionsAPI::with_client_and_config(config.clone(), client.clone()),
            authentication: AuthenticationAPI::with_client_and_config(config.clone(), client.clone()),
            events: EventsAPI::with_client_and_config(config, client),
        }
    }

    /// A delivery of points. Fails if the compressed payload is larger than Datadog accepts.
    pub(crate) fn series<'a>(
        &self,
        points: impl IntoIterator<Item = &'a Point>,
    ) -> Result<Request, DatadogError> {
        let zstd = SubmitMetricsOptionalParams::default().content_encoding(MetricContentEncoding::ZSTD1);
        checked(taken_request(self.metrics.submit_metrics(payload(points), zstd).now_or_never())?)
    }

    /// A delivery of distributions. Fails if the compressed payload is larger than Datadog accepts for series. The limit for
    /// distributions is not documented.
    pub(crate) fn distributions(&self, payload: DistributionPointsPayload) -> Result<Request, DatadogError> {
        let deflate = SubmitDistributionPointsOptionalParams::default()
            .content_encoding(DistributionPointsContentEncoding::DEFLATE);
        checked(taken_request(
            self.distributions.submit_distribution_points(payload, deflate).now_or_never(),
        )?)
    }

    /// A check of the API key.
    pub(crate) fn validate(&self) -> Result<Request, DatadogError> {
        taken_request(self.authentication.validate().now_or_never())
    }

    /// A new event.
    pub(crate) fn event(&self, event: EventCreateRequest) -> Result<Request, DatadogError> {
        taken_request(self.events.create_event(event).now_or_never())
    }
}

/// The configuration of the generated client. In the client's list of servers, server 1 accepts any protocol and name. Server 0
/// would panic on an unknown site and take its default from the environment.
fn config(endpoint: &Endpoint, key: &str) -> Configuration {
    let mut config = Configuration::new();
    config.server_index = 1;
    config.server_variables = [("protocol", endpoint.protocol()), ("name", endpoint.name())]
        .map(|(variable, value)| (variable.to_owned(), value.to_owned()))
        .into();
    // Replaces the key that the client found in the environment.
    config.set_auth_key("apiKeyAuth", APIKey { key: key.to_owned(), prefix: String::new() });
    config
}

/// The middleware: instead of a response, the client gets an error that contains its request.
fn take_request<'a>(
    mut request: Request,
    _extensions: &'a mut Extensions,
    _next: Next<'a>,
) -> BoxFuture<'a, Result<Response, MiddlewareError>> {
    if let Some(key) = request.headers_mut().get_mut(API_KEY_HEADER) {
        key.set_sensitive(true);
    }
    ready(Err(MiddlewareError::middleware(Taken(request)))).boxed()
}

#[derive(thiserror::Error)]
#[error("the request was taken")]
struct Taken(Request);

// The derived implementation would print the request's body.
impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Taken")
    }
}

/// The request, if its payload is encoded and not too large.
fn checked(request: Request) -> Result<Request, DatadogError> {
    // The client omits the body if it cannot encode it.
    let size = request.body().and_then(Body::as_bytes).map_or(0, <[u8]>::len);
    if size == 0 || !request.headers().contains_key(CONTENT_ENCODING) {
        return Err(DatadogError::Client("Datadog's client did not encode the payload".to_owned()));
    }
    if size > MAX_COMPRESSED_SIZE {
        return Err(DatadogError::TooLarge { size, form: "compressed", limit: MAX_COMPRESSED_SIZE });
    }
    Ok(request)
}

fn taken_request<T, E>(result: Option<Result<T, ClientError<E>>>) -> Result<Request, DatadogError> {
    let failed = match result {
        Some(Err(ClientError::ReqwestMiddleware(MiddlewareError::Middleware(error)))) => {
            match error.downcast::<Taken>() {
                Ok(Taken(request)) => return Ok(request),
                Err(other) => other.to_string(),
            }
        }
        Some(Err(other)) => other.to_string(),
        Some(Ok(_)) | None => "Datadog's client made no request".to_owned(),
    };
    Err(DatadogError::Client(failed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Site;

    #[test]
    fn site_urls_equal_those_of_the_generated_client() {
        for site in Site::ALL {
            let ours = config(&Endpoint::from(site), "key");
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

        let config = config(&endpoint, "key");

        assert_eq!(config.get_operation_host("v2.submit_metrics"), "http://127.0.0.1:8126/intake");
    }
}
