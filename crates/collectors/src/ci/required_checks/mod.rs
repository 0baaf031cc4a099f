//! Whether the required checks of the branch pass. `judge` decides from the checks of commits and makes no requests;
//! `requirements` and `commit_checks` get from GitHub what `judge` needs. `docs/metrics.md` defines the result.

mod check;
mod commit_checks;
mod judge;
mod metrics;
#[cfg(test)]
mod random_checks;
mod requirements;
mod verdict;

pub use metrics::required_checks_passing;
pub use verdict::RequiredChecksVerdict;
