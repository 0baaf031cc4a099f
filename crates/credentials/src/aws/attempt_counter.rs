//! Counts the requests to AWS, including the SDK's own retries. Each attempt is a span in the trace of the run.

use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_sdk_secretsmanager::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::{BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef},
    },
    error::BoxError,
};
use system_health_registry::{ApiCalls, trace::TARGET};
use tokio::time::Instant;
use tracing::{Span, field::Empty, info_span};

/// Counts each attempt of one request.
#[derive(Debug)]
pub(super) struct AttemptCounter {
    /// The name of the API in [`ApiCalls`].
    api: &'static str,
    calls: ApiCalls,
    /// The start of the current attempt, and its span.
    started: Mutex<Option<(Instant, Span)>>,
}

impl AttemptCounter {
    pub(super) fn new(api: &'static str, calls: ApiCalls) -> Self {
        Self { api, calls, started: Mutex::default() }
    }

    fn started(&self) -> MutexGuard<'_, Option<(Instant, Span)>> {
        self.started.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The span of an attempt. It has neither the path nor the body of the request, which may contain names of secrets.
    fn span(&self) -> Span {
        info_span!(
            target: TARGET, "http.request",
            resource = self.api, span.kind = "client", system_health.api = self.api,
            http.response.status_code = Empty, error = Empty,
        )
    }

    fn count(&self, status: Option<u16>) {
        if let Some((started, span)) = self.started().take() {
            self.calls.record(self.api, status, started.elapsed());
            match status {
                Some(status) => {
                    span.record("http.response.status_code", status);
                    if status >= 400 {
                        span.record("error", format!("the status is {status}"));
                    }
                }
                None => {
                    span.record("error", "there was no response");
                }
            }
        }
    }
}

impl Intercept for AttemptCounter {
    fn name(&self) -> &'static str {
        "attempts"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        *self.started() = Some((Instant::now(), self.span()));
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.count(context.response().map(|response| response.status().as_u16()));
        Ok(())
    }
}

/// Counts an attempt that was cancelled.
impl Drop for AttemptCounter {
    fn drop(&mut self) {
        self.count(None);
    }
}
