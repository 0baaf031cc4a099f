//! Why the search for the deciding run stops early.

use super::known_runs::CiQuery;

/// Why the search stops early.
pub(super) enum EarlyEnd {
    /// More has to be fetched from GitHub.
    Query(CiQuery),
    /// The maximum number of runs and attempts was read.
    Limit,
    /// A response or a setting is invalid.
    Error(anyhow::Error),
}

impl From<anyhow::Error> for EarlyEnd {
    fn from(error: anyhow::Error) -> Self {
        Self::Error(error)
    }
}

impl From<CiQuery> for EarlyEnd {
    fn from(query: CiQuery) -> Self {
        Self::Query(query)
    }
}
