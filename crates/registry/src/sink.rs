//! Where reports are delivered to. A sink says in its errors whether a retry can help, because only
//! the sink knows what its backend meant.

use std::fmt;

use futures::future::BoxFuture;

use crate::{Report, SharedError};

/// A backend that takes reports, such as Datadog.
pub trait Sink: fmt::Debug + Send + Sync {
    /// The sink's name in the output, such as `datadog`.
    fn name(&self) -> &'static str;

    /// Asks the backend whether it would take a delivery: it is reachable and accepts the credentials.
    fn check(&self) -> BoxFuture<'_, Result<(), DeliveryError>>;

    /// Delivers the values of a report. Delivering the same report twice changes nothing, where the
    /// backend allows it.
    fn deliver<'a>(&'a self, report: &'a Report) -> BoxFuture<'a, Result<Receipt, DeliveryError>>;
}

/// What a backend took.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// The number of series that were accepted.
    pub series: usize,
}

/// Why a delivery failed.
#[derive(Debug, Clone)]
pub struct DeliveryError {
    source: SharedError,
    retriable: bool,
}

impl Receipt {
    /// A receipt for a number of series.
    #[must_use]
    pub const fn new(series: usize) -> Self {
        Self { series }
    }
}

impl DeliveryError {
    /// An error that a retry may overcome, such as a lost connection.
    pub fn retriable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { source: SharedError::new(source), retriable: true }
    }

    /// An error that stays until someone mends its cause, such as a refused key.
    pub fn permanent(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { source: SharedError::new(source), retriable: false }
    }

    /// Whether the same delivery may succeed later.
    #[must_use]
    pub const fn is_retriable(&self) -> bool {
        self.retriable
    }
}

impl fmt::Display for DeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl std::error::Error for DeliveryError {}
