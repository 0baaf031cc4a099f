//! The git clone that a run starts in. It answers without credentials or a network, and it says what it does
//! not hold: history that was cut off or not fetched is never counted as nothing.

mod clone;
mod fetch_head;
mod file;
mod freshness;
mod history;
mod reflog;
mod remote;
mod tip;

pub use clone::{LocalClone, WorkingDirectory};
pub use history::History;
pub use remote::Remote;
