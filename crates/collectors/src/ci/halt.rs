//! Why the search for the run that decides stops before its end.

use super::history::Question;

/// Why the search stops before its end.
pub(super) enum Halt {
    Ask(Question),
    Limit,
    Error(anyhow::Error),
}

impl From<anyhow::Error> for Halt {
    fn from(error: anyhow::Error) -> Self {
        Self::Error(error)
    }
}

impl From<Question> for Halt {
    fn from(question: Question) -> Self {
        Self::Ask(question)
    }
}
