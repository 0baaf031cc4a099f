//! Where the Agent listens for traces: `http://HOST:PORT`, `https://HOST:PORT` or `unix://PATH`.

#[cfg(unix)]
use std::path::{Path, PathBuf};
use std::{fmt, net::Ipv4Addr, str::FromStr};

use serde::{Deserialize, Deserializer, de};
use url::{Host, ParseError, Url};

/// The port on which an Agent listens by default.
const DEFAULT_PORT: u16 = 8126;
/// The socket on which an Agent listens by default, in Kubernetes too. Datadog's clients prefer it if it exists.
#[cfg(unix)]
const DEFAULT_SOCKET: &str = "/var/run/datadog/apm.socket";

/// The address of an Agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AgentAddress {
    Http(Url),
    #[cfg(unix)]
    Unix(PathBuf),
}

/// The host of an Agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AgentHost(Host);

/// Why a host is refused.
#[derive(Debug, thiserror::Error)]
#[error("it is not a name or an IP address; write a host such as \"datadog-agent\" or \"::1\"")]
struct HostError;

/// Why an address is refused. The error does not repeat the address, because it could contain a password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AddressError {
    #[error("it does not start with http://, https:// or unix://")]
    Scheme,
    #[cfg(unix)]
    #[error("the path of the socket is not absolute")]
    Path,
    #[cfg(not(unix))]
    #[error("this system has no Unix sockets")]
    NoUnixSockets,
    #[error("it contains a user name, a password, a query or a fragment")]
    Parts,
    #[error(transparent)]
    Unreadable(#[from] ParseError),
}

impl AgentAddress {
    /// The address of an Agent with this host and port. Default host: this machine. If neither is given and the socket
    /// `DEFAULT_SOCKET` exists, the address is that of the socket.
    pub(crate) fn from_parts(host: Option<&AgentHost>, port: Option<u16>) -> Self {
        #[cfg(unix)]
        if host.is_none() && port.is_none() && Path::new(DEFAULT_SOCKET).exists() {
            return Self::Unix(DEFAULT_SOCKET.into());
        }
        let local = Host::Ipv4(Ipv4Addr::LOCALHOST);
        let (host, port) = (host.map_or(&local, |AgentHost(host)| host), port.unwrap_or(DEFAULT_PORT));
        Self::Http(Url::parse(&format!("http://{host}:{port}")).expect("a host and a port make a URL"))
    }

    /// The URL of a path of the Agent. For a socket, the host is only a placeholder.
    pub(crate) fn url(&self, path: &str) -> Url {
        let base = match self {
            Self::Http(url) => url.clone(),
            #[cfg(unix)]
            Self::Unix(_) => Url::parse("http://localhost").expect("a URL"),
        };
        let mut url = base.clone();
        url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
        url
    }

    #[cfg(unix)]
    fn from_socket(path: &str) -> Result<Self, AddressError> {
        let path = PathBuf::from(path);
        if path.is_absolute() { Ok(Self::Unix(path)) } else { Err(AddressError::Path) }
    }

    #[cfg(not(unix))]
    fn from_socket(_path: &str) -> Result<Self, AddressError> {
        Err(AddressError::NoUnixSockets)
    }
}

impl<'de> Deserialize<'de> for AgentHost {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let text = text.trim();
        let host = match text.parse() {
            Ok(address) => Host::Ipv6(address),
            Err(_) => Host::parse(text).map_err(|_| de::Error::custom(HostError))?,
        };
        Ok(Self(host))
    }
}

impl FromStr for AgentAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if let Some(path) = text.strip_prefix("unix://") {
            return Self::from_socket(path);
        }
        let url = match Url::parse(text) {
            Err(ParseError::RelativeUrlWithoutBase) => return Err(AddressError::Scheme),
            parsed => parsed?,
        };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(AddressError::Scheme);
        }
        if !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some()
        {
            return Err(AddressError::Parts);
        }
        Ok(Self::Http(url))
    }
}

impl fmt::Display for AgentAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(url) => f.write_str(url.as_str().trim_end_matches('/')),
            #[cfg(unix)]
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

impl<'de> Deserialize<'de> for AgentAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(|error| {
            de::Error::custom(format!("{error}; write an address such as \"http://127.0.0.1:8126\""))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_below_the_address() {
        for (address, expected) in [
            ("http://agent:8126", "http://agent:8126/v0.4/traces"),
            ("https://agent/apm/", "https://agent/apm/v0.4/traces"),
            #[cfg(unix)]
            ("unix:///run/apm.socket", "http://localhost/v0.4/traces"),
        ] {
            let address: AgentAddress = address.parse().unwrap();
            assert_eq!(address.url("/v0.4/traces").as_str(), expected);
        }
    }

    #[test]
    fn texts_that_are_not_addresses_of_an_agent_are_refused() {
        for (address, expected) in [
            ("agent", "it does not start with http://, https:// or unix://"),
            ("agent:8126", "it does not start with http://, https:// or unix://"),
            ("udp://agent:8125", "it does not start with http://, https:// or unix://"),
            #[cfg(unix)]
            ("unix://run/apm", "the path of the socket is not absolute"),
            #[cfg(not(unix))]
            ("unix:///run/apm", "this system has no Unix sockets"),
            ("http://u:p@agent", "it contains a user name, a password, a query or a fragment"),
            ("http://:p@agent", "it contains a user name, a password, a query or a fragment"),
            ("http://agent?a=b", "it contains a user name, a password, a query or a fragment"),
            ("http://agent:99999", "invalid port number"),
            ("http://", "empty host"),
        ] {
            assert_eq!(address.parse::<AgentAddress>().unwrap_err().to_string(), expected, "{address}");
        }
    }
}
