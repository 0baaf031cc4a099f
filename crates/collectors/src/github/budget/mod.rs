//! The budget: estimates the requests of a run before the first one, skips groups of metrics for which too few remain, and
//! refuses further requests when `max_requests` is reached.

mod estimate;
mod gate;
mod quota;
mod record;
mod selection;
mod usage;
mod used_requests;

pub(super) use quota::Quota;
pub(super) use usage::Usage;
