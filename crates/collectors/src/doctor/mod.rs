//! Why it does not work: probes of GitHub and the network for `report doctor`. Each asks once and has a
//! time-out, and each line says what was found and what to do about it.

mod bounded;
mod github;
mod network;

pub use bounded::bounded;
pub use github::github;
pub use network::network;
