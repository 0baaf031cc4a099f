//! The local clone around the current directory. It needs no credentials and no network. History that is cut off or was
//! not fetched is reported as no data, and never as a lower count.

mod clone;
mod fetch_head;
mod file;
mod freshness;
mod history;
mod open;
mod reflog;
mod remote;
mod tip;

pub use clone::{LocalClone, WorkingDirectory};
