//! A panic of a collector or a resource becomes an error that names it and contains the panic message.

use std::any::Any;

use tokio::task::JoinError;

/// Why a task has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TaskError {
    #[error("{0} panicked: {1}")]
    Panicked(String, String),
    #[error("{0} was stopped because the run ended")]
    Stopped(String),
}

impl TaskError {
    /// The error of a task with a name.
    pub(crate) fn new(name: &str, error: JoinError) -> Self {
        match error.try_into_panic() {
            Ok(payload) => Self::Panicked(name.to_owned(), panic_message(&*payload)),
            Err(_) => Self::Stopped(name.to_owned()),
        }
    }
}

/// The message of a panic.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a value that is not text".to_owned())
}
