//! AWS Secrets Manager, and what is wrong with it.

mod attempts;
mod chain;
mod diagnosis;
mod field;
mod identity;
mod login;
mod network;
mod refusal;
mod secrets_manager;
mod words;

pub use diagnosis::diagnose;
pub(crate) use secrets_manager::SecretsManager;
