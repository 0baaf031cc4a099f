//! How a function with `#[traced]` records its error. The function may return any type, so generated code calls
//! `(&&&&Returned(&value)).record(&span)`, and the compiler takes the first of these traits that the type implements: each
//! next one needs one `&` less.

use std::{error::Error, fmt};

use tracing::Span;

use super::{ERROR, record};
use crate::Unavailable;

/// What a traced function has returned.
#[derive(Debug, Clone, Copy)]
pub struct Returned<'a, T>(pub &'a T);

/// Records an error with its chain of causes.
pub trait BySource {
    /// Records the error in the span of the function.
    fn record(&self, span: &Span);
}

/// Records an error that contains one, such as a boxed error.
pub trait ByText {
    /// Records the error in the span of the function.
    fn record(&self, span: &Span);
}

/// Records an error that has only a text.
pub trait ByDisplay {
    /// Records the error in the span of the function.
    fn record(&self, span: &Span);
}

/// Records nothing: the function did not return an error, or one that cannot be shown.
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

impl<T, E: AsRef<dyn Error + Send + Sync + 'static>> ByText for &&Returned<'_, Result<T, E>> {
    fn record(&self, span: &Span) {
        if let Err(error) = self.0 {
            span.record(ERROR, error.as_ref());
        }
    }
}

impl<T> ByText for &&Returned<'_, Result<T, Unavailable>> {
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
