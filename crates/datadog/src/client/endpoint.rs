//! The endpoint to which requests are sent: the API of a site, or another URL, such as that of a proxy or a local server.

use std::{fmt, str::FromStr};

use url::{ParseError, Url};

use super::{DatadogError, Site};

/// The base of all request URLs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    protocol: &'static str,
    /// Host, port and path, without a trailing slash.
    name: String,
    /// The site, if the endpoint is a site's API.
    site: Option<Site>,
}

/// Why a text is not an endpoint. The text is not quoted, because it could contain a password or a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}; write a URL such as \"https://api.datadoghq.com\"")]
pub struct EndpointError {
    reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Reason {
    #[error(transparent)]
    Unreadable(#[from] ParseError),
    #[error("it does not start with http:// or https://")]
    Scheme,
    #[error("it contains a user name or a password")]
    Login,
    #[error("it contains a query or a fragment")]
    Query,
}

impl Endpoint {
    /// `http` or `https`.
    pub(crate) fn protocol(&self) -> &'static str {
        self.protocol
    }

    /// Host, port and path.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Host and port, for messages.
    pub(crate) fn host(&self) -> &str {
        self.name.split('/').next().unwrap_or(&self.name)
    }

    /// The URL of a page in the web interface. Only the path if the endpoint is not the API of a site.
    #[must_use]
    pub fn page(&self, path: &str) -> String {
        self.site.map_or_else(String::new, |site| site.app_url()) + path
    }

    /// The base as a URL.
    pub(crate) fn to_url(&self) -> Result<Url, DatadogError> {
        Url::parse(&self.to_string()).map_err(|error| DatadogError::Client(error.to_string()))
    }
}

impl From<Site> for Endpoint {
    fn from(site: Site) -> Self {
        Self { protocol: "https", name: format!("api.{site}"), site: Some(site) }
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    /// Parses the value of `DD_URL`.
    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let text = text.trim();
        parse(text).map_err(|reason| EndpointError { reason })
    }
}

fn parse(text: &str) -> Result<Endpoint, Reason> {
    let url = match Url::parse(text) {
        Err(ParseError::RelativeUrlWithoutBase) => return Err(Reason::Scheme),
        parsed => parsed?,
    };
    let protocol = match url.scheme() {
        "http" => "http",
        "https" => "https",
        _ => return Err(Reason::Scheme),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Reason::Login);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Reason::Query);
    }
    if url.host().is_none() {
        return Err(Reason::Unreadable(ParseError::EmptyHost));
    }
    let name = format!("{}{}", url.authority(), url.path().trim_end_matches('/'));
    let site = Site::ALL.into_iter().find(|site| protocol == "https" && name == format!("api.{site}"));
    Ok(Endpoint { protocol, name, site })
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.protocol, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_keep_host_port_and_path() {
        for (text, base) in [
            ("https://api.datadoghq.com", "https://api.datadoghq.com"),
            (" http://127.0.0.1:8080/\n", "http://127.0.0.1:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("HTTPS://Proxy.example:443/datadog/", "https://proxy.example/datadog"),
        ] {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), base);
        }
    }

    #[test]
    fn only_the_api_of_a_site_has_pages() {
        for (text, page) in [
            ("https://api.datadoghq.eu/", "https://app.datadoghq.eu/x"),
            ("https://api.datadoghq.eu/proxy", "/x"),
            ("http://127.0.0.1:8080", "/x"),
        ] {
            assert_eq!(text.parse::<Endpoint>().unwrap().page("/x"), page);
        }
    }

    #[test]
    fn invalid_urls_are_refused_without_being_quoted() {
        let hint = "write a URL such as \"https://api.datadoghq.com\"";
        for (text, reason) in [
            ("", "it does not start with http:// or https://"),
            ("0dd0c0ffee", "it does not start with http:// or https://"),
            ("secret:8080", "it does not start with http:// or https://"),
            ("http://", "empty host"),
            ("http://secret:99999", "invalid port number"),
            ("https://me:secret@host", "it contains a user name or a password"),
            ("https://me:secret@host:x", "invalid port number"),
            ("https://host/?api_key=secret", "it contains a query or a fragment"),
        ] {
            let error = text.parse::<Endpoint>().unwrap_err();
            assert_eq!(error.to_string(), format!("{reason}; {hint}"));
        }
    }
}
