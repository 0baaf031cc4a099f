//! The requests of a run to the APIs of other systems. Clients record them here, and the reporter has metrics about them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{Context, FromContext, Unavailable};

/// The requests of a run, by API and status. Clones share the same records.
///
/// ```
/// use std::time::Duration;
/// use system_health_registry::ApiCalls;
///
/// let calls = ApiCalls::default();
/// calls.record("github", Some(200), Duration::from_millis(80));
/// calls.record("github", None, Duration::from_secs(10)); // no response
///
/// let counts: Vec<_> = calls.by_status().into_iter().map(|calls| (calls.status, calls.count)).collect();
/// assert_eq!(counts, [(None, 1), (Some(200), 1)]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct ApiCalls(Arc<Mutex<Counters>>);

#[derive(Debug, Default)]
struct Counters {
    calls: BTreeMap<(&'static str, Option<u16>), (u64, Duration)>,
    remaining: BTreeMap<&'static str, u64>,
}

/// The requests to one API whose responses had the same status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallTotals {
    /// The API's name, such as `github`.
    pub api: &'static str,
    /// The status; `None` without a response.
    pub status: Option<u16>,
    /// The number of requests.
    pub count: u64,
    /// The sum of their durations.
    pub duration: Duration,
}

impl ApiCalls {
    /// Records a request with the status of its response, if there was one.
    pub fn record(&self, api: &'static str, status: Option<u16>, duration: Duration) {
        let mut counters = self.lock();
        let (count, total) = counters.calls.entry((api, status)).or_default();
        *count += 1;
        *total += duration;
    }

    /// Records how many more requests the API allows. Each call replaces the number of the previous call.
    pub fn record_remaining(&self, api: &'static str, remaining: u64) {
        self.lock().remaining.insert(api, remaining);
    }

    /// The requests so far, sorted by API and status.
    #[must_use]
    pub fn by_status(&self) -> Vec<CallTotals> {
        let counters = self.lock();
        let calls = counters.calls.iter();
        calls
            .map(|(&(api, status), &(count, duration))| CallTotals { api, status, count, duration })
            .collect()
    }

    /// How many more requests the API allows, if that is known.
    #[must_use]
    pub fn remaining(&self, api: &str) -> Option<u64> {
        self.lock().remaining.get(api).copied()
    }

    fn lock(&self) -> MutexGuard<'_, Counters> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FromContext for ApiCalls {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}
