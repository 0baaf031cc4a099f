//! The secrets that collectors and sinks need, such as a token for an API.
//!
//! A crate declares each secret that it needs as a constant, a [`Secret`]. The resource [`Credentials`] looks it up,
//! first in the environment, then in AWS Secrets Manager. Each secret is looked up once per run, on first use. The
//! result is a [`SecretString`](secrecy::SecretString), which no error, debug output or log line repeats.
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
//! /// The value of `PAGER_TOKEN`, or the content of the file that `PAGER_TOKEN_FILE` names. In AWS Secrets Manager, the token
//! /// has the name `pager/token`, unless `token_secret` in `[pager]` overrides it.
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
mod aws_message;
mod credentials;
mod environment;
mod error;
mod location;
mod name;
mod region;
mod secret;
mod settings;
mod value;

#[doc(hidden)]
pub mod __private;

pub use aws::diagnose;
#[cfg(feature = "aws")]
pub use aws::{AwsAccess, AwsRequestError, CloudWatchClient, CloudWatchInput, CloudWatchResponseError};
pub use aws_message::AwsMessage;
pub use credentials::{Credentials, CredentialsBuilder};
pub use error::CredentialError;
pub use location::{SecretLocation, StoredSecret};
pub use name::{SecretName, SecretNameError};
pub use region::{AwsRegionName, AwsRegionNameError};
pub use secret::{Secret, StoredName};
pub use settings::SecretsSettings;
pub use value::InvalidSecret;
