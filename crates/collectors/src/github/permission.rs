//! What a token may not read is no data, and not an error: it stays so until somebody changes the token.

use system_health_registry::Unavailable;

use super::{GitHubError, QueryErrorKind};
use crate::repository::RepositoryName;

/// No data if the token lacks the permission to read something of a repository, such as `Issues`, and the error otherwise.
pub(crate) fn no_data_without(
    permission: &str,
    repository: &RepositoryName,
    error: anyhow::Error,
) -> Unavailable {
    let forbidden = error
        .downcast_ref::<GitHubError>()
        .filter(|error| error.query_error_kind() == Some(QueryErrorKind::Forbidden));
    match forbidden {
        Some(refused) => Unavailable::no_data(format!(
            "the GitHub token needs the permission `{permission}` (read) for {repository}: {}",
            refused.cause()
        )),
        None => error.into(),
    }
}
