//! The decision whether a failed attempt is retried.
//!
//! | failure | retried if idempotent | retried otherwise |
//! |---|---|---|
//! | the authority of the server's certificate is not known, or the proxy wants a login | no | no |
//! | no connection for another reason, so nothing was sent | yes | yes |
//! | the response is too long, or not complete before the deadline | no | no |
//! | the request's timeout or the read timeout has passed, or the connection broke | yes | no |
//! | 429, or 5xx except 502 and 504: the server has answered, so it is assumed not to have processed the request | yes | yes |
//! | 408, 502, 504: an intermediary may have got no response from the server | yes | no |
//! | any other response | no | no |

use std::{
    error::Error,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, Method, StatusCode};

use crate::{HttpError, retry_after};

/// Whether a retry may succeed, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// A retry would fail in the same way.
    Never,
    /// A retry may succeed after a backoff.
    Backoff,
    /// The server requires this wait.
    After(Duration),
}

/// Whether processing a request twice has the same effect as processing it once. See
/// <https://www.rfc-editor.org/rfc/rfc9110#idempotent.methods>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idempotency {
    /// The effect is the same. The request may be retried even if the server may have processed it.
    Idempotent,
    /// The effect may be different. The request is not retried if the server may have processed it.
    NotIdempotent,
}

/// The error of one attempt.
pub trait AttemptError: Error + Send + Sync + Sized + 'static {
    /// Whether a retry may succeed.
    fn retry(&self) -> Retry;

    /// Whether the server may have processed the request, although the attempt failed.
    fn may_have_been_processed(&self) -> bool;

    /// A copy of the error if it is a rate limit, which applies to all requests to the server until the wait is over.
    fn rate_limit(&self) -> Option<Self> {
        None
    }
}

impl Retry {
    /// Whether to retry after an error response.
    #[must_use]
    pub fn from_response(status: StatusCode, headers: &HeaderMap, now: SystemTime) -> Self {
        let is_temporary = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
            || status.is_server_error();
        if is_temporary { Self::after(retry_after(headers, now)) } else { Self::Never }
    }

    /// After the wait that the server requires, or after a backoff.
    #[must_use]
    pub fn after(wait: Option<Duration>) -> Self {
        wait.map_or(Self::Backoff, Self::After)
    }
}

impl From<&HttpError> for Retry {
    fn from(error: &HttpError) -> Self {
        if error.is_permanent() { Self::Never } else { Self::Backoff }
    }
}

impl From<&Method> for Idempotency {
    fn from(method: &Method) -> Self {
        if method.is_idempotent() { Self::Idempotent } else { Self::NotIdempotent }
    }
}

/// Whether the server may have processed a request with this error status, because an intermediary may have got no response
/// from the server. Any other error status is taken as the server's own answer that it did not process the request.
#[must_use]
pub fn may_have_been_processed(status: StatusCode) -> bool {
    matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT)
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, header::RETRY_AFTER};

    use super::*;

    #[test]
    fn the_response_decides_whether_and_when_to_retry() {
        let seven = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static("7"))]);
        for (status, retried) in [
            (200, false),
            (302, false),
            (400, false),
            (401, false),
            (403, false),
            (404, false),
            (408, true),
            (413, false),
            (429, true),
            (500, true),
            (502, true),
            (503, true),
            (504, true),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let retry = |headers| Retry::from_response(status, headers, SystemTime::now());
            let (soon, later) = if retried {
                (Retry::Backoff, Retry::After(Duration::from_secs(7)))
            } else {
                (Retry::Never, Retry::Never)
            };
            assert_eq!((retry(&HeaderMap::new()), retry(&seven)), (soon, later), "{status}");
        }
    }

    #[test]
    fn methods_are_idempotent_by_the_http_standard() {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            assert_eq!(Idempotency::from(&method), Idempotency::Idempotent);
        }
        for method in [Method::POST, Method::PATCH] {
            assert_eq!(Idempotency::from(&method), Idempotency::NotIdempotent);
        }
    }
}
