//! One failed attempt, with what the retry policy needs to know about it.

use std::fmt;

use system_health_http::{AttemptError, Retry, may_have_been_processed};

use super::cause::Cause;

/// A failed attempt, and whether to retry it.
#[derive(Debug, thiserror::Error)]
#[error("{request}")]
pub(super) struct FailedAttempt {
    request: String,
    retry: Retry,
    #[source]
    pub(super) cause: Cause,
}

impl FailedAttempt {
    /// A failed attempt of a request.
    pub(super) fn new(request: impl fmt::Display, retry: Retry, cause: Cause) -> Self {
        Self { request: request.to_string(), retry, cause }
    }

    /// The same attempt, which is not retried.
    pub(super) fn permanent(self) -> Self {
        Self { retry: Retry::Never, ..self }
    }
}

impl AttemptError for FailedAttempt {
    fn retry(&self) -> Retry {
        self.retry
    }

    fn may_have_been_processed(&self) -> bool {
        match &self.cause {
            Cause::RateLimit { .. } => false,
            Cause::Status { status, .. } => may_have_been_processed(*status),
            _ => true,
        }
    }

    /// A rate limit also holds back the other requests of the same retrier.
    fn rate_limit(&self) -> Option<Self> {
        let Cause::RateLimit { status, body, until } = &self.cause else { return None };
        let cause = Cause::RateLimit { status: *status, body: body.clone(), until: *until };
        Some(Self::new(&self.request, self.retry, cause))
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use http::StatusCode;

    use super::*;
    use crate::github::client::cause::ErrorBody;

    #[test]
    fn only_a_rate_limit_delays_other_requests() {
        let (status, body) = (StatusCode::FORBIDDEN, ErrorBody::default());
        let limit = Cause::RateLimit { status, body: body.clone(), until: SystemTime::now() };
        let refusal = Cause::Status { status, body, with_token: true };
        for (cause, is_limit) in [(limit, true), (refusal, false)] {
            let message = cause.to_string();
            let held = FailedAttempt::new("GET /x", Retry::Backoff, cause).rate_limit();
            assert_eq!(held.map(|held| held.cause.to_string()), is_limit.then_some(message));
        }
    }
}
