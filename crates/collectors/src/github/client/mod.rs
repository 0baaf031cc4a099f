//! The client for GitHub's REST and GraphQL APIs. It respects GitHub's rate limits, reads lists to their end, and explains in
//! full why a request failed.

mod api_client;
mod attempt;
mod cause;
mod error;
mod identity;
mod kept_response;
mod link;
mod pagination;
mod parse;
mod permission;
mod query;
mod query_errors;
mod query_nodes;
mod query_pages;
mod rate_limit;
pub(crate) mod refusal;
mod request;
mod service;
mod session;
mod transport;

pub use api_client::GitHub;
pub use cause::{Cause, ErrorBody};
pub use error::GitHubError;
pub(super) use identity::{Identity, Renewal};
pub(super) use kept_response::Owner;
pub use pagination::Pages;
pub use query_errors::{QueryError, QueryErrorKind, QueryErrors};
pub use query_pages::QueryPages;
pub(super) use transport::Transport;
