//! What keys, tags, goals and durations may look like.
//!
//! The attribute checks them while a collector is compiled and the registry checks what only a run
//! can know. Both use this crate, so that a rule is written once. Collectors never need it directly:
//! `system-health-registry` re-exports what they use.

mod duration;
mod goal;
mod key;
mod tag;

pub use duration::{DurationError, check_interval, parse_duration};
pub use goal::{Comparison, Goal, GoalError};
pub use key::{KeyError, MAX_KEY_LENGTH, check_key};
pub use tag::{MAX_TAG_LENGTH, Tag, TagError};
