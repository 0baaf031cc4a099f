//! The URL of a receiver
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp>).

use serde::{Deserialize, Deserializer, de};
use system_health_http::{UrlProblem, parse_service_url};
use url::Url;

/// The usual port of OTLP over gRPC. That of OTLP over HTTP is 4318.
pub const GRPC_PORT: u16 = 4317;

/// A URL from the settings. It contains no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointUrl(Url);

impl EndpointUrl {
    /// The URL as it is.
    #[must_use]
    pub fn exact(&self) -> Url {
        self.0.clone()
    }

    /// The URL for a signal, such as `metrics`, below a receiver's URL.
    #[must_use]
    pub fn for_signal(&self, signal: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}/v1/{signal}", self.0.path().trim_end_matches('/')));
        url
    }
}

impl<'de> Deserialize<'de> for EndpointUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_service_url(&text).map(Self).map_err(|problem| {
            let hint = match problem {
                UrlProblem::Login | UrlProblem::Query => {
                    "put a login or a key into OTEL_EXPORTER_OTLP_HEADERS, such as \"api-key=SECRET\""
                }
                UrlProblem::Scheme | UrlProblem::Unreadable(_) => {
                    "write a URL such as \"http://collector.example.com:4318\""
                }
            };
            de::Error::custom(format!("{problem}; {hint}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_signal_is_appended() {
        for (url, metrics) in [
            ("http://collector:4318", "http://collector:4318/v1/metrics"),
            ("http://collector:4318/", "http://collector:4318/v1/metrics"),
            ("https://example.com/otlp", "https://example.com/otlp/v1/metrics"),
            ("https://example.com/otlp/", "https://example.com/otlp/v1/metrics"),
        ] {
            assert_eq!(EndpointUrl(parse_service_url(url).unwrap()).for_signal("metrics").as_str(), metrics);
        }
    }
}
