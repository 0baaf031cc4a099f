//! Datadog's rules: what it would refuse or change. Each function takes what was submitted, returns what Datadog would store or
//! whether it would store it, and adds a [`Finding`] for each broken rule. The rules come from Datadog's documentation, to which
//! each finding links.

mod event;
mod finding;
mod findings;
mod name;
mod rule;
mod series;
mod tags;

pub use finding::Finding;
pub use findings::CountedFinding;
pub use rule::{Effect, Rule};

pub(crate) use event::check_event;
pub(crate) use finding::quoted;
pub(crate) use findings::Findings;
pub(crate) use name::check_name;
pub(crate) use series::{MAX_AHEAD, Submission, SubmittedPoint, check_series, check_time};
pub(crate) use tags::check_tags;
