//! Diagnoses problems with GitHub and the network. Each probe makes its requests once, has a timeout, and says what it
//! found and what to do about it.

mod bounded;
#[cfg_attr(not(feature = "github"), path = "without_github.rs")]
mod github;
mod network;
#[cfg(feature = "github")]
mod permissions;

pub use bounded::bounded;
pub use github::github;
pub use network::network;
