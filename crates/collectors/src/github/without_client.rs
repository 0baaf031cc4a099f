//! Replaces the resources of GitHub in a program that was built without the feature `github`.

use std::convert::Infallible;

use system_health_registry::{Context, FromContext, Scope, Unavailable};

use crate::commits::{BranchHistory, HistoryRange};

/// A repository on GitHub. No value of this type exists, because this program was built without the feature `github`.
#[derive(Debug, Clone)]
pub struct GitHubRepository(Infallible);

impl GitHubRepository {
    pub(crate) async fn history(
        &self,
        _context: &Context,
        _range: &HistoryRange,
    ) -> Result<BranchHistory, Unavailable> {
        match self.0 {}
    }
}

impl FromContext for GitHubRepository {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Err(Unavailable::no_data(
            "this program was built without the feature `github`, which reads from GitHub",
        ))
    }
}
