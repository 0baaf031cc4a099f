//! Functions and types for generated code. This is not a public API and may change in any release.

use futures::future::BoxFuture;

use crate::{
    CatalogError, Context, DescribedReading, Extension, Facts, FromContext, Gate, IntoReading, Location,
    Metric, OptionValue, Reading, Source, Unavailable, call::Call, collecting::blocking_for_current_metric,
    task::Task,
};

pub use inventory;
pub use system_health_registry_macros::settings_table_mistake;
pub use tokio::join;
pub use tracing;

pub use crate::trace::{ByDisplay, ByInnerError, BySource, Ignored, Returned};

/// Makes a metric when a catalog is built. It is a function, because a metric owns its facts and cannot be a constant.
#[derive(Debug)]
pub struct Registration(pub fn() -> Result<Metric, CatalogError>);

/// Makes a source when a catalog is built.
#[derive(Debug)]
pub struct SourceRegistration(pub fn() -> Source);

/// The title of a group of metrics.
#[derive(Debug)]
pub struct GroupTitle {
    /// The first part of the metrics' keys.
    pub group: &'static str,
    /// The title.
    pub title: &'static str,
}

/// A gate. It is a constant.
#[derive(Clone, Copy)]
pub struct GateRegistration(pub &'static dyn Gate);

/// An extension. It is a constant.
#[derive(Clone, Copy)]
pub struct ExtensionRegistration(pub &'static dyn Extension);

inventory::collect!(ExtensionRegistration);

/// Makes a metric from the options of the attribute. The attribute has already checked them with the same rules.
pub fn metric<C>(
    description: &str,
    options: &[(&str, OptionValue)],
    location: Location,
    collect: C,
) -> Result<Metric, CatalogError>
where
    C: Fn(Context) -> BoxFuture<'static, Result<Reading, Unavailable>> + Send + Sync + 'static,
{
    match Facts::from_options(description, options) {
        Ok(facts) => Ok(Metric::new(facts, location, collect)),
        Err(errors) => Err(CatalogError::Invalid { location, errors }),
    }
}

/// The value of an option that is a text.
#[must_use]
pub fn text(text: &str) -> OptionValue {
    OptionValue::Text(text.to_owned())
}

/// The value of an option that is a list of texts.
#[must_use]
pub fn list(texts: &[&str]) -> OptionValue {
    OptionValue::List(texts.iter().map(|text| (*text).to_owned()).collect())
}

/// Gets an argument from the context. The future is boxed so that its type does not depend on the argument's type. Then
/// the compiler reports only once, at the argument, that its type is not a resource.
#[must_use]
pub fn argument<T: FromContext>(context: &Context) -> BoxFuture<'_, Result<T, Unavailable>> {
    Box::pin(context.get())
}

/// Runs a sync collector on the blocking pool. A panic continues in the task that waits for the collector. If that task is
/// aborted before the collector has a thread, the collector never starts. Spans of the collector belong to the current span.
pub async fn blocking<T: Send + 'static>(collector: impl FnOnce() -> T + Send + 'static) -> T {
    let span = tracing::Span::current();
    let thread = Call::current().map(|call| call.working_thread());
    let collector = blocking_for_current_metric(collector);
    let work = move || {
        let _thread = thread;
        span.in_scope(collector)
    };
    match Task::from(tokio::task::spawn_blocking(work)).await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(payload) => std::panic::resume_unwind(payload),
            // The runtime is shutting down, so the value is no longer needed.
            Err(_) => std::future::pending().await,
        },
    }
}

/// Calls the body of a traced function. It is a function, so that the compiler knows that the body runs once. Only then may the
/// body return a part of an argument that is a `&mut`.
pub fn call_once<T>(body: impl FnOnce() -> T) -> T {
    body()
}

/// Converts the return value of a collector into a reading. It is a function, so that the compiler reports a wrong return
/// type at the type.
pub fn into_reading<T: IntoReading>(value: T) -> Result<Reading, Unavailable> {
    value.into_reading()
}

/// Converts the return value of a source. It is a function, so that the compiler reports a wrong return type at the type.
pub fn into_described_readings<T: IntoDescribedReadings>(
    value: T,
) -> Result<Vec<DescribedReading>, Unavailable> {
    value.into_described_readings()
}

/// The possible return types of a source.
#[diagnostic::on_unimplemented(
    message = "a source cannot return `{Self}`",
    label = "a source cannot return this",
    note = "return a `Vec<DescribedReading>`, or a `Result` of one"
)]
pub trait IntoDescribedReadings {
    /// The metrics with their readings.
    fn into_described_readings(self) -> Result<Vec<DescribedReading>, Unavailable>;
}

impl IntoDescribedReadings for Vec<DescribedReading> {
    fn into_described_readings(self) -> Result<Vec<DescribedReading>, Unavailable> {
        Ok(self)
    }
}

impl<E: IntoUnavailable> IntoDescribedReadings for Result<Vec<DescribedReading>, E> {
    fn into_described_readings(self) -> Result<Vec<DescribedReading>, Unavailable> {
        self.map_err(E::into_unavailable)
    }
}

/// The possible errors of collectors and sources. Because this is a separate trait, the compiler names the type that is not an
/// error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an error that a collector or a source can return",
    label = "the error type of this `Result` is not an error",
    note = "implement `std::error::Error` for it, or return another error, such as `Unavailable` or a `String`"
)]
pub trait IntoUnavailable {
    /// Why there is no value.
    fn into_unavailable(self) -> Unavailable;
}

#[diagnostic::do_not_recommend]
impl<E: Into<Unavailable>> IntoUnavailable for E {
    fn into_unavailable(self) -> Unavailable {
        self.into()
    }
}
