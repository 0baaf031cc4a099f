//! Counts the requests of a run that count against GitHub's quota, and enforces `max_requests`. A GraphQL query counts as many
//! times as it costs points: <https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api>.

use std::{
    collections::BTreeMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use system_health_registry::{Context, FromContext, Unavailable, current_metric};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{estimate::group_of, quota::Quota};
use crate::github::{GitHubApi, GitHubSettings};

/// The requests of a run. Clones count together.
#[derive(Debug, Clone)]
pub(in crate::github) struct Usage(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limit: Option<Limit>,
    counts: Mutex<Counts>,
}

#[derive(Debug)]
struct Limit {
    max: NonZeroU32,
    /// A permit for each request that may still count. The semaphore is closed as soon as `max` requests have counted.
    permits: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Counts {
    total: u64,
    is_used: bool,
    by_group: BTreeMap<(String, GitHubApi), u64>,
    quotas: BTreeMap<GitHubApi, Quota>,
    /// The number of permits that expensive queries have used up while other requests still hold them. Until it is 0, free
    /// requests do not return their permits.
    debt: usize,
}

/// The permission to send one request. The request counts unless the permit is released.
#[derive(Debug)]
pub(in crate::github) struct Permit {
    usage: Usage,
    api: GitHubApi,
    group: String,
    /// What is taken from the limit, if there is one.
    held: Option<OwnedSemaphorePermit>,
    is_free: bool,
}

impl Usage {
    /// The usage before the first request.
    pub(in crate::github) fn new(max: Option<NonZeroU32>) -> Self {
        let limit = max.map(|max| {
            let permits = usize::try_from(max.get()).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
            Limit { max, permits: Arc::new(Semaphore::new(permits)) }
        });
        Self(Arc::new(Inner { limit, counts: Mutex::default() }))
    }

    /// Waits until it is clear whether one more request may count, because a request that is under way may turn out to be free.
    /// Fails with the limit if the limit is reached.
    pub(in crate::github) async fn permit(&self, api: GitHubApi) -> Result<Permit, NonZeroU32> {
        let held = match &self.0.limit {
            Some(limit) => Some(Arc::clone(&limit.permits).acquire_owned().await.map_err(|_| limit.max)?),
            None => None,
        };
        self.counts().is_used = true;
        Ok(Permit { usage: self.clone(), api, group: current_group(), held, is_free: false })
    }

    /// Notes how many requests remain.
    pub(in crate::github) fn note_quota(&self, api: GitHubApi, quota: Quota) {
        self.counts().quotas.insert(api, quota);
    }

    /// Whether any request got a permit.
    pub(super) fn is_used(&self) -> bool {
        self.counts().is_used
    }

    /// The requests that counted so far, by the group of the metric for which they were made.
    pub(super) fn by_group(&self) -> BTreeMap<(String, GitHubApi), u64> {
        self.counts().by_group.clone()
    }

    /// How many requests remained after the latest response of each API.
    pub(super) fn quotas(&self) -> BTreeMap<GitHubApi, Quota> {
        self.counts().quotas.clone()
    }

    /// Counts the rest of the cost of a query that was already counted as one request.
    pub(in crate::github) fn count_more(&self, api: GitHubApi, more: u64) {
        if let Some(limit) = &self.0.limit {
            let more = usize::try_from(more).unwrap_or(usize::MAX);
            let mut counts = self.counts();
            let held = more - limit.permits.forget_permits(more);
            counts.debt = counts.debt.saturating_add(held);
        }
        self.add(current_group(), api, more);
    }

    /// Returns the permit of a free request, unless an expensive query has used it up.
    fn give_back(&self, semaphore_permit: OwnedSemaphorePermit) {
        let mut counts = self.counts();
        if counts.debt > 0 {
            counts.debt -= 1;
            semaphore_permit.forget();
        } else {
            // The counts stay locked until the permit is returned. Otherwise, an expensive query could use it up while it is
            // still held, and it could be used again.
            drop(semaphore_permit);
        }
    }

    fn count(&self, permit: &mut Permit) {
        self.add(std::mem::take(&mut permit.group), permit.api, 1);
        if let Some(semaphore_permit) = permit.held.take() {
            semaphore_permit.forget();
        }
    }

    fn add(&self, group: String, api: GitHubApi, requests: u64) {
        let mut counts = self.counts();
        counts.total = counts.total.saturating_add(requests);
        *counts.by_group.entry((group, api)).or_default() += requests;
        if let Some(limit) = &self.0.limit
            && counts.total >= limit.max.get().into()
        {
            limit.permits.close();
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The group of the metric that is being collected. Empty outside of a metric.
fn current_group() -> String {
    current_metric().map(|metric| group_of(metric.key()).to_owned()).unwrap_or_default()
}

impl Permit {
    /// Does not count the request, because it was free.
    pub(in crate::github) fn release(mut self) {
        self.is_free = true;
        if let Some(semaphore_permit) = self.held.take() {
            self.usage.give_back(semaphore_permit);
        }
    }
}

/// Counts the request unless it was free. A request without a response may have counted, too.
impl Drop for Permit {
    fn drop(&mut self) {
        if !self.is_free {
            let usage = self.usage.clone();
            usage.count(self);
        }
    }
}

impl FromContext for Usage {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::new(context.get::<GitHubSettings>().await?.max_requests))
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    async fn permit(usage: &Usage) -> Option<Permit> {
        usage.permit(GitHubApi::Rest).await.ok()
    }

    #[tokio::test]
    async fn a_request_waits_while_others_may_turn_out_not_to_count() {
        let usage = Usage::new(NonZeroU32::new(2));
        let (one, two) = (permit(&usage).await.unwrap(), permit(&usage).await.unwrap());
        let mut third = Box::pin(permit(&usage));
        assert!(third.as_mut().now_or_never().is_none());

        one.release();
        let third = third.await.unwrap();
        drop(two);

        let mut fourth = Box::pin(permit(&usage));
        assert!(fourth.as_mut().now_or_never().is_none());
        drop(third);
        assert!(fourth.await.is_none());
        assert_eq!(usage.by_group(), BTreeMap::from([((String::new(), GitHubApi::Rest), 2)]));
    }

    #[tokio::test]
    async fn without_a_limit_requests_are_only_counted() {
        let usage = Usage::new(None);
        for _ in 0..3 {
            drop(permit(&usage).await.unwrap());
        }
        permit(&usage).await.unwrap().release();
        assert_eq!(usage.by_group().values().sum::<u64>(), 3);
    }

    #[tokio::test]
    async fn an_expensive_query_uses_up_the_permits_of_requests_that_turn_out_to_be_free() {
        let usage = Usage::new(NonZeroU32::new(4));
        let (one, two, three) =
            (permit(&usage).await.unwrap(), permit(&usage).await.unwrap(), permit(&usage).await.unwrap());
        drop(permit(&usage).await.unwrap());
        usage.count_more(GitHubApi::Rest, 2);
        for free in [one, two, three] {
            free.release();
        }

        let last = permit(&usage).await.unwrap();
        let mut another = Box::pin(permit(&usage));
        assert!(another.as_mut().now_or_never().is_none());
        drop(last);
        assert!(another.await.is_none());
        assert_eq!(usage.by_group().values().sum::<u64>(), 4);
    }

    #[tokio::test]
    async fn an_expensive_query_uses_up_the_limit() {
        let usage = Usage::new(NonZeroU32::new(4));
        drop(permit(&usage).await.unwrap());
        usage.count_more(GitHubApi::Rest, 2);
        drop(permit(&usage).await.unwrap());
        assert!(permit(&usage).await.is_none());
        assert_eq!(usage.by_group().values().sum::<u64>(), 4);
    }
}
