//! Why it does not work: probes of GitHub and AWS for `report doctor`. Each asks once and has a
//! time-out, and each line says what was found and what to do about it.

mod aws;
mod clock;
mod finding;
mod github;
mod network;

pub use aws::aws;
pub use clock::clock;
pub use finding::{Finding, Grade};
pub use github::github;
pub use network::network;
