//! Why there is no value. There are two different reasons: there is nothing to report, or something failed. Neither ever
//! becomes a number.

use std::{error::Error, fmt, sync::Arc};

use crate::NoData;

/// Why there is no resource or no value.
///
/// The operator `?` converts any error into [`Unavailable::Error`]. No data must be stated explicitly, with
/// [`Unavailable::no_data`].
#[derive(Debug, Clone)]
pub enum Unavailable {
    /// There is nothing to report, and nothing failed.
    NoData(NoData),
    /// Something failed.
    Error(SharedError),
}

/// The message of an error if its own text and the texts of all its causes are empty.
const NO_TEXT: &str = "an error without a text (its `Display` writes nothing)";

/// An error that several metrics share. It is displayed with all its causes: `outer: cause: root cause`.
#[derive(Clone)]
pub struct SharedError(Arc<dyn Error + Send + Sync>);

impl Unavailable {
    /// No data, with a reason such as `the latest build was cancelled`.
    pub fn no_data(reason: impl Into<String>) -> Self {
        Self::NoData(NoData::new(reason))
    }
}

// `Unavailable` does not implement `Error`, because this conversion would then conflict with `From<T> for T`.
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
    /// An error to share.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Arc::from(error.into()))
    }

    /// The outermost error. Its sources are the causes.
    #[must_use]
    pub fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }

    /// The messages of the error and of its causes, the outermost first. There is at least one. A cause is left out if the
    /// previous message already ends with its text, because many errors repeat their cause. An error with an empty text is left
    /// out, too. If no error has a text, the message says so.
    #[must_use]
    pub fn messages(&self) -> Vec<String> {
        let mut messages = Vec::new();
        let mut previous = String::new();
        let mut next: Option<&(dyn Error + 'static)> = Some(self.as_error());
        while let Some(error) = next {
            let text = error.to_string();
            if !text.trim().is_empty() {
                if !previous.ends_with(&text) {
                    messages.push(text.clone());
                }
                previous = text;
            }
            next = error.source();
        }
        if messages.is_empty() {
            messages.push(NO_TEXT.to_owned());
        }
        messages
    }
}

impl fmt::Display for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.messages().join(": "))
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
    struct ChainedError {
        text: &'static str,
        source: Option<Box<ChainedError>>,
    }

    fn chain(texts: &[&'static str]) -> Option<Box<ChainedError>> {
        let (text, rest) = texts.split_first()?;
        Some(Box::new(ChainedError { text, source: chain(rest) }))
    }

    #[test]
    fn an_error_is_displayed_with_all_its_causes() {
        let error =
            SharedError::new(*chain(&["cannot list commits", "GitHub", "connection refused"]).unwrap());
        assert_eq!(error.to_string(), "cannot list commits: GitHub: connection refused");
    }

    #[test]
    fn the_text_of_a_cause_is_not_repeated() {
        let error = SharedError::new(*chain(&["send: refused", "refused", "errno 111"]).unwrap());
        assert_eq!(error.to_string(), "send: refused: errno 111");
    }

    #[test]
    fn an_error_without_a_text_is_still_displayed() {
        for (texts, displayed) in [
            (&["", " \n"][..], NO_TEXT),
            (&["", "errno 111"], "errno 111"),
            (&["send: refused", "", "refused"], "send: refused"),
        ] {
            assert_eq!(SharedError::new(*chain(texts).unwrap()).to_string(), displayed);
        }
    }

    #[test]
    fn any_error_is_converted_and_no_data_stays_no_data() {
        fn failing() -> Result<(), Unavailable> {
            Err("plain text")?
        }
        fn without_data() -> Result<(), Unavailable> {
            Err(Unavailable::no_data("nothing yet"))?
        }
        assert!(matches!(failing(), Err(Unavailable::Error(error)) if error.to_string() == "plain text"));
        assert!(
            matches!(without_data(), Err(Unavailable::NoData(no_data)) if no_data.reason() == "nothing yet")
        );
    }
}
