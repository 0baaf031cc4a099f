//! The secrets that a run needs: the GitHub token and Datadog's two keys.
//!
//! [`Credentials`] is the resource that gives them. It looks in the environment first, then in AWS
//! Secrets Manager, each secret only when somebody asks for it and once a run. What it finds is a
//! [`SecretString`](secrecy::SecretString); no error, debug output or log line repeats one.

mod attempts;
mod chain;
mod environment;
mod error;
mod identity;
mod login;
mod name;
mod network;
mod place;
mod plain;
mod refusal;
mod resource;
mod secret;
mod secrets_manager;
mod settings;
mod words;

pub use error::CredentialError;
pub(crate) use identity::{AwsIdentity, IdentityError};
pub use name::{SecretName, SecretNameError};
pub use place::{Place, StoredSecret};
pub use plain::Flaw;
pub use resource::{Credentials, CredentialsBuilder};
pub use secret::Secret;
pub use settings::SecretsSettings;
pub use words::AwsWords;
