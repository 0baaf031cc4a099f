//! The result of classifying a commit message.

/// Whether a message counts, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Classification {
    /// It counts. The text says which form it has.
    Counts(String),
    /// It does not count, although it contains the words of one that does. The text says why.
    NearMiss(&'static str),
    /// It has nothing to do with the metric.
    Unrelated,
}

impl Classification {
    pub(super) fn counts(form: &str) -> Self {
        Self::Counts(form.to_owned())
    }
}
