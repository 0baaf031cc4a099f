//! What the macros of this crate need. This is not a public API and may change in any release.

pub use inventory;
