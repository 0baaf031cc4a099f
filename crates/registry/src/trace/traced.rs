//! How a function with `#[traced]` records its error. The function may return any type, so generated code calls
//! `(&&&&Returned(&value)).record(&span)`, and the compiler takes the first of these traits that the type implements. Each
//! trait is implemented for a type with one `&` less than the trait before it, so the compiler tries them in this order.

use std::{error::Error, fmt};

use tracing::Span;

use super::{ERROR, record};
use crate::Unavailable;

/// What a traced function returned.
#[derive(Debug, Clone, Copy)]
pub struct Returned<'a, T>(pub &'a T);

/// Records an error that implements [`Error`], with its chain of causes.
pub trait BySource {
    /// Records the error in the span of the function.
    fn record(&self, span: &Span);
}

/// Records the error inside an error value that does not implement [`Error`] itself: an `anyhow::Error`, a
/// `Box<dyn Error + Send + Sync>` or an [`Unavailable`].
pub trait ByInnerError {
    /// Records the error in the span of the function. For no data, records the reason.
    fn record(&self, span: &Span);
}

/// Records the text of an error that only implements [`Display`](fmt::Display).
pub trait ByDisplay {
    /// Records the error in the span of the function.
    fn record(&self, span: &Span);
}

/// Records nothing: the function does not return a `Result`, or the type of its error has no text.
pub trait Ignored {
    /// Records nothing.
    fn record(&self, span: &Span);
}

impl<T, E: Error + 'static> BySource for &&&Returned<'_, Result<T, E>> {
    fn record(&self, span: &Span) {
        if let Err(error) = self.0 {
            span.record(ERROR, error as &(dyn Error + 'static));
        }
    }
}

impl<T, E: AsRef<dyn Error + Send + Sync + 'static>> ByInnerError for &&Returned<'_, Result<T, E>> {
    fn record(&self, span: &Span) {
        if let Err(error) = self.0 {
            span.record(ERROR, error.as_ref());
        }
    }
}

impl<T> ByInnerError for &&Returned<'_, Result<T, Unavailable>> {
    fn record(&self, span: &Span) {
        record(span, self.0);
    }
}

impl<T, E: fmt::Display> ByDisplay for &Returned<'_, Result<T, E>> {
    fn record(&self, span: &Span) {
        if let Err(error) = self.0 {
            span.record(ERROR, tracing::field::display(error));
        }
    }
}

impl<T> Ignored for Returned<'_, T> {
    fn record(&self, _span: &Span) {}
}
