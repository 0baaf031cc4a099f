//! A signal to end a run early, such as Ctrl-C. The engine and all other parts of a run wait for the same signal.

use std::fmt;

use futures::{
    FutureExt,
    future::{self, BoxFuture, Either, Shared},
};

/// A signal that ends a run early. Clones share the same signal.
#[derive(Clone)]
pub struct Interruption(Shared<BoxFuture<'static, ()>>);

impl Interruption {
    /// An interruption that happens when the future is ready.
    ///
    /// ```
    /// use futures::channel::oneshot;
    /// use system_health_registry::Interruption;
    ///
    /// let (interrupt, signal) = oneshot::channel::<()>();
    /// let interruption = Interruption::new(async move { signal.await.unwrap() });
    /// assert!(!interruption.has_happened());
    /// interrupt.send(()).unwrap();
    /// assert!(interruption.has_happened());
    /// ```
    pub fn new(signal: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(signal.boxed().shared())
    }

    /// An interruption that never happens.
    #[must_use]
    pub fn never() -> Self {
        Self::new(future::pending())
    }

    /// An interruption that happens as soon as one of two happens.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let either = future::select(self.0.clone(), other.0.clone());
        Self::new(either.map(|_| ()))
    }

    /// Whether the run should end now.
    #[must_use]
    pub fn has_happened(&self) -> bool {
        self.0.clone().now_or_never().is_some()
    }

    /// Waits for the interruption.
    pub fn happened(&self) -> impl Future<Output = ()> + Send + use<> {
        self.0.clone()
    }

    /// Waits for the result of the work. If the interruption happens first, the work is dropped and the result is `None`.
    /// If both are ready, the result of the work is returned.
    pub async fn run_until_interrupted<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let work = std::pin::pin!(work);
        match future::select(work, self.happened()).await {
            Either::Left((result, _)) => Some(result),
            Either::Right(((), _)) => None,
        }
    }
}

impl Default for Interruption {
    fn default() -> Self {
        Self::never()
    }
}

impl fmt::Debug for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interruption").finish_non_exhaustive()
    }
}
