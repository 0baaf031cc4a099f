//! Where the Agent listens: `udp://HOST:PORT` or `unix://PATH`.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    path::PathBuf,
    str::FromStr,
};

use serde::{Deserialize, Deserializer, de};

use crate::limits::{LOCAL_PACKET_SIZE, REMOTE_PACKET_SIZE};

/// The port on which an Agent listens by default.
pub(crate) const DEFAULT_PORT: u16 = 8125;

/// The address of an Agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// A host (a name, an IPv4 address, or an IPv6 address without brackets) and a port.
    Udp(String, u16),
    /// A Unix datagram socket.
    Unix(PathBuf),
}

/// Why an address is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AddressError {
    #[error("it does not start with udp:// or unix://")]
    Scheme,
    #[error("a stream socket is not supported; write unix:// and the path of a datagram socket")]
    Stream,
    #[error("it has no host")]
    NoHost,
    #[error("the host is not a name or an IP address; write an IPv6 address in brackets")]
    Host,
    #[error("the port is not a number from 1 to 65535")]
    Port,
    #[error("the path of the socket is not absolute")]
    Path,
}

/// A host without a port: a name, an IPv4 address, or an IPv6 address with or without brackets. `None` if the text is not a
/// host.
pub(crate) fn parse_host(text: &str) -> Option<String> {
    let text = text.trim();
    let address = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let is_name = !text.is_empty() && text.chars().all(is_allowed_in_host);
    (is_name || address.parse::<Ipv6Addr>().is_ok()).then(|| address.to_owned())
}

/// Whether a name or an IPv4 address may contain a character.
fn is_allowed_in_host(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-' | '_')
}

impl Address {
    /// The default of `max_packet_size`, in bytes. An Agent with default settings accepts packets of this size.
    pub(crate) fn default_packet_size(&self) -> u16 {
        if self.is_on_this_machine() { LOCAL_PACKET_SIZE } else { REMOTE_PACKET_SIZE }
    }

    /// Whether packets certainly stay on this machine, where no network limits their size.
    fn is_on_this_machine(&self) -> bool {
        match self {
            Self::Udp(host, _) => {
                host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
            }
            Self::Unix(_) => true,
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.starts_with("unixstream://") {
            return Err(AddressError::Stream);
        }
        if let Some(path) = text.strip_prefix("unix://").or_else(|| text.strip_prefix("unixgram://")) {
            let path = PathBuf::from(path);
            return if path.is_absolute() { Ok(Self::Unix(path)) } else { Err(AddressError::Path) };
        }
        let authority = text.strip_prefix("udp://").ok_or(AddressError::Scheme)?;
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let bracketed = authority.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let (host, port) = if let Some((host, port)) = bracketed {
            host.parse::<Ipv6Addr>().map_err(|_| AddressError::Host)?;
            (host, port)
        } else {
            let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
            if authority.matches(':').count() > 1 || !host.chars().all(is_allowed_in_host) {
                return Err(AddressError::Host);
            }
            if host.is_empty() {
                return Err(AddressError::NoHost);
            }
            (host, port)
        };
        let port = match port.strip_prefix(':') {
            Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or(AddressError::Port)?,
            None if port.is_empty() => DEFAULT_PORT,
            None => return Err(AddressError::Port),
        };
        Ok(Self::Udp(host.to_owned(), port))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Udp(host, port) if host.contains(':') => write!(f, "udp://[{host}]:{port}"),
            Self::Udp(host, port) => write!(f, "udp://{host}:{port}"),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(|error| {
            de::Error::custom(format!(
                "{error}; write an address such as \"udp://127.0.0.1:8125\" or \"unix:///var/run/datadog/dsd.socket\""
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_displayed_with_their_port_and_with_unix_for_unixgram() {
        for (text, displayed) in [
            ("udp://127.0.0.1:8125", "udp://127.0.0.1:8125"),
            (" udp://agent.example.com ", "udp://agent.example.com:8125"),
            ("udp://[::1]:9125/", "udp://[::1]:9125"),
            ("udp://[::1]", "udp://[::1]:8125"),
            ("unix:///var/run/datadog/dsd.socket", "unix:///var/run/datadog/dsd.socket"),
            ("unixgram:///tmp/a", "unix:///tmp/a"),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), displayed);
        }
    }

    #[test]
    fn packets_to_an_agent_on_this_machine_are_larger() {
        for (text, size) in [
            ("udp://127.0.0.1:8125", 8192),
            ("udp://localhost", 8192),
            ("udp://[::1]", 8192),
            ("unix:///var/run/datadog/dsd.socket", 8192),
            ("udp://10.0.0.7", 1432),
            ("udp://agent.example.com", 1432),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().default_packet_size(), size, "{text}");
        }
    }

    #[test]
    fn addresses_that_cannot_work_are_refused() {
        for (text, part) in [
            ("127.0.0.1:8125", "does not start with"),
            ("http://127.0.0.1:8125", "does not start with"),
            ("unixstream:///a", "stream"),
            ("unix://a", "not absolute"),
            ("udp://", "no host"),
            ("udp://:8125", "no host"),
            ("udp://::1", "in brackets"),
            ("udp://[::1", "the host"),
            ("udp://[agent]", "the host"),
            ("udp://agent]", "the host"),
            ("udp://agent/path", "the host"),
            ("udp://me@agent", "the host"),
            ("udp://[::1]8125", "the port"),
            ("udp://host:port", "the port"),
            ("udp://host:0", "the port"),
            ("udp://host:65536", "the port"),
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
