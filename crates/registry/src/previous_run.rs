//! The previous run that recorded a value of a metric for delivery, as a resource. If a metric counts what happened since the
//! start of that run, every moment is counted once, however far apart the runs are.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::{Context, FromContext, Scope, Unavailable};

/// The previous run in which the metric had a value for the subject and the value was recorded for delivery, as far as the state
/// knows.
///
/// Count what happened since its start, and say so with [`Sample::with_start`](crate::Sample::with_start):
///
/// ```
/// use std::time::SystemTime;
/// use system_health_registry::{PreviousRun, Sample, SampleError, StartedAt, system_health_metric};
/// # fn orders(_: SystemTime, _: SystemTime) -> u64 { 7 }
///
/// /// Orders since the previous run.
/// #[system_health_metric(key = "orders.placed", kind = "count", interval = "15m", unit = "order")]
/// fn orders_placed(previous: PreviousRun, StartedAt(now): StartedAt) -> Result<Sample, SampleError> {
///     let start = previous.started_at();
///     Ok(Sample::new(orders(start, now))?.with_start(start))
/// }
/// ```
///
/// In the first run, [`started_at`](Self::started_at) is the start of this run minus the interval of the metric.
///
/// In a second run in the same schedule slot, this resource is no data: the first run of the slot has counted, and the run of
/// the next slot counts from the start of the first run. A run that delivers to no destination does not count as the previous
/// run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreviousRun(SystemTime);

/// What is known about the previous run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownRun {
    /// It started at this time.
    StartedAt(SystemTime),
    /// It was in the same schedule slot as this run, or in a later one because the clock was set back.
    InSameSlot,
}

/// The future that [`PastRuns::last_for_delivery`] returns.
pub type PastRunFuture<'a> = Pin<Box<dyn Future<Output = Result<Option<KnownRun>, Unavailable>> + Send + 'a>>;

/// The runs of the past, which the program provides.
pub trait PastRuns: Send + Sync + 'static {
    /// Finds the latest run in which a metric had a value for a subject, and whose points were recorded for a destination. `now`
    /// is the start of the current run. The subject is empty for a metric without subjects. Returns `None` if there is no such
    /// run, and an error if this cannot be determined.
    fn last_for_delivery<'a>(&'a self, key: &'a str, subject: &'a str, now: SystemTime) -> PastRunFuture<'a>;
}

/// The runs of the past, as a resource. There are none unless the program provides them.
#[derive(Clone, Default)]
pub struct RunHistory(Option<Arc<dyn PastRuns>>);

impl PreviousRun {
    /// A previous run that started at this time, for tests.
    #[must_use]
    pub const fn new(started_at: SystemTime) -> Self {
        Self(started_at)
    }

    /// When the previous run started. If there was none, the start of this run minus the interval of the metric.
    #[must_use]
    pub const fn started_at(&self) -> SystemTime {
        self.0
    }
}

impl RunHistory {
    /// The runs that a program knows.
    pub fn new(runs: Arc<dyn PastRuns>) -> Self {
        Self(Some(runs))
    }
}

impl FromContext for PreviousRun {
    const SCOPE: Scope = Scope::Metric;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let metric = context.metric().ok_or_else(|| Unavailable::from("only a metric has a previous run"))?;
        let interval = metric.kind().interval().ok_or_else(|| {
            Unavailable::from(
                "only a count or a rate can cover the time since the previous run; change `kind`",
            )
        })?;
        let history: RunHistory = context.get().await?;
        let subject = context.subject().map_or("", |subject| subject.name());
        let known = match &history.0 {
            Some(runs) => runs.last_for_delivery(metric.key(), subject, context.started_at()).await?,
            None => None,
        };
        match known {
            None => Ok(Self(context.started_at().checked_sub(interval).unwrap_or(UNIX_EPOCH))),
            Some(KnownRun::StartedAt(time)) => Ok(Self(time)),
            Some(KnownRun::InSameSlot) => Err(Unavailable::no_data(
                "an earlier run in the same schedule slot has counted; the run of the next slot counts from the start of \
                 the earlier run",
            )),
        }
    }
}

impl FromContext for RunHistory {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}

impl fmt::Debug for RunHistory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunHistory").field("is_known", &self.0.is_some()).finish()
    }
}
