//! The environment's proxies. The client reads the variables itself, but ignores a value that it does not
//! understand and connects directly. Where only the proxy leads out, that fails without a hint, so the
//! values are checked first.

use std::env;

use http::Uri;
use url::{Host, Url};

const VARIABLES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// A variable that names no usable proxy. The value is not repeated: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {reason}; write the proxy's address, such as \"http://proxy.example.com:3128\"")]
pub struct ProxyError {
    variable: &'static str,
    reason: &'static str,
}

/// Checks that the variables that name a proxy can be understood.
pub fn check_proxies() -> Result<(), ProxyError> {
    check(|variable| env::var(variable).ok())
}

fn check(get: impl Fn(&str) -> Option<String>) -> Result<(), ProxyError> {
    for variable in VARIABLES {
        let Some(value) = get(variable).filter(|value| !value.is_empty()) else { continue };
        let wrong = |reason| Err(ProxyError { variable, reason });
        let Ok(uri) = value.parse::<Uri>() else { return wrong("is not an address") };
        match uri.scheme_str() {
            None | Some("http" | "https") => {}
            Some(scheme) if scheme.starts_with("socks") => {
                return wrong("names a SOCKS proxy, and only HTTP proxies are supported");
            }
            Some(_) => return wrong("has a scheme other than http and https"),
        }
        if uri.host().is_none_or(str::is_empty) {
            return wrong("names no host");
        }
    }
    Ok(())
}

/// Whether a URL leads to this machine, which no proxy can reach for us.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(variable: &str, value: &str) -> Result<(), String> {
        check(|name| (name == variable).then(|| value.to_owned())).map_err(|error| error.to_string())
    }

    #[test]
    fn addresses_with_and_without_a_scheme_are_proxies() {
        for value in ["", "http://proxy:3128", "https://u:p@proxy.example.com/", "proxy.example.com:3128"] {
            assert_eq!(checked("https_proxy", value), Ok(()), "{value}");
        }
        assert_eq!(checked("FTP_PROXY", "ftp:"), Ok(()));
    }

    #[test]
    fn other_values_are_refused_without_their_password() {
        for (value, reason) in [
            ("http://me:hunter2@proxy example", "is not an address"),
            ("socks5://me:hunter2@proxy", "names a SOCKS proxy, and only HTTP proxies are supported"),
            ("ftp://me:hunter2@proxy", "has a scheme other than http and https"),
            ("/hunter2", "names no host"),
        ] {
            let hint = "write the proxy's address, such as \"http://proxy.example.com:3128\"";
            assert_eq!(checked("HTTP_PROXY", value), Err(format!("HTTP_PROXY {reason}; {hint}")));
        }
    }

    #[test]
    fn this_machine_is_known() {
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
