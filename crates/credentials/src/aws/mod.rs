//! AWS: its configuration and credentials, AWS Secrets Manager, and the diagnosis of problems with them.

mod access;
mod attempt_counter;
mod chain;
mod cloudwatch;
mod diagnosis;
mod field;
mod identity;
mod message;
mod network;
mod request_error;
mod response_error;
mod secrets_manager;
mod session;
mod xml_error;

pub use access::AwsAccess;
pub use cloudwatch::{CloudWatchClient, CloudWatchInput, CloudWatchResponseError};
pub use diagnosis::diagnose;
pub use request_error::AwsRequestError;
pub(crate) use secrets_manager::SecretsManager;
pub(crate) use session::{AwsSession, AwsSessionError};
