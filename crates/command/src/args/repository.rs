//! The repositories of a run.

use clap::Args;

/// The repositories of the built-in metrics.
#[derive(Debug, Args)]
pub(crate) struct RepositoryArguments {
    /// Repositories, separated by commas; may be repeated [default: from `SYSTEM_HEALTH_REPOSITORY`, the settings,
    /// `GITHUB_REPOSITORY` or the `origin` remote]
    #[arg(long, value_name = "OWNER/NAME", value_delimiter = ',')]
    pub(crate) repo: Vec<String>,
    /// Branch of all repositories that do not have their own in the settings [default: from the settings, or the
    /// repository's default branch]
    #[arg(long, value_name = "BRANCH")]
    pub(crate) branch: Option<String>,
}
