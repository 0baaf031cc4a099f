//! The git clone that a run starts in. It answers without credentials or a network, and it is honest
//! about what it does not hold: history that was cut off is said, never counted as nothing.

mod clone;
mod history;
mod remote;
mod tip;

pub use clone::{LocalClone, WorkingDirectory};
pub use history::History;
pub use remote::Remote;
