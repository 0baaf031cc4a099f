//! AWS Secrets Manager, and the diagnosis of problems with it.

mod attempt_counter;
mod chain;
mod diagnosis;
mod field;
mod identity;
mod message;
mod network;
mod response_error;
mod secrets_manager;
mod session;

pub use diagnosis::diagnose;
pub(crate) use secrets_manager::SecretsManager;
