//! What a run asked of other systems' APIs. Clients record their requests here; the reporter makes
//! metrics about itself of them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{Context, FromContext, Unavailable};

/// The requests of a run, by API and status. Clones share what they record.
///
/// ```
/// use std::time::Duration;
/// use system_health_registry::ApiCalls;
///
/// let calls = ApiCalls::default();
/// calls.record("github", Some(200), Duration::from_millis(80));
/// calls.record("github", None, Duration::from_secs(10)); // no answer came
///
/// let counted: Vec<_> = calls.by_status().into_iter().map(|calls| (calls.status, calls.count)).collect();
/// assert_eq!(counted, [(None, 1), (Some(200), 1)]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct ApiCalls(Arc<Mutex<Record>>);

#[derive(Debug, Default)]
struct Record {
    calls: BTreeMap<(&'static str, Option<u16>), (u64, Duration)>,
    quotas: BTreeMap<&'static str, u64>,
}

/// The requests to one API that were answered with one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Calls {
    /// The API's name, such as `github`.
    pub api: &'static str,
    /// The status; `None` where no answer came.
    pub status: Option<u16>,
    /// How many there were.
    pub count: u64,
    /// How long they took, all together.
    pub duration: Duration,
}

impl ApiCalls {
    /// Counts a request, with the status of its answer if one came.
    pub fn record(&self, api: &'static str, status: Option<u16>, duration: Duration) {
        let mut record = self.lock();
        let (count, total) = record.calls.entry((api, status)).or_default();
        *count += 1;
        *total += duration;
    }

    /// Keeps how many more requests the API grants for now; the last word counts.
    pub fn record_quota(&self, api: &'static str, remaining: u64) {
        self.lock().quotas.insert(api, remaining);
    }

    /// The requests so far, in the order of APIs and statuses.
    #[must_use]
    pub fn by_status(&self) -> Vec<Calls> {
        let record = self.lock();
        let calls = record.calls.iter();
        calls.map(|(&(api, status), &(count, duration))| Calls { api, status, count, duration }).collect()
    }

    /// How many more requests the API grants, where it said so.
    #[must_use]
    pub fn quota(&self, api: &str) -> Option<u64> {
        self.lock().quotas.get(api).copied()
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FromContext for ApiCalls {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}
