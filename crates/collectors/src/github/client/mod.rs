//! The client for GitHub's REST API. It respects GitHub's rate limits, reads lists to their end, and explains in full
//! why a request failed.

mod api_client;
mod attempt;
mod cause;
mod error;
mod link;
mod pagination;
mod rate_limit;
mod service;
mod session;
mod transport;

pub use api_client::GitHub;
pub use cause::{Cause, ErrorBody};
pub use error::GitHubError;
pub use pagination::Pages;
pub(super) use transport::Transport;
