//! A request about an existing repository. The endpoints are its methods, in several files.

use std::time::SystemTime;

use super::{call::Call, objects::Objects, repository_data::RepositoryData};

/// A request about an existing repository.
pub(super) struct RepositoryRequest<'a> {
    pub(super) call: &'a Call<'a>,
    pub(super) repository: &'a RepositoryData,
    pub(super) objects: Objects<'a>,
    /// The path after the repository.
    pub(super) path: String,
    /// The fake's clock.
    pub(super) now: SystemTime,
}
