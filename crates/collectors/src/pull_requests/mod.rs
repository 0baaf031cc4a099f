//! How many pull requests there are, how long people wait for reviews and merges, and how much is reviewed.
//! `reader` gets the pull requests from GitHub, and `measure` says which of them count for each metric, without requests.
//! `docs/metrics.md` defines the results.

mod activity;
mod current_list;
#[cfg(test)]
mod example;
mod list;
mod measure;
mod metrics;
mod past;
mod pull_request;
mod query;
#[cfg(test)]
mod random_histories;
mod reader;
mod ready_periods;

pub use list::PullRequests;
pub use metrics::*;
