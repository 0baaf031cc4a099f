//! Counts the requests to AWS, including the SDK's own retries.

use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_sdk_secretsmanager::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::{BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef},
    },
    error::BoxError,
};
use system_health_registry::ApiCalls;
use tokio::time::Instant;

/// Counts each attempt of one request.
#[derive(Debug)]
pub(super) struct AttemptCounter {
    /// The name of the API in [`ApiCalls`].
    api: &'static str,
    calls: ApiCalls,
    /// The start of the current attempt.
    started: Mutex<Option<Instant>>,
}

impl AttemptCounter {
    pub(super) fn new(api: &'static str, calls: ApiCalls) -> Self {
        Self { api, calls, started: Mutex::default() }
    }

    fn started(&self) -> MutexGuard<'_, Option<Instant>> {
        self.started.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, status: Option<u16>) {
        if let Some(started) = self.started().take() {
            self.calls.record(self.api, status, started.elapsed());
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
        *self.started() = Some(Instant::now());
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
