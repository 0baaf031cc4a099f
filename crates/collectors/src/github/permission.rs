//! What a token may read. What it may not read is no data, and not an error: it stays so until somebody changes the token.

use std::fmt;

use http::StatusCode;
use system_health_registry::Unavailable;

use super::{
    Cause, GitHubError, QueryErrorKind,
    client::refusal::{is_about_feature, is_about_permission},
};

/// A permission to read something of a repository, as fine-grained tokens and GitHub Apps have it. See
/// <https://docs.github.com/en/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Workflow runs and their jobs.
    Actions,
    /// The repository's settings and runners.
    Administration,
    /// The checks of commits.
    Checks,
    /// Alerts of code scanning.
    CodeScanningAlerts,
    /// The statuses of commits.
    CommitStatuses,
    /// Commits, branches, releases and files.
    Contents,
    /// Alerts about vulnerable dependencies.
    DependabotAlerts,
    /// Deployments and their statuses.
    Deployments,
    /// Issues.
    Issues,
    /// The repository itself. Every token has it.
    Metadata,
    /// Pull requests and their reviews.
    PullRequests,
    /// Alerts about published secrets.
    SecretScanningAlerts,
}

impl Permission {
    /// The name on the pages where a token or an app gets the permission, such as `Pull requests`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Actions => "Actions",
            Self::Administration => "Administration",
            Self::Checks => "Checks",
            Self::CodeScanningAlerts => "Code scanning alerts",
            Self::CommitStatuses => "Commit statuses",
            Self::Contents => "Contents",
            Self::DependabotAlerts => "Dependabot alerts",
            Self::Deployments => "Deployments",
            Self::Issues => "Issues",
            Self::Metadata => "Metadata",
            Self::PullRequests => "Pull requests",
            Self::SecretScanningAlerts => "Secret scanning alerts",
        }
    }

    /// The name in the API, such as `pull_requests`.
    #[must_use]
    pub const fn api_name(self) -> &'static str {
        match self {
            Self::Actions => "actions",
            Self::Administration => "administration",
            Self::Checks => "checks",
            Self::CodeScanningAlerts => "security_events",
            Self::CommitStatuses => "statuses",
            Self::Contents => "contents",
            Self::DependabotAlerts => "vulnerability_alerts",
            Self::Deployments => "deployments",
            Self::Issues => "issues",
            Self::Metadata => "metadata",
            Self::PullRequests => "pull_requests",
            Self::SecretScanningAlerts => "secret_scanning_alerts",
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Turns an error into no data if the token lacks the permission, because each run would have the same error until somebody
/// changes the token. The reason names the permission. A missing token, and a feature that the repository or the owner's plan
/// does not have, are no data, too. Returns all other errors unchanged, such as an organization's rules for tokens or
/// addresses, a suspended installation, and messages of GitHub that are not known.
///
/// `permission` is what a token needs to read `what`, such as a repository: a [`Permission`], or the name of another one.
///
/// ```
/// use system_health_collectors::github::{GitHubRepository, Permission, no_data_without};
/// use system_health_registry::Unavailable;
///
/// async fn runners(repository: &GitHubRepository) -> Result<serde_json::Value, Unavailable> {
///     let runners = repository.get(&["actions", "runners"], &[]).await;
///     runners.map_err(|error| no_data_without(Permission::Administration, repository.name(), error))
/// }
/// ```
pub fn no_data_without(
    permission: impl fmt::Display,
    what: impl fmt::Display,
    error: impl Into<anyhow::Error>,
) -> Unavailable {
    let error: anyhow::Error = error.into();
    let Some(refused) = error.chain().find_map(|cause| cause.downcast_ref::<GitHubError>()) else {
        return error.into();
    };
    if needs_token(refused) {
        Unavailable::no_data(refused.cause().to_string())
    } else if lacks_permission(refused) {
        Unavailable::no_data(format!(
            "the GitHub token needs the permission `{permission}` (read) for {what}: {}",
            refused.cause()
        ))
    } else if let Some(response) = missing_feature(refused) {
        Unavailable::no_data(format!("{what} does not have the needed feature: {response}"))
    } else {
        error.into()
    }
}

fn needs_token(error: &GitHubError) -> bool {
    match error.cause() {
        Cause::NoToken | Cause::Status { status: StatusCode::UNAUTHORIZED, with_token: false, .. } => true,
        Cause::Status { status: StatusCode::FORBIDDEN, with_token: false, .. } => {
            error.message().is_some_and(is_about_permission)
        }
        _ => false,
    }
}

fn lacks_permission(error: &GitHubError) -> bool {
    matches!(error.cause(), Cause::NoPermission { .. })
        || error.query_error_kind() == Some(QueryErrorKind::Forbidden)
}

/// GitHub's response, if it says that the repository or the owner's plan does not have a feature. The status depends on the
/// feature: 403 for Dependabot, 404 for a repository that code scanning has not analysed, and 410 for issues. The advice for
/// other responses with these statuses, such as to check the name, is left out.
fn missing_feature(error: &GitHubError) -> Option<String> {
    let Cause::Status { status, body, .. } = error.cause() else { return None };
    let may_be_about_feature =
        matches!(*status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::GONE);
    (may_be_about_feature && error.message().is_some_and(is_about_feature))
        .then(|| format!("GitHub answered {status}{body}"))
}
