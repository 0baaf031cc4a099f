//! A missing permission as no data.

use system_health_registry::Unavailable;

use super::error::GitHubError;

/// For metrics that need a permission that many tokens do not have.
pub trait Permitted<T> {
    /// The result, in which a missing permission is no data with its name. It would be the same error in each run until
    /// somebody changes the token. All other errors stay errors.
    ///
    /// ```
    /// use system_health_collectors::github::{GitHubRepository, Permitted};
    /// use system_health_registry::Unavailable;
    ///
    /// async fn runners(repository: &GitHubRepository) -> Result<serde_json::Value, Unavailable> {
    ///     repository.get(&["actions", "runners"], &[]).await.permitted()
    /// }
    /// ```
    fn permitted(self) -> Result<T, Unavailable>;
}

impl<T, E: Into<anyhow::Error>> Permitted<T> for Result<T, E> {
    fn permitted(self) -> Result<T, Unavailable> {
        self.map_err(|error| {
            let error = error.into();
            let missing = error.downcast_ref::<GitHubError>().and_then(GitHubError::missing_permission);
            missing.map_or_else(|| error.into(), Unavailable::no_data)
        })
    }
}
