//! Why a request failed, and why a client cannot be created.

use std::{error::Error, io, iter, time::Duration};

use rustls::CertificateError::{BadSignature, UnknownIssuer};

use crate::{CertificateError, Proxy, ProxyError};

/// Why there is no complete response.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The request's own timeout has passed.
    #[error("no complete response within {0:?}")]
    Timeout(Duration),
    /// The run's deadline has passed.
    #[error("no complete response before the run's deadline")]
    Deadline,
    /// The server sent no data during the read timeout.
    #[error("no data for {0:?}")]
    ReadTimeout(Duration),
    /// The response is longer than the limit.
    #[error("the response is longer than {0} bytes")]
    TooLong(usize),
    /// This machine does not trust the authority of the server's certificate.
    #[error(
        "the server's certificate is not from a known authority; if the authority is private, or a proxy inspects \
         TLS, name a file with the authority's certificate in SSL_CERT_FILE"
    )]
    UnknownAuthority(#[source] reqwest::Error),
    /// The proxy refused to connect to the server.
    #[error(
        "the proxy {0} refused the connection; check its user name and password, and whether it may connect to \
         this host"
    )]
    ProxyRefused(Proxy, #[source] reqwest::Error),
    /// There is no connection to the proxy.
    #[error("cannot reach the proxy {0}")]
    ProxyUnreachable(Proxy, #[source] reqwest::Error),
    /// The proxy, or the server through it, did not answer in time.
    #[error("no connection through the proxy {0} in time")]
    ProxySilent(Proxy, #[source] reqwest::Error),
    /// There was no connection, or it broke.
    #[error(transparent)]
    Connection(reqwest::Error),
}

impl HttpError {
    /// The error of a request, which used this proxy if there is one.
    pub(crate) fn new(error: reqwest::Error, proxy: Option<&Proxy>, is_https: bool) -> Self {
        if has_unknown_authority(&error) {
            return Self::UnknownAuthority(error);
        }
        match proxy {
            Some(proxy) if error.is_connect() => match tunnel_failure(&error) {
                _ if error.is_timeout() => Self::ProxySilent(proxy.clone(), error),
                Some(TunnelFailure::ProxyUnreachable) => Self::ProxyUnreachable(proxy.clone(), error),
                Some(TunnelFailure::Refused { .. }) => Self::ProxyRefused(proxy.clone(), error),
                None if !is_https => Self::ProxyUnreachable(proxy.clone(), error),
                None => Self::Connection(error),
            },
            _ => Self::Connection(error),
        }
    }

    /// Whether there was no connection, so that the server cannot have received the request.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        match self {
            Self::UnknownAuthority(_)
            | Self::ProxyRefused(..)
            | Self::ProxyUnreachable(..)
            | Self::ProxySilent(..) => true,
            Self::Connection(error) => error.is_connect(),
            Self::Timeout(_) | Self::Deadline | Self::ReadTimeout(_) | Self::TooLong(_) => false,
        }
    }

    /// Whether a retry would fail in the same way, because the configuration has to be changed, the time is over or the
    /// response is too long.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::UnknownAuthority(_) | Self::Deadline | Self::TooLong(_) => true,
            Self::ProxyRefused(_, error) => {
                matches!(tunnel_failure(error), Some(TunnelFailure::Refused { wants_login: true }))
            }
            _ => false,
        }
    }
}

/// Whether one of the causes is a certificate from an authority that this machine does not trust. If the machine
/// trusts another authority with the same name, such as the predecessor of a private one, the error is an invalid signature.
#[must_use]
pub fn has_unknown_authority(error: &(dyn Error + 'static)) -> bool {
    causes(error)
        .filter_map(|cause| cause.downcast_ref())
        .any(|error| matches!(error, rustls::Error::InvalidCertificate(UnknownIssuer | BadSignature)))
}

/// The error and its causes, including the inner errors of I/O errors, which are not in the chain of sources.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |&cause| match cause.downcast_ref().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner as &(dyn Error + 'static)),
        None => cause.source(),
    })
}

enum TunnelFailure {
    ProxyUnreachable,
    Refused { wants_login: bool },
}

/// How the connection through the proxy failed. The type of the client's error is private, so its text is used.
fn tunnel_failure(error: &(dyn Error + 'static)) -> Option<TunnelFailure> {
    let failure =
        causes(error).find_map(|cause| Some(cause.to_string().strip_prefix("tunnel error: ")?.to_owned()));
    Some(match &*failure? {
        "failed to create underlying connection" => TunnelFailure::ProxyUnreachable,
        "proxy authorization required" => TunnelFailure::Refused { wants_login: true },
        _ => TunnelFailure::Refused { wants_login: false },
    })
}

/// Why a client cannot be created.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The root certificates cannot be used.
    #[error(transparent)]
    Certificates(#[from] CertificateError),
    /// A proxy that the environment names cannot be used.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// Any other reason.
    #[error("cannot set up an HTTPS client")]
    Client(#[from] reqwest::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_authority_is_found_below_any_number_of_io_errors() {
        let mut error = io::Error::other(rustls::Error::InvalidCertificate(UnknownIssuer));
        for _ in 0..3 {
            assert!(has_unknown_authority(&error), "{error:?}");
            error = io::Error::other(error);
        }
        assert!(!has_unknown_authority(&io::Error::other(io::Error::other("UnknownIssuer"))));
    }
}
