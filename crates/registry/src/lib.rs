//! Turn a Rust function into a monitored metric.
//!
//! Write the function, add the attribute [`macro@system_health_metric`], and link its crate into a `report` binary. The
//! function's arguments are resources ([`FromContext`]): built once in their [`Scope`], shared by all metrics, and
//! replaceable in tests. Its return value is a reading ([`IntoReading`]). A metric about many subjects, such as
//! repositories, names their type ([`Subject`]).
//!
//! ```
//! use system_health_registry::system_health_metric;
//!
//! /// Processors of this machine.
//! #[system_health_metric(key = "machine.processors", unit = "processor", goal = ">= 2")]
//! fn processors() -> std::io::Result<usize> {
//!     std::thread::available_parallelism().map(usize::from)
//! }
//! # assert!(processors().unwrap() > 0);
//! ```
//!
//! In a run, a metric has exactly one of three outcomes for each subject: a value, no data (with a reason), or an error (with
//! its causes). Only values are delivered. A failure never becomes a number.
//!
//! The attribute registers a [`Metric`]. From there, the flow is: [`Catalog`] → [`Engine::run`] with a [`Context`] → [`Run`] →
//! [`Report`] (with tags) → [`Sink`]s.

// The code that the attributes generate contains paths with this name. They must also be valid in this crate.
extern crate self as system_health_registry;

pub mod alerting;
mod api_calls;
mod call;
mod catalog;
mod collected_keys;
mod collecting;
mod context;
mod descriptions;
mod distribution;
mod duration_in_words;
mod engine;
mod event;
mod events;
mod evidence;
mod extension;
mod finding;
mod gate;
mod group;
mod instants;
mod interruption;
mod item_error;
mod key_pattern;
mod kind_check;
mod link;
mod location;
mod metric;
mod metric_settings;
mod no_data;
mod point;
mod previous_run;
mod process;
mod reading;
mod report;
mod reporter_name;
mod request_plan;
mod resource_cache;
mod response_cache;
mod run;
mod sample;
mod sample_pairs;
mod sample_value;
mod scope;
pub mod self_metrics;
mod series;
pub mod settings;
mod sink;
mod source;
mod standard_output;
mod started_at;
mod subject;
mod task;
mod task_error;
pub mod trace;
mod type_name;
mod unavailable;
mod value;
mod wait_list;
mod window;

#[doc(hidden)]
pub mod __private;

pub use api_calls::{ApiCalls, CallTotals};
pub use catalog::{Catalog, CatalogError};
pub use collecting::current_metric;
pub use context::{Context, FromContext};
pub use descriptions::Descriptions;
pub use distribution::{Bucket, Distribution};
pub use duration_in_words::duration_in_words;
pub use engine::{DEFAULT_TIMEOUT, Engine, Progress};
pub use event::{Event, EventError, Level};
pub use events::Events;
pub use evidence::{Evidence, EvidenceItem};
pub use extension::{
    CheckResults, DetectedSettings, DetectedValue, Extension, NameParts, SettingAssignment, SettingFlag,
    SettingSwitch, SetupStep, linked_extensions,
};
pub use finding::{Finding, Grade};
pub use gate::{Gate, GateDecision, PlannedMetrics};
pub use group::group_title;
pub use instants::{Instants, InstantsError};
pub use interruption::Interruption;
pub use item_error::ItemError;
pub use key_pattern::{KeyPattern, KeyPatternError};
pub use link::LinkError;
pub use location::Location;
pub use metric::Metric;
pub use metric_settings::{Every, MetricSettings, WindowLength};
pub use no_data::NoData;
pub use point::Point;
pub use previous_run::{KnownRun, PastRunFuture, PastRuns, PreviousRun, RunHistory};
pub use process::Process;
pub use reading::{IntoReading, Reading};
pub use report::{Report, slot_start};
pub use reporter_name::ReporterName;
pub use request_plan::{RequestEstimate, RequestPlan};
pub use resource_cache::CycleError;
pub use response_cache::{ResponseCache, ResponseFuture, ResponseStore};
pub use run::{Outcome, OutcomeState, Run};
pub use sample::{Sample, SampleError};
pub use sample_pairs::pair_with_sample_counts;
pub use sample_value::SampleValue;
pub use scope::{Scope, ScopeError};
pub use settings::Settings;
pub use sink::{
    Capabilities, DeliveryError, Destination, Destinations, Fate, Repeat, Settlement, Sink, SinkType,
    Temporality,
};
pub use source::{DescribedReading, Source, SourceOutcome};
pub use standard_output::StandardOutput;
pub use started_at::StartedAt;
pub use subject::{Subject, SubjectLabel, Subjects};
/// Registers a function as a metric. A test can still call the function.
///
/// ```
/// # use system_health_registry::{Context, FromContext, Unavailable, system_health_metric};
/// # #[derive(Clone)]
/// # struct RecentCommits(Vec<String>);
/// # impl FromContext for RecentCommits {
/// #     async fn from_context(_: &Context) -> Result<Self, Unavailable> {
/// #         Ok(Self(vec![]))
/// #     }
/// # }
/// /// Commits in the last 7 days that mention a hotfix.
/// #[system_health_metric(key = "commits.hotfix", unit = "commit", goal = "< 5")]
/// fn hotfix_commits(commits: RecentCommits) -> usize {
///     commits.0.iter().filter(|message| message.contains("hotfix")).count()
/// }
///
/// assert_eq!(hotfix_commits(RecentCommits(vec!["A hotfix".into(), "A feature".into()])), 1);
/// ```
pub use system_health_registry_macros::system_health_metric;
/// Registers a function as a source of metrics that are known only at run time. A test can still call the function.
///
/// ```
/// use system_health_registry::{DescribedReading, Facts, system_health_source};
///
/// /// One metric for each row of a table.
/// #[system_health_source(name = "warehouse")]
/// fn warehouse() -> std::io::Result<Vec<DescribedReading>> {
///     let rows = [("orders.open", 3.0), ("orders.late", f64::NAN)]; // ask the database here
///     Ok(rows.map(|(key, value)| DescribedReading::new(Facts::new(key, "A row of the table."), value)).into())
/// }
///
/// let described = warehouse().unwrap();
/// assert!(described[0].result.is_ok());
/// assert!(described[1].result.is_err(), "NaN is an error, never a value");
/// ```
pub use system_health_registry_macros::system_health_source;
/// Shows the calls of a function in the trace of a run: see [`trace`].
///
/// ```
/// use system_health_registry::{system_health_metric, traced};
///
/// #[traced]
/// async fn count_rows(table: &str) -> std::io::Result<u64> {
///     Ok(table.len() as u64) // ask the database here
/// }
///
/// /// Open orders.
/// #[system_health_metric(key = "orders.open", unit = "order")]
/// async fn open_orders() -> std::io::Result<u64> {
///     count_rows("orders").await
/// }
/// ```
pub use system_health_registry_macros::traced;
pub use system_health_rules::{
    Aggregate, AggregateError, Alias, AliasError, Comparison, ContactError, DayError, DurationError, Facts,
    Form, Goal, GoalError, HandleError, KeyError, Kind, KindError, MetricOption, Monitoring, Operator,
    OptionError, OptionValue, RecoveryError, RequestsError, Tag, TagError, TwoMetricGoal, TwoMetricGoalError,
    UnitError, check_handle, check_key, check_owner, check_recovery, check_runbook, combined_aggregates,
    datadog_unit, format_duration, is_unit_symbol, overlay_tags, parse_duration, parse_every,
};
pub use unavailable::{SharedError, Unavailable};
pub use value::Value;
pub use window::{Window, Windows};
