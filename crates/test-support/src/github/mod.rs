//! A GitHub of the tests' own: the REST endpoints that the collectors use, with GitHub's objects,
//! paging, redirects, rate limits and words, on loopback. [`contract`] holds it to the description of
//! the API that GitHub publishes, and holds the requests of whoever talks to it to the same.
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

mod api;
mod call;
mod commit;
pub mod contract;
mod fake;
mod job;
mod objects;
mod page;
pub mod refusal;
mod repository;
mod run;
mod when;
mod world;

pub use self::{
    commit::Commit,
    fake::{Builder, FakeGitHub},
    job::{Conclusion, Job},
    repository::Repository,
    run::Run,
};
