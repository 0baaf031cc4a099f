//! The recorder for the macros of the crate `metrics`, such as `metrics::counter!`.

mod handles;
mod names;
mod recorder;

pub use recorder::{Facade, InstallError};
