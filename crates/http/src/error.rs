//! Why there is no response, and why there is no client.

use std::{error::Error, io, iter, time::Duration};

use rustls::CertificateError::UnknownIssuer;

use crate::{CertificateError, ProxyError};

/// A request without a complete response.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The time that the caller set for the whole request is over.
    #[error("no complete response within {0:?}")]
    Timeout(Duration),
    /// The server went silent in the middle.
    #[error("no data for {0:?}")]
    Silence(Duration),
    /// The server's certificate is from an authority that this machine does not trust.
    #[error(
        "the server's certificate is not from a known authority; if it is a private one, or a proxy inspects \
         TLS, name a file with the authority's certificate in SSL_CERT_FILE"
    )]
    UnknownAuthority(#[source] reqwest::Error),
    /// There is no connection, or it broke.
    #[error(transparent)]
    Connection(reqwest::Error),
}

impl HttpError {
    /// Whether there was no connection, so that the server cannot have seen the request.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        match self {
            Self::UnknownAuthority(_) => true,
            Self::Connection(error) => error.is_connect(),
            Self::Timeout(_) | Self::Silence(_) => false,
        }
    }
}

impl From<reqwest::Error> for HttpError {
    fn from(error: reqwest::Error) -> Self {
        if has_unknown_authority(&error) { Self::UnknownAuthority(error) } else { Self::Connection(error) }
    }
}

/// rustls' error is inside of an I/O error, which skips it in its chain of sources.
fn has_unknown_authority(error: &reqwest::Error) -> bool {
    let causes = iter::successors(Some(error as &(dyn Error + 'static)), |&cause| cause.source());
    let inner = |cause: &'_ (dyn Error + 'static)| -> Option<bool> {
        let inner = cause.downcast_ref::<io::Error>()?.get_ref()?;
        let error = inner.downcast_ref::<rustls::Error>()?;
        Some(matches!(error, rustls::Error::InvalidCertificate(UnknownIssuer)))
    };
    causes.filter_map(inner).any(|is_unknown| is_unknown)
}

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The certificates that servers are checked against.
    #[error(transparent)]
    Certificates(#[from] CertificateError),
    /// A proxy that the environment names.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// Any other reason.
    #[error("cannot set up an HTTPS client")]
    Client(#[from] reqwest::Error),
}
