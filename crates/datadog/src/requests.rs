//! Makes requests with Datadog's generated client, and takes each from it before it is sent.
//!
//! If the client sent it, it would keep the payload's model until the response is there: 54 MiB more for 100,000
//! points (docs/architecture.md). So its part ends with the finished request, which is small and can be sent again.

use std::fmt;

use datadog_api_client::{
    datadog::{APIKey, Configuration, Error as ClientError},
    datadogV1::{api_authentication::AuthenticationAPI, api_events::EventsAPI, model::EventCreateRequest},
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

use crate::{DatadogError, Endpoint, limits::MAX_COMPRESSED, payload};

/// The headers with the API key and the application key.
pub(crate) const KEY_HEADER: &str = "DD-API-KEY";
pub(crate) const APP_KEY_HEADER: &str = "DD-APPLICATION-KEY";

/// The requests that an API key alone allows.
#[derive(Clone)]
pub(crate) struct Requests {
    metrics: MetricsAPI,
    authentication: AuthenticationAPI,
    events: EventsAPI,
}

impl Requests {
    /// Requests to an endpoint with keys that were checked: the generated client panics on any that no
    /// header can hold. The HTTP client is not used.
    pub(crate) fn new(endpoint: &Endpoint, key: &str, client: reqwest::Client) -> Self {
        let client = ClientBuilder::new(client).with(take).build();
        let config = config(endpoint, key);
        Self {
            metrics: MetricsAPI::with_client_and_config(config.clone(), client.clone()),
            authentication: AuthenticationAPI::with_client_and_config(config.clone(), client.clone()),
            events: EventsAPI::with_client_and_config(config, client),
        }
    }

    /// Delivers points. Refuses what is too large when it is compressed, as Datadog would.
    pub(crate) fn series(&self, points: &[Point]) -> Result<Request, DatadogError> {
        let zstd = SubmitMetricsOptionalParams::default().content_encoding(MetricContentEncoding::ZSTD1);
        let request = taken(self.metrics.submit_metrics(payload(points), zstd).now_or_never())?;
        // The client leaves the body out where it fails to encode it.
        let size = request.body().and_then(Body::as_bytes).map_or(0, <[u8]>::len);
        if size == 0 || !request.headers().contains_key(CONTENT_ENCODING) {
            return Err(DatadogError::Client("it did not encode the payload".to_owned()));
        }
        if size > MAX_COMPRESSED {
            return Err(DatadogError::TooLarge { size, form: "compressed", limit: MAX_COMPRESSED });
        }
        Ok(request)
    }

    /// Asks whether the API key is valid.
    pub(crate) fn validate(&self) -> Result<Request, DatadogError> {
        taken(self.authentication.validate().now_or_never())
    }

    /// Sends an event.
    pub(crate) fn event(&self, event: EventCreateRequest) -> Result<Request, DatadogError> {
        taken(self.events.create_event(event).now_or_never())
    }
}

/// The generated client's configuration. Its server 1 takes any protocol and name; server 0 would panic
/// for a site that it does not know, and takes its default from the environment.
fn config(endpoint: &Endpoint, key: &str) -> Configuration {
    let mut config = Configuration::new();
    config.server_index = 1;
    config.server_variables = [("protocol", endpoint.protocol()), ("name", endpoint.name())]
        .map(|(variable, value)| (variable.to_owned(), value.to_owned()))
        .into();
    // It has taken one from the environment.
    config.set_auth_key("apiKeyAuth", APIKey { key: key.to_owned(), prefix: String::new() });
    config
}

/// The middleware: instead of an answer the client gets an error, and in it is its own request.
fn take<'a>(
    mut request: Request,
    _extensions: &'a mut Extensions,
    _next: Next<'a>,
) -> BoxFuture<'a, Result<Response, MiddlewareError>> {
    if let Some(key) = request.headers_mut().get_mut(KEY_HEADER) {
        key.set_sensitive(true);
    }
    ready(Err(MiddlewareError::middleware(Taken(request)))).boxed()
}

#[derive(thiserror::Error)]
#[error("the request was taken")]
struct Taken(Request);

// A request would print its body.
impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Taken")
    }
}

fn taken<T, E>(made: Option<Result<T, ClientError<E>>>) -> Result<Request, DatadogError> {
    let failed = match made {
        Some(Err(ClientError::ReqwestMiddleware(MiddlewareError::Middleware(error)))) => {
            match error.downcast::<Taken>() {
                Ok(Taken(request)) => return Ok(request),
                Err(other) => other.to_string(),
            }
        }
        Some(Err(other)) => other.to_string(),
        Some(Ok(_)) | None => "it made no request".to_owned(),
    };
    Err(DatadogError::Client(failed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Site;

    #[test]
    fn every_site_is_where_datadogs_client_says() {
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
