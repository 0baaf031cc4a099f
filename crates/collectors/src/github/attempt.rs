//! One attempt that failed, as the retry policy needs to know it.

use system_health_http::{AttemptError, Retry, may_have_been_processed};

use super::error::Cause;

/// An attempt that failed, and whether to make another.
#[derive(Debug, thiserror::Error)]
#[error("GET {path}")]
pub(super) struct FailedAttempt {
    path: String,
    retry: Retry,
    #[source]
    pub(super) cause: Cause,
}

impl FailedAttempt {
    /// An attempt to get what is at a path.
    pub(super) fn new(path: &str, retry: Retry, cause: Cause) -> Self {
        Self { path: path.to_owned(), retry, cause }
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

    /// GitHub wants no request at all until a limit is over.
    fn rate_limit(&self) -> Option<Self> {
        let Cause::RateLimit { status, message, until } = &self.cause else { return None };
        let cause = Cause::RateLimit { status: *status, message: message.clone(), until: *until };
        Some(Self::new(&self.path, self.retry, cause))
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use http::StatusCode;

    use super::*;
    use crate::github::error::Message;

    #[test]
    fn only_a_rate_limit_holds_other_requests() {
        let (status, message) = (StatusCode::FORBIDDEN, Message::default());
        let limit = Cause::RateLimit { status, message: message.clone(), until: SystemTime::now() };
        let refusal = Cause::Status { status, message, with_token: true };
        for (cause, is_limit) in [(limit, true), (refusal, false)] {
            let said = cause.to_string();
            let held = FailedAttempt::new("/x", Retry::Backoff, cause).rate_limit();
            assert_eq!(held.map(|held| held.cause.to_string()), is_limit.then_some(said));
        }
    }
}
