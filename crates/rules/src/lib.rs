//! The facts of a metric, its options, and the rules for keys, tags, goals, durations and other values.
//!
//! The attribute checks options while a collector is compiled. The registry checks what only a run can know. Both use
//! this crate, so each option and each rule is written once. Collectors do not need this crate directly:
//! `system-health-registry` re-exports what they use.

mod aggregate;
mod alias;
mod contact;
mod datadog_unit;
mod day;
mod default_aggregate;
mod duration;
mod facts;
mod facts_options;
mod goal;
mod handle;
#[cfg(feature = "serde")]
mod json;
mod key;
mod kind;
mod monitoring;
mod option;
mod option_tables;
mod options;
mod recovery;
mod requests;
mod tag;
mod tag_levels;
mod two_metric_goal;
mod unit;

pub use aggregate::{Aggregate, AggregateError};
pub use alias::{Alias, AliasError};
pub use contact::{ContactError, check_owner, check_runbook};
pub use datadog_unit::{datadog_unit, is_unit_symbol};
pub use day::{DayError, YEAR_10000, parse_day};
pub use default_aggregate::combined_aggregates;
pub use duration::{
    DurationError, format_duration, parse_duration, parse_every, parse_interval, parse_window,
};
pub use facts::Facts;
pub use goal::{Comparison, Goal, GoalError};
pub use handle::{HandleError, check_handle, parse_handles};
pub use key::{KeyError, MAX_KEY_LENGTH, check_key};
pub use kind::{Kind, KindError};
pub use monitoring::Monitoring;
pub use option::{Form, MetricOption, OptionError, OptionValue};
pub use recovery::{RecoveryError, check_recovery, parse_recovery};
pub use requests::RequestsError;
pub use tag::{MAX_TAG_LENGTH, Tag, TagError};
pub use tag_levels::overlay_tags;
pub use two_metric_goal::{Operator, TwoMetricGoal, TwoMetricGoalError};
pub use unit::{UnitError, check_unit};
