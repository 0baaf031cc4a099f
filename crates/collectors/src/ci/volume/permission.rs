//! A permission that the token lacks is no data, with the name of the permission. The token is as it is, and an error
//! every quarter of an hour would not change it.

use http::StatusCode;
use system_health_registry::Unavailable;

use crate::github::{Cause, GitHubError};

/// No data if GitHub forbids the request, and otherwise the error. `permission` is the name of the permission of a
/// fine-grained token or a GitHub App, such as `actions: read`.
pub(in crate::ci) fn without_permission(
    error: GitHubError,
    permission: &str,
    failed: impl FnOnce() -> String,
) -> Unavailable {
    if let Cause::Status { status: StatusCode::FORBIDDEN, .. } = error.cause() {
        return Unavailable::no_data(format!(
            "the token has no permission `{permission}`: {error}: {}",
            error.cause()
        ));
    }
    anyhow::Error::new(error).context(failed()).into()
}
