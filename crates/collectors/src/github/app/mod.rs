//! A GitHub App in place of a token. The app proves with its private key who it is, and gets a token for one installation.
//! The token expires after an hour:
//! <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation>.

mod error;
mod installation;
mod key;
mod private_key;
mod tokens;

pub use error::AppError;
pub(crate) use installation::installation_permissions;
pub(super) use installation::{App, InstallationTokens};
pub use private_key::APP_KEY;
