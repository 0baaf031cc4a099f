//! Where the requests go: to a site's API, or to a URL that stands in for it, such as a proxy or a local
//! server.

use std::{fmt, str::FromStr};

use url::{Host, ParseError, Url};

use crate::Site;

/// The base of all request URLs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    protocol: &'static str,
    /// Host, port and path, without a slash at the end.
    name: String,
    loopback: bool,
    /// The site, where it is one.
    site: Option<Site>,
}

/// Why a text is no endpoint. A part of it that may be secret is not shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{shown}` is no URL to send metrics to: {reason}; write one such as \"https://api.datadoghq.com\"")]
pub struct EndpointError {
    shown: String,
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

    /// Host and port alone, for messages.
    pub(crate) fn host(&self) -> &str {
        self.name.split('/').next().unwrap_or(&self.name)
    }

    /// The page at a path, as people see it: with the site's address, where there is one.
    #[must_use]
    pub fn page(&self, path: &str) -> String {
        self.site.map_or_else(String::new, |site| site.app_url()) + path
    }

    /// Whether this is this machine, which no proxy can reach for us.
    pub(crate) fn is_loopback(&self) -> bool {
        self.loopback
    }
}

impl From<Site> for Endpoint {
    fn from(site: Site) -> Self {
        Self { protocol: "https", name: format!("api.{site}"), loopback: false, site: Some(site) }
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    /// Reads the value of `DD_URL`.
    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let text = text.trim();
        parse(text).map_err(|reason| EndpointError { shown: harmless(text), reason })
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
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return Err(Reason::Unreadable(ParseError::EmptyHost)),
    };
    let name = format!("{}{}", url.authority(), url.path().trim_end_matches('/'));
    Ok(Endpoint { protocol, name, loopback, site: None })
}

/// The text without what stands where a login or a query would.
fn harmless(text: &str) -> String {
    let (base, query) = text.split_at(text.find(['?', '#']).unwrap_or(text.len()));
    let base = match base.rsplit_once('@') {
        Some((_, host)) => format!("…@{host}"),
        None => base.to_owned(),
    };
    if query.is_empty() { base } else { format!("{base}…") }
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
    fn this_machine_is_known() {
        for (url, loopback) in [
            ("http://127.0.0.1:1", true),
            ("http://localhost:1", true),
            ("http://[::1]:1", true),
            ("http://10.0.0.1:1", false),
            ("https://proxy.example", false),
        ] {
            assert_eq!(url.parse::<Endpoint>().unwrap().is_loopback(), loopback, "{url}");
        }
    }

    #[test]
    fn what_is_no_url_is_refused_without_telling_secrets() {
        let hint = "write one such as \"https://api.datadoghq.com\"";
        for (text, shown, reason) in [
            ("", "", "it does not start with http:// or https://"),
            ("localhost:8080", "localhost:8080", "it does not start with http:// or https://"),
            ("unix:/run/dd", "unix:/run/dd", "it does not start with http:// or https://"),
            ("http://", "http://", "empty host"),
            ("http://host:99999", "http://host:99999", "invalid port number"),
            ("https://me:secret@host", "…@host", "it contains a user name or a password"),
            ("https://me:secret@host:x", "…@host:x", "invalid port number"),
            ("https://host/?api_key=secret", "https://host/…", "it contains a query or a fragment"),
        ] {
            let error = text.parse::<Endpoint>().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("`{shown}` is no URL to send metrics to: {reason}; {hint}")
            );
        }
    }
}
