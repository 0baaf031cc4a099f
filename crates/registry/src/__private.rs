//! What generated code calls. Not for people: it may change in any release.

use futures::future::BoxFuture;

use crate::{Context, Described, FromContext, IntoReading, Metric, Reading, Source, Unavailable, task::Task};

pub use inventory;
pub use tokio::join;

/// Makes a metric when a catalog is built. A function, because the facts of a metric are owned.
#[derive(Debug)]
pub struct Registration(pub fn() -> Metric);

/// Makes a source when a catalog is built.
#[derive(Debug)]
pub struct SourceRegistration(pub fn() -> Source);

/// Asks for an argument. The future is boxed so that its type does not depend on the argument's: the
/// compiler then says once, at the argument, that its type is no resource.
#[must_use]
pub fn argument<T: FromContext>(context: &Context) -> BoxFuture<'_, Result<T, Unavailable>> {
    Box::pin(context.get())
}

/// Runs a sync collector on the blocking pool. A panic goes on in the task that waits for it. When
/// that task is stopped, a collector that has no thread yet never gets one.
pub async fn blocking<T: Send + 'static>(collector: impl FnOnce() -> T + Send + 'static) -> T {
    match Task::from(tokio::task::spawn_blocking(collector)).await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(payload) => std::panic::resume_unwind(payload),
            // The runtime is shutting down, so nobody waits for a value.
            Err(_) => std::future::pending().await,
        },
    }
}

/// Makes the reading; a function so that a wrong return type is reported at the type.
pub fn into_reading<T: IntoReading>(value: T) -> Result<Reading, Unavailable> {
    value.into_reading()
}

/// Converts what a source returned; a function so that a wrong return type is reported at the type.
pub fn into_described<T: IntoDescribed>(value: T) -> Result<Vec<Described>, Unavailable> {
    value.into_described()
}

/// What a source may return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that a source can return",
    label = "a source cannot return this",
    note = "return a `Vec<Described>`, or a `Result` of one"
)]
pub trait IntoDescribed {
    /// The metrics with their readings.
    fn into_described(self) -> Result<Vec<Described>, Unavailable>;
}

impl IntoDescribed for Vec<Described> {
    fn into_described(self) -> Result<Vec<Described>, Unavailable> {
        Ok(self)
    }
}

impl<E: Into<Unavailable>> IntoDescribed for Result<Vec<Described>, E> {
    fn into_described(self) -> Result<Vec<Described>, Unavailable> {
        self.map_err(E::into)
    }
}
