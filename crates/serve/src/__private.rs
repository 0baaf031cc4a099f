//! What the macros of this crate use. It is not public API, and may change in any release.

pub use inventory;
