//! The result of classifying a commit message.

/// Whether a message counts, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Classification {
    /// It counts. The text says which form it has.
    Counts(String),
    /// It contains words of a message that counts, but does not count itself. The text says why.
    NearMiss(&'static str),
    /// It has nothing to do with the metric.
    Unrelated,
}

impl Classification {
    pub(super) fn from_form(form: &str) -> Self {
        Self::Counts(form.to_owned())
    }
}
