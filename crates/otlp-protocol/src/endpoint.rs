//! The URL of a receiver
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp>).

use serde::{Deserialize, Deserializer, de};
use url::Url;

/// The port of OTLP over gRPC. A receiver expects OTLP over HTTP at 4318.
pub const GRPC_PORT: u16 = 4317;

/// A URL of the settings. It contains no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointUrl(Url);

/// A problem with a URL. The URL is not repeated, because it could contain a password.
#[derive(Debug, thiserror::Error)]
enum UrlProblem {
    #[error(transparent)]
    Unreadable(#[from] url::ParseError),
    #[error("it does not start with http:// or https://")]
    Scheme,
    #[error("it contains a user name or a password; set OTEL_EXPORTER_OTLP_HEADERS instead")]
    Login,
    #[error("it contains a query or a fragment; a key belongs into OTEL_EXPORTER_OTLP_HEADERS")]
    Query,
}

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

    fn parse(text: &str) -> Result<Self, UrlProblem> {
        let url = match Url::parse(text) {
            Err(url::ParseError::RelativeUrlWithoutBase) => return Err(UrlProblem::Scheme),
            parsed => parsed?,
        };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlProblem::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlProblem::Login);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(UrlProblem::Query);
        }
        Ok(Self(url))
    }
}

impl<'de> Deserialize<'de> for EndpointUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(text.trim()).map_err(|problem| {
            de::Error::custom(format!("{problem}; write a URL such as \"http://collector.example.com:4318\""))
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
            assert_eq!(EndpointUrl::parse(url).unwrap().for_signal("metrics").as_str(), metrics);
        }
    }

    #[test]
    fn other_urls_are_refused() {
        for url in
            ["collector:4318", "grpc://collector:4317", "http://u:p@collector", "http://collector/?key=a"]
        {
            assert!(EndpointUrl::parse(url).is_err(), "{url}");
        }
    }
}
