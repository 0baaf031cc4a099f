//! Why there is no token of a GitHub App.

use crate::github::GitHubError;

/// Why there is no token of a GitHub App.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppError {
    /// The settings do not say where the app is installed.
    #[error(
        "`app_id` in [github] names a GitHub App, but not where it is installed; set `installation_owner` to the \
         organization or user, or `installation_id`"
    )]
    NoInstallation,
    /// The settings name an installation, but no app.
    #[error("`{0}` in [github] needs `app_id`, the number of the GitHub App")]
    NoApp(&'static str),
    /// The secret is not an RSA private key in PEM.
    #[error(
        "the private key of the GitHub App is not an RSA key in PEM; use the whole file that GitHub gives out, from \
         `-----BEGIN RSA PRIVATE KEY-----` on"
    )]
    Key,
    /// GitHub does not accept the signature, or has no such app.
    #[error(
        "GitHub does not accept that this is the GitHub App {app}; check that `app_id` in [github] and the private key \
         belong together, and that the key was not deleted"
    )]
    Refused {
        /// The app's number.
        app: u64,
        /// GitHub's answer.
        source: Box<GitHubError>,
    },
    /// The clock of this machine is wrong.
    #[error("GitHub does not accept the time at which the GitHub App {app} signed; set this machine's clock")]
    Clock {
        /// The app's number.
        app: u64,
        /// GitHub's answer.
        source: Box<GitHubError>,
    },
    /// There is no such installation.
    #[error(
        "the GitHub App {app} has no installation {installation}; install the app, or correct `installation_owner` or \
         `installation_id` in [github]"
    )]
    NotInstalled {
        /// The app's number.
        app: u64,
        /// The number or the owner of the installation.
        installation: String,
        /// GitHub's answer.
        source: Box<GitHubError>,
    },
    /// Anything else.
    #[error("cannot get a token of the GitHub App {app}")]
    Other {
        /// The app's number.
        app: u64,
        /// What failed.
        source: Box<GitHubError>,
    },
}

impl AppError {
    /// The error of a request about an installation.
    pub(super) fn new(app: u64, installation: &str, source: GitHubError) -> Self {
        let says = |words: &[&str]| {
            let message = source.message().unwrap_or_default().to_ascii_lowercase();
            words.iter().any(|words| message.contains(words))
        };
        let status = source.status().map(|status| status.as_u16());
        let is_clock = says(&["('exp')", "('iat')", "expiration time", "issued at"]);
        let is_unknown = says(&["integration not found"]);
        let source = Box::new(source);
        match status {
            Some(401) if is_clock => Self::Clock { app, source },
            Some(401) => Self::Refused { app, source },
            Some(404) if is_unknown => Self::Refused { app, source },
            Some(404) => Self::NotInstalled { app, installation: installation.to_owned(), source },
            _ => Self::Other { app, source },
        }
    }
}
