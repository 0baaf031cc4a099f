//! Panics of collectors and resources become errors that name who panicked and what was said.

use std::any::Any;

use tokio::task::JoinError;

/// Code that panicked, or that was stopped before it could answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    #[error("{0} panicked: {1}")]
    Panicked(String, String),
    #[error("{0} was stopped because the run ended")]
    Stopped(String),
}

/// Describes why a task has no result.
pub(crate) fn describe(who: &str, error: JoinError) -> Broken {
    match error.try_into_panic() {
        Ok(payload) => Broken::Panicked(who.to_owned(), message(&*payload)),
        Err(_) => Broken::Stopped(who.to_owned()),
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a value that is no text".to_owned())
}
