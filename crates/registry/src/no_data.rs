//! No data: there is nothing to report, and nothing failed. It is never treated as an error or as a number.

use std::fmt;

use crate::{Evidence, EvidenceItem};

/// Why there is nothing to report, and what was examined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoData {
    reason: String,
    evidence: Evidence,
}

impl NoData {
    /// No data, with a reason such as `the latest build was cancelled`.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), evidence: Evidence::default() }
    }

    /// Attaches the items that were examined, such as cancelled builds.
    #[must_use]
    pub fn with_evidence(mut self, items: impl IntoIterator<Item = EvidenceItem>) -> Self {
        self.evidence = items.into_iter().collect();
        self
    }

    /// The reason.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The items that were examined.
    #[must_use]
    pub const fn evidence(&self) -> &Evidence {
        &self.evidence
    }
}

/// The reason.
impl fmt::Display for NoData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}
