//! Why there is no value. The two reasons are kept apart from the first line on: that there is
//! honestly nothing to say, and that something failed. Neither ever becomes a number.

use std::{error::Error, fmt, sync::Arc};

use crate::NoData;

/// Why a resource or a value could not be had.
///
/// Any error turns into [`Unavailable::Error`] through `?`. "No data" has to be said on purpose, with
/// [`Unavailable::no_data`].
#[derive(Debug, Clone)]
pub enum Unavailable {
    /// There is honestly nothing to say, with the reason.
    NoData(NoData),
    /// Something failed.
    Error(SharedError),
}

/// An error that several metrics share, printed with all its causes: `outer: cause: root cause`.
#[derive(Clone)]
pub struct SharedError(Arc<dyn Error + Send + Sync>);

impl Unavailable {
    /// Says that there is honestly nothing to say, and why: `the latest run was cancelled`.
    pub fn no_data(reason: impl Into<String>) -> Self {
        Self::NoData(NoData::new(reason))
    }
}

// `Unavailable` is no `Error` itself: that would conflict with taking every error through `?`.
impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for Unavailable {
    fn from(error: E) -> Self {
        Self::Error(SharedError::new(error))
    }
}

impl From<NoData> for Unavailable {
    fn from(no_data: NoData) -> Self {
        Self::NoData(no_data)
    }
}

impl From<SharedError> for Unavailable {
    fn from(error: SharedError) -> Self {
        Self::Error(error)
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoData(no_data) => no_data.fmt(f),
            Self::Error(error) => error.fmt(f),
        }
    }
}

impl SharedError {
    /// Shares an error.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Arc::from(error.into()))
    }

    /// The outermost error, to follow its sources.
    #[must_use]
    pub fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl fmt::Display for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = self.0.to_string();
        f.write_str(&said)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // Many errors end with their cause's text already; it is said once.
            if !said.ends_with(&text) {
                write!(f, ": {text}")?;
            }
            said = text;
            cause = error.source();
        }
        Ok(())
    }
}

impl fmt::Debug for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Layer {
        text: &'static str,
        source: Option<Box<Layer>>,
    }

    fn layers(texts: &[&'static str]) -> Option<Box<Layer>> {
        let (text, rest) = texts.split_first()?;
        Some(Box::new(Layer { text, source: layers(rest) }))
    }

    #[test]
    fn an_error_is_printed_with_all_its_causes() {
        let error =
            SharedError::new(*layers(&["cannot list commits", "GitHub", "connection refused"]).unwrap());
        assert_eq!(error.to_string(), "cannot list commits: GitHub: connection refused");
    }

    #[test]
    fn a_cause_that_was_already_said_is_not_repeated() {
        let error = SharedError::new(*layers(&["send: refused", "refused", "errno 111"]).unwrap());
        assert_eq!(error.to_string(), "send: refused: errno 111");
    }

    #[test]
    fn any_error_is_taken_and_no_data_passes_through() {
        fn failing() -> Result<(), Unavailable> {
            Err("plain text")?
        }
        fn silent() -> Result<(), Unavailable> {
            Err(Unavailable::no_data("nothing yet"))?
        }
        assert!(matches!(failing(), Err(Unavailable::Error(error)) if error.to_string() == "plain text"));
        assert!(matches!(silent(), Err(Unavailable::NoData(no_data)) if no_data.reason() == "nothing yet"));
    }
}
