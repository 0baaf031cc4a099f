//! The secrets that collectors and sinks need, such as a token for an API.
//!
//! Who needs a secret declares it as a constant, a [`Secret`]. [`Credentials`] is the resource that gives it. It
//! looks in the environment first, then in AWS Secrets Manager, each secret only when somebody asks for it and
//! once a run. What it finds is a [`SecretString`](secrecy::SecretString); no error, debug output or log line
//! repeats one.
//!
//! ```
//! use secrecy::ExposeSecret;
//! use serde::Deserialize;
//! use system_health_credentials::{Credentials, Secret, SecretName, register_secret, stored};
//! use system_health_registry::settings_table;
//!
//! /// The table `[pager]`.
//! #[derive(Debug, Clone, Default, Deserialize)]
//! #[serde(default)]
//! struct PagerSettings {
//!     /// The token's name or ARN in AWS Secrets Manager.
//!     token_secret: Option<SecretName>,
//! }
//!
//! settings_table!(PagerSettings, "pager");
//!
//! /// `PAGER_TOKEN` holds it, or `PAGER_TOKEN_FILE` names a file with it. AWS Secrets Manager is asked for
//! /// `pager/token`, unless `token_secret` in `[pager]` names another secret.
//! const TOKEN: Secret =
//!     Secret::new("pager token", &["PAGER_TOKEN"], stored!("pager/token", PagerSettings, token_secret));
//!
//! register_secret!(TOKEN);
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let credentials = Credentials::from_variables([("PAGER_TOKEN", "s3cret")]);
//! assert_eq!(credentials.get(&TOKEN).await?.expose_secret(), "s3cret");
//! # Ok(())
//! # }
//! ```

#[cfg_attr(not(feature = "aws"), path = "without_aws.rs")]
mod aws;
mod environment;
mod error;
mod name;
mod place;
mod plain;
mod resource;
mod secret;
mod settings;
mod words;

#[doc(hidden)]
pub mod __private;

pub use aws::diagnose;
pub use error::CredentialError;
pub use name::{SecretName, SecretNameError};
pub use place::{Place, StoredSecret};
pub use plain::Flaw;
pub use resource::{Credentials, CredentialsBuilder};
pub use secret::{Secret, Stored};
pub use settings::SecretsSettings;
pub use words::AwsWords;
