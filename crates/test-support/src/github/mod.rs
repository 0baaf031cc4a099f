//! A fake GitHub on loopback: the REST endpoints that the collectors use, with GitHub's objects, pagination,
//! redirects, rate limits and error messages, and GraphQL queries over the same repositories. [`contract`] validates its
//! responses, and the requests of its clients, against the `OpenAPI` description and the GraphQL schema that GitHub
//! publishes.
//!
//! ```
//! use system_health_test_support::github::{Conclusion::*, FakeGitHub, Run};
//!
//! let github = FakeGitHub::start();
//! github
//!     .repository("acme/shop")
//!     .commits(250)
//!     .commit("Revert \"Sell socks\"")
//!     .run(Run::new("checks.yml").conclusion(Failure).job("unit tests", Failure));
//! // ... let the program talk to `github.url()` ...
//! assert_eq!(github.requests().len(), 0);
//! ```

mod account;
mod activity;
mod alert;
mod alert_objects;
mod api;
mod api_branch;
mod api_security;
mod app;
mod app_api;
mod branch_objects;
mod call;
mod check;
mod commit;
pub mod contract;
mod cursor_page;
mod deployment;
mod fake;
mod graphql;
mod issue;
mod job;
mod numbers;
mod objects;
mod page;
mod pull_request;
pub mod refusal;
mod repository;
mod repository_data;
mod repository_request;
mod run;
mod seeded_history;
mod when;
mod world;

pub use self::{
    account::Account,
    activity::Activity,
    alert::Alert,
    check::Check,
    commit::Commit,
    deployment::{Deployment, Release, Tag},
    fake::{FakeGitHub, FakeGitHubBuilder},
    issue::Issue,
    job::{Conclusion, Job},
    pull_request::{PullRequest, Review},
    repository::Repository,
    repository_data::{RequiredCheck, Runner},
    run::Run,
};
