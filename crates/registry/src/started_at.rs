//! The start time of the run, as a resource. If collectors use it instead of the clock, all metrics of a run have the same
//! time, and a test can choose it.

use std::time::SystemTime;

use crate::{Context, FromContext, Scope, Unavailable};

/// The time when the run started, by the wall clock. In a backfill, it is the past instant for which the metric is collected, so
/// only collectors and resources with [`Scope::Metric`] can ask for it. Other resources use
/// [`Context::started_at`](crate::Context::started_at).
///
/// ```
/// use std::time::{Duration, SystemTime, SystemTimeError, UNIX_EPOCH};
/// use system_health_registry::{StartedAt, system_health_metric};
///
/// fn last_backup() -> SystemTime {
///     UNIX_EPOCH + Duration::from_hours(1) // ask the backup system here
/// }
///
/// /// Age of the newest backup.
/// #[system_health_metric(key = "backup.age", unit = "second", goal = "< 86400")]
/// fn backup_age(StartedAt(now): StartedAt) -> Result<Duration, SystemTimeError> {
///     now.duration_since(last_backup())
/// }
///
/// let now = StartedAt(UNIX_EPOCH + Duration::from_hours(3));
/// assert_eq!(backup_age(now).unwrap(), Duration::from_hours(2));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StartedAt(pub SystemTime);

impl FromContext for StartedAt {
    const SCOPE: Scope = Scope::Metric;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        Ok(Self(context.started_at()))
    }
}
