//! GitHub's REST API as a resource: one client for all collectors, that waits politely, reads lists to
//! their end, and says in full why there is no answer.

mod access;
mod attempt;
mod branch;
mod client;
mod connection;
mod error;
mod limits;
mod link;
mod pages;
mod repository;
mod session;
mod settings;
mod token;
mod transport;

pub use branch::WatchedBranch;
pub use client::GitHub;
pub use error::{Cause, GitHubError, Message};
pub use pages::Pages;
pub use repository::GitHubRepository;
pub use settings::{ApiUrl, ApiUrlError, GitHubSettings};
pub use token::TOKEN;
