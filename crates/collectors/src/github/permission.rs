//! What a token may not read is no data, and not an error: it stays so until somebody changes the token.

use http::StatusCode;
use system_health_registry::Unavailable;

use super::{Cause, GitHubError, QueryErrorKind};
use crate::repository::RepositoryName;

/// No data if there is no token or if GitHub forbids the request, and otherwise the error. `permission` is the name of the permission to read
/// something of a repository that a fine-grained token or a GitHub App needs, such as `Issues`.
pub(crate) fn no_data_without(
    permission: &str,
    repository: &RepositoryName,
    error: anyhow::Error,
) -> Unavailable {
    match error.downcast_ref::<GitHubError>() {
        Some(refused) if matches!(refused.cause(), Cause::NoToken) => {
            Unavailable::no_data(refused.cause().to_string())
        }
        Some(refused) if is_forbidden(refused) => Unavailable::no_data(format!(
            "the GitHub token needs the permission `{permission}` (read) for {repository}: {}",
            refused.cause()
        )),
        _ => error.into(),
    }
}

fn is_forbidden(error: &GitHubError) -> bool {
    match error.cause() {
        Cause::NoPermission { .. } => true,
        // Rate limits have a cause of their own.
        Cause::Status { status, .. } => *status == StatusCode::FORBIDDEN,
        _ => error.query_error_kind() == Some(QueryErrorKind::Forbidden),
    }
}
