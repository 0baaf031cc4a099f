//! What keys, tags, goals, durations and the like may look like.
//!
//! The attribute checks them while a collector is compiled and the registry checks what only a run
//! can know. Both use this crate, so that a rule is written once. Collectors never need it directly:
//! `system-health-registry` re-exports what they use.

mod aggregate;
mod combined_goal;
mod contact;
mod day;
mod duration;
mod goal;
mod handle;
mod key;
mod recovery;
mod tag;
mod tag_levels;

pub use aggregate::{Aggregate, AggregateError};
pub use combined_goal::{CombinedGoal, CombinedGoalError, Operator};
pub use contact::{ContactError, check_owner, check_runbook};
pub use day::{DayError, check_day, parse_day};
pub use duration::{DurationError, check_interval, check_window, parse_duration};
pub use goal::{Comparison, Goal, GoalError};
pub use handle::{HandleError, check_handle, parse_handles};
pub use key::{KeyError, MAX_KEY_LENGTH, check_key};
pub use recovery::{RecoveryError, check_recovery, parse_recovery};
pub use tag::{MAX_TAG_LENGTH, Tag, TagError};
pub use tag_levels::overlay_tags;
