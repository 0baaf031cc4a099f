//! The HTTP client that collectors and sinks share, so that time limits, proxies, certificates and the
//! count of requests are the same everywhere.
//!
//! - Proxies come from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, or the same names in lower
//!   case. This machine itself is never reached through a proxy.
//! - Certificate authorities are the system's. `SSL_CERT_FILE` and `SSL_CERT_DIR` replace them.
//! - Redirects are not followed: they could lead a credential to another host.
//! - Requests are not repeated. Only the caller knows whether that is safe.

mod certificates;
mod client;
mod error;
mod proxy;
mod redact;

pub use certificates::{CertificateError, certificate_bundle, check_authorities};
pub use client::{HttpClient, HttpResponse, HttpSettings};
pub use error::{HttpError, SetupError, has_unknown_authority};
pub use proxy::{Proxy, ProxyError, check_proxies, is_loopback};
pub use redact::redact;
