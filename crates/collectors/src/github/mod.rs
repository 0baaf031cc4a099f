//! GitHub: where its API is, a client for it, and the resources that read repositories with the client.
//!
//! Without the feature `github`, there is no client. The settings exist even then, because they say on which host the remotes
//! of a clone are.

#[cfg(feature = "github")]
mod access;
mod account;
#[cfg(feature = "github")]
mod app;
#[cfg(feature = "github")]
mod budget;
#[cfg(feature = "github")]
mod changed_list;
#[cfg(feature = "github")]
mod client;
#[cfg(feature = "github")]
mod git_timestamp;
#[cfg(feature = "github")]
mod permission;
#[cfg(feature = "github")]
mod resources;
mod settings;
#[cfg(feature = "github")]
mod timestamp;
#[cfg(feature = "github")]
mod token;
#[cfg(not(feature = "github"))]
mod without_client;

#[cfg(feature = "github")]
pub use access::{GitHubAccess, GitHubApi, GitHubNeeds};
#[cfg(feature = "github")]
pub(crate) use account::{Account, ActorResponse};
pub use account::{BotLoginError, BotLogins};
#[cfg(feature = "github")]
pub(crate) use app::installation_permissions;
#[cfg(feature = "github")]
pub use app::{APP_KEY, AppError};
#[cfg(feature = "github")]
pub(crate) use changed_list::{ChangedList, Connection, ListError, NextPage, PageInfo, Updated};
#[cfg(feature = "github")]
pub(crate) use client::refusal::is_about_feature;
#[cfg(feature = "github")]
pub use client::{
    Cause, ErrorBody, GitHub, GitHubError, Pages, QueryError, QueryErrorKind, QueryErrors, QueryPages,
};
#[cfg(feature = "github")]
pub(crate) use git_timestamp::GitTimestamp;
#[cfg(feature = "github")]
pub use permission::{Permission, no_data_without};
#[cfg(feature = "github")]
pub(crate) use resources::{ExistingBranch, ProtectedChecks};
#[cfg(feature = "github")]
pub use resources::{GitHubRepository, WatchedBranch};
pub use settings::{ApiUrl, ApiUrlError, GitHubSettings};
#[cfg(feature = "github")]
pub(crate) use timestamp::Timestamp;
#[cfg(feature = "github")]
pub use token::TOKEN;
#[cfg(not(feature = "github"))]
pub use without_client::GitHubRepository;
