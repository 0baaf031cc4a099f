//! The HTTP client that collectors and sinks share, so that timeouts, proxies, certificates and the counting of
//! requests are the same everywhere.
//!
//! - Connections may outlive a run ([`HttpClient`]). Requests are counted for a run and end at its deadline
//!   ([`RunClient`]).
//! - Proxies come from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, or the same names in lower case.
//!   Requests to `localhost` and to loopback addresses never use a proxy.
//! - By default, the system's certificate authorities are used: those in its bundle, such as `/etc/ssl/certs/ca-certificates.crt`,
//!   if there is one. `SSL_CERT_FILE` and `SSL_CERT_DIR` replace them.
//! - Redirects are not followed, because a credential could be sent to another host.
//! - The client sends a request once. [`Retrier`] retries it if the caller says that a retry may help and is safe.
//! - A [`Redactor`] removes credentials from text that is quoted in messages.
//! - Each request is a span in the trace of the run, but no trace headers are sent.

mod certificates;
mod client;
mod error;
mod headers;
mod proxy;
mod quote;
mod retry;
mod service_url;
mod span;

pub use certificates::{CertificateError, certificate_bundle, check_authorities, root_certificates};
pub use client::{HttpClient, HttpResponse, HttpSettings, RunClient};
pub use error::{HttpError, SetupError, has_unknown_authority};
pub use headers::{header, retry_after, server_time};
pub use proxy::{Proxy, ProxyError, check_proxies, is_loopback};
pub use quote::{Redactor, one_line};
pub use retry::{
    AttemptError, Idempotency, Retrier, Retry, RetryError, RetryPolicy, may_have_been_processed,
};
pub use service_url::{UrlProblem, parse_service_url};
