//! What generated code calls. Not for people: it may change in any release.

pub use inventory;
