//! Replaces the local clone in a program that was built without the feature `git`.

use std::{convert::Infallible, iter};

use system_health_registry::{Context, FromContext, Unavailable};

use crate::{
    commits::{BranchHistory, HistoryRange},
    repository::{Branch, RemoteAddress},
};

/// A local clone. No value of this type exists, because this program was built without the feature `git`.
#[derive(Debug, Clone)]
pub struct LocalClone(Infallible);

impl LocalClone {
    pub(crate) fn addresses(&self) -> impl Iterator<Item = &RemoteAddress> {
        iter::from_fn(|| match self.0 {})
    }

    pub(crate) fn name(&self) -> &str {
        match self.0 {}
    }

    pub(crate) fn with_remote(&self, _is_accepted: impl Fn(&RemoteAddress) -> bool) -> Option<Self> {
        match self.0 {}
    }

    pub(crate) fn describe_remotes(&self) -> Vec<String> {
        match self.0 {}
    }

    pub(crate) async fn history(
        &self,
        _branch: Option<Branch>,
        _range: HistoryRange,
    ) -> Result<BranchHistory, Unavailable> {
        match self.0 {}
    }
}

/// Methods that only the client for GitHub needs.
#[cfg(feature = "github")]
impl LocalClone {
    pub(crate) fn remote(&self) -> Option<&RemoteAddress> {
        match self.0 {}
    }

    pub(crate) fn remote_name(&self) -> Option<&str> {
        match self.0 {}
    }

    pub(crate) fn find_remote(
        &self,
        _is_wanted: impl Fn(&RemoteAddress) -> bool,
    ) -> Option<(&str, &RemoteAddress)> {
        match self.0 {}
    }
}

impl FromContext for LocalClone {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Err(Unavailable::no_data(
            "this program was built without the feature `git`, which reads local clones",
        ))
    }
}
