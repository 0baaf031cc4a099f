//! How each commit landed on the branch: with a pull request, or without one. Only GitHub knows that. `docs/metrics.md`
//! defines the results.

mod direct_pushes;
mod how;
mod landed_commits;
mod query;

pub use direct_pushes::direct_pushes;
pub use landed_commits::LandedCommits;
