//! Proxies from environment variables. The HTTP client reads the variables itself, but it ignores an invalid value and
//! connects directly. Behind a firewall, the direct connection fails without a hint. So the values are checked first.

use std::{env, ffi::OsString, fmt};

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use system_health_registry::settings::may_be_secret;
use url::{Host, Url};

const HTTPS_PROXY_VARIABLES: [&str; 2] = ["HTTPS_PROXY", "https_proxy"];
const HTTP_PROXY_VARIABLES: [&str; 2] = ["HTTP_PROXY", "http_proxy"];
const ALL_PROXY_VARIABLES: [&str; 2] = ["ALL_PROXY", "all_proxy"];
const NO_PROXY_VARIABLES: [&str; 2] = ["NO_PROXY", "no_proxy"];

const WRITE_ADDRESS: &str = "write the proxy's address, such as \"http://proxy.example.com:3128\"";
const WRITE_HOSTS: &str = "write the names of hosts, separated by commas";

/// A proxy that a variable names, without its user name and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    variable: &'static str,
    address: String,
}

/// A variable with an invalid value. The value is not repeated, because it may contain a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {reason}; {advice}{hint}")]
pub struct ProxyError {
    variable: &'static str,
    reason: &'static str,
    advice: &'static str,
    hint: &'static str,
}

impl Proxy {
    /// The proxy for URLs of the scheme `https` or `http`, except those that `NO_PROXY` names.
    #[must_use]
    pub fn for_scheme(scheme: &str) -> Option<Self> {
        active_proxy(scheme, |variable| env::var(variable).ok())
    }

    /// The proxy through which requests to this URL go.
    #[must_use]
    pub fn for_url(url: &Url) -> Option<Self> {
        let uri: Uri = url.as_str().parse().ok()?;
        Matcher::from_env().intercept(&uri)?;
        Self::for_scheme(url.scheme())
    }
}

/// The proxy that the client uses. In each pair of variables, only the first variable that is set counts. If it is empty, the
/// pair names no proxy.
fn active_proxy(scheme: &str, get: impl Fn(&str) -> Option<String>) -> Option<Proxy> {
    let of_scheme = if scheme == "https" { HTTPS_PROXY_VARIABLES } else { HTTP_PROXY_VARIABLES };
    [of_scheme, ALL_PROXY_VARIABLES].into_iter().find_map(|pair| {
        let (variable, value) = pair
            .into_iter()
            .find_map(|variable| Some((variable, get(variable)?)))
            .filter(|(_, v)| !v.is_empty())?;
        let url = parse(&value).ok()?;
        let (host, port) = (url.host_str()?, url.port_or_known_default()?);
        // A key that somebody put into the variable by mistake is parsed as a host name.
        let host = if may_be_secret(host) && !host.contains(['.', ':']) { "..." } else { host };
        Some(Proxy { variable, address: format!("{host}:{port}") })
    })
}

/// Checks that the variables about proxies are valid.
pub fn check_proxies() -> Result<(), ProxyError> {
    check(|variable| env::var_os(variable))
}

fn check(get: impl Fn(&str) -> Option<OsString>) -> Result<(), ProxyError> {
    for variable in [HTTPS_PROXY_VARIABLES, HTTP_PROXY_VARIABLES, ALL_PROXY_VARIABLES].into_iter().flatten() {
        let Some(value) = get(variable).filter(|value| !value.is_empty()) else { continue };
        let wrong = |reason, hint| ProxyError { variable, reason, advice: WRITE_ADDRESS, hint };
        let value = value.to_str().ok_or_else(|| wrong("is not valid UTF-8", ""))?;
        let hint = if value.contains('@') {
            ", and percent-encode special characters in the password, such as %23 for #"
        } else {
            ""
        };
        parse(value).map_err(|reason| wrong(reason, hint))?;
    }
    // The client would ignore a value that is not UTF-8, and use the proxy for all hosts.
    for variable in NO_PROXY_VARIABLES {
        if get(variable).is_some_and(|value| value.to_str().is_none()) {
            let (reason, hint) = ("is not valid UTF-8", "");
            return Err(ProxyError { variable, reason, advice: WRITE_HOSTS, hint });
        }
    }
    Ok(())
}

/// Parses the URL of a proxy. Without a scheme, it is an HTTP proxy. The error says what is wrong.
fn parse(value: &str) -> Result<Url, &'static str> {
    let with_scheme = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let url = Url::parse(&with_scheme).map_err(|error| match error {
        url::ParseError::InvalidPort => "has a port that is not a number up to 65535",
        url::ParseError::EmptyHost => "names no host",
        _ => "is not an address",
    })?;
    match url.scheme() {
        "http" => {}
        "https" => return Err("names a proxy with TLS, and only http:// is supported"),
        scheme if scheme.starts_with("socks") => {
            return Err("names a SOCKS proxy, and only HTTP proxies are supported");
        }
        _ => return Err("has a scheme other than http"),
    }
    if url.query().is_some() || url.fragment().is_some() || url.path() != "/" {
        return Err("has more than a host and a port");
    }
    // The client's own parser accepts fewer characters, and splits the credentials from the host at the first `@`.
    if value.parse::<Uri>().is_err() || value.matches('@').count() > 1 {
        return Err("is not an address");
    }
    Ok(url)
}

/// Whether a URL points to this machine, which a proxy cannot reach.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.address, self.variable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(variable: &str, value: impl Into<OsString>) -> Result<(), String> {
        let value = value.into();
        check(|name| (name == variable).then(|| value.clone())).map_err(|error| error.to_string())
    }

    #[test]
    fn addresses_with_and_without_a_scheme_are_proxies() {
        for value in [
            "",
            "http://proxy:3128",
            "http://u:p%23@proxy.example.com/",
            "proxy.example.com:3128",
            "u:p@proxy:80",
            "http://[::1]:3128",
        ] {
            assert_eq!(checked("https_proxy", value), Ok(()), "{value}");
        }
        assert_eq!(checked("FTP_PROXY", "ftp:"), Ok(()));
    }

    #[test]
    fn invalid_values_are_refused_without_showing_a_password() {
        let (encode, port) = (
            ", and percent-encode special characters in the password, such as %23 for #",
            "has a port that is not a number up to 65535",
        );
        for (value, reason, hint) in [
            ("http://me:hunter2@proxy example", "is not an address", encode),
            (" http://proxy:3128", "is not an address", ""),
            ("http://me:hun@ter2@proxy", "is not an address", encode),
            ("socks5://me:hunter2@proxy", "names a SOCKS proxy, and only HTTP proxies are supported", encode),
            ("https://proxy:3128", "names a proxy with TLS, and only http:// is supported", ""),
            ("ftp://me:hunter2@proxy", "has a scheme other than http", encode),
            ("http://", "names no host", ""),
            ("http://127.0.0.1:83010", port, ""),
            ("proxy:port", port, ""),
            ("http://me:hunter#2@proxy", port, encode),
            ("http://me:hunter/2@proxy", port, encode),
            ("http://me:hunter?2@proxy", port, encode),
            ("http://me:1/hunter2@proxy", "has more than a host and a port", encode),
            ("http://proxy:3128/hunter2", "has more than a host and a port", ""),
            ("http://proxy:3128?hunter2", "has more than a host and a port", ""),
        ] {
            let advice = "write the proxy's address, such as \"http://proxy.example.com:3128\"";
            assert_eq!(
                checked("HTTP_PROXY", value),
                Err(format!("HTTP_PROXY {reason}; {advice}{hint}")),
                "{value}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn invalid_utf_8_does_not_count_as_unset() {
        use std::os::unix::ffi::OsStringExt;

        let error = checked("ALL_PROXY", OsString::from_vec(b"http://proxy\xff".to_vec())).unwrap_err();
        assert!(error.starts_with("ALL_PROXY is not valid UTF-8; write"), "{error}");
        let error = checked("no_proxy", OsString::from_vec(b"example\xff".to_vec())).unwrap_err();
        assert_eq!(error, "no_proxy is not valid UTF-8; write the names of hosts, separated by commas");
    }

    #[test]
    fn the_active_proxy_is_shown_without_user_and_password() {
        let named = |scheme: &str, variables: &[(&str, &str)]| {
            let get = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
            active_proxy(scheme, get).map(|proxy| proxy.to_string())
        };
        let all = ("ALL_PROXY", "u:hunter2@all:1");
        for (scheme, variables, expected) in [
            ("https", &[("HTTPS_PROXY", "http://u:hunter2@a:3128"), all][..], Some("a:3128 (HTTPS_PROXY)")),
            ("https", &[("https_proxy", "http://a")], Some("a:80 (https_proxy)")),
            ("https", &[("HTTPS_PROXY", ""), ("https_proxy", "http://a"), all], Some("all:1 (ALL_PROXY)")),
            ("http", &[("HTTPS_PROXY", "http://a")], None),
            ("https", &[("HTTPS_PROXY", "0123456789abcdef")], Some("...:80 (HTTPS_PROXY)")),
            ("http", &[all], Some("all:1 (ALL_PROXY)")),
        ] {
            assert_eq!(named(scheme, variables).as_deref(), expected, "{variables:?}");
        }
    }

    #[test]
    fn this_machine_is_recognized() {
        for (url, expected) in [
            ("http://127.0.0.1:1", true),
            ("http://localhost:1", true),
            ("http://[::1]:1", true),
            ("http://10.0.0.1:1", false),
            ("https://proxy.example", false),
        ] {
            assert_eq!(is_loopback(&url.parse().unwrap()), expected, "{url}");
        }
    }
}
