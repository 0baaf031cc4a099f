//! Diagnoses problems with GitHub, AWS and the network. Each probe makes its requests once, has a timeout, and says what it
//! found and what to do about it.

#[cfg_attr(not(feature = "aws-ci"), path = "without_aws.rs")]
mod aws;
mod bounded;
#[cfg_attr(not(feature = "github"), path = "without_github.rs")]
mod github;
#[cfg(feature = "github")]
mod needed_permissions;
mod network;
#[cfg(feature = "github")]
mod permissions;

pub use aws::aws;
pub use bounded::bounded;
pub use github::github;
pub use network::network;
