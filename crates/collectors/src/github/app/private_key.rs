//! The private key of a GitHub App, and where it is looked up.

use system_health_credentials::{Secret, register_secret, stored};

use crate::github::GitHubSettings;

/// The private key of the GitHub App: the PEM file that GitHub gives out.
pub const APP_KEY: Secret = Secret::new(
    "private key of the GitHub App",
    &["GITHUB_APP_PRIVATE_KEY"],
    stored!("github/app-private-key", GitHubSettings, private_key_secret),
)
.allow_lines()
.with_prefixes(&["-----BEGIN"]);

register_secret!(APP_KEY);
