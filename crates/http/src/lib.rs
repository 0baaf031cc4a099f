//! The HTTP client that collectors and sinks share, so that time limits, proxies, certificates and the
//! count of requests are the same everywhere.
//!
//! - Connections may outlive a run ([`HttpClient`]). What is sent with them is counted for a run, and ends at its
//!   deadline ([`RunClient`]).
//! - Proxies come from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, or the same names in lower
//!   case. This machine itself is never reached through a proxy.
//! - Certificate authorities are the system's. `SSL_CERT_FILE` and `SSL_CERT_DIR` replace them.
//! - Redirects are not followed: they could lead a credential to another host.
//! - A request is sent once. [`Retrier`] repeats it where that may help and does no harm, which only the caller knows.
//! - Text that a message quotes goes through a [`Redactor`].

mod certificates;
mod client;
mod error;
mod headers;
mod proxy;
mod quote;
mod retry;

pub use certificates::{CertificateError, certificate_bundle, check_authorities};
pub use client::{HttpClient, HttpResponse, HttpSettings, RunClient};
pub use error::{HttpError, SetupError, has_unknown_authority};
pub use headers::{header, retry_after, server_time};
pub use proxy::{Proxy, ProxyError, check_proxies, is_loopback};
pub use quote::{Redactor, one_line};
pub use retry::{
    AttemptError, Idempotency, Retrier, Retry, RetryError, RetryPolicy, may_have_been_processed,
};
