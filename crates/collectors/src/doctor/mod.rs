//! Diagnoses problems with GitHub, AWS and the network. The requests have a timeout. Each finding says what was
//! found and, if there is a problem, what to do about it.

#[cfg_attr(not(feature = "aws-ci"), path = "without_aws.rs")]
mod aws;
#[cfg_attr(not(feature = "github"), path = "without_github.rs")]
mod github;
#[cfg(feature = "github")]
mod needed_permissions;
mod network;
#[cfg(feature = "github")]
mod permissions;

pub(crate) use aws::aws;
pub(crate) use github::github;
pub(crate) use network::network;

/// The name of the check in the finding about the token itself.
pub(crate) const TOKEN_CHECK: &str = "GitHub token";
