//! The requests that each group used in the previous run with the same repositories and metrics, or is assumed to need. Also how
//! many requests remained at the end of the previous run. The records are kept with the responses of earlier runs. If they are
//! lost, the estimate is less exact.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use system_health_registry::{ResponseCache, SubjectLabel};

use super::{estimate::Group, quota::Quota, used_requests::UsedRequests};
use crate::{
    github::{ApiUrl, GitHubApi},
    hex::hex,
};

/// A value for each API, as it is recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct PerApi<T> {
    rest: Option<T>,
    graphql: Option<T>,
}

/// The record of [`UsedRequests`].
#[derive(Debug, Serialize, Deserialize)]
struct UsedRequestsRecord {
    requests: PerApi<u64>,
    is_measured: bool,
}

/// The records of a selection of repositories.
#[derive(Debug, Clone)]
pub(super) struct Records {
    cache: ResponseCache,
    api: ApiUrl,
    subjects_hash: String,
}

impl Records {
    pub(super) fn new(cache: ResponseCache, api: ApiUrl, subjects: &[Arc<SubjectLabel>]) -> Self {
        let mut names: Vec<&str> = subjects.iter().map(|subject| subject.name()).collect();
        names.sort_unstable();
        let mut hash = Sha256::new();
        for name in names {
            hash.update(name);
            hash.update([0]);
        }
        Self { cache, api, subjects_hash: hex(&hash.finalize()) }
    }

    /// What is known about the requests of a group after the previous run.
    pub(super) async fn used(&self, group: &Group) -> Option<UsedRequests> {
        let UsedRequestsRecord { requests, is_measured } = self.load(&self.group_record_key(group)).await?;
        Some(UsedRequests { requests: requests.by_api(), is_measured })
    }

    pub(super) async fn save_used(&self, group: &Group, used: &UsedRequests) {
        let record =
            UsedRequestsRecord { requests: PerApi::new(&used.requests), is_measured: used.is_measured };
        self.save(&self.group_record_key(group), &record).await;
    }

    /// How many requests remained at the end of the previous run.
    pub(super) async fn quotas(&self) -> BTreeMap<GitHubApi, Quota> {
        self.load(&self.record_key("quotas", "")).await.map(PerApi::by_api).unwrap_or_default()
    }

    pub(super) async fn save_quotas(&self, quotas: &BTreeMap<GitHubApi, Quota>) {
        if !quotas.is_empty() {
            self.save(&self.record_key("quotas", ""), &PerApi::new(quotas)).await;
        }
    }

    fn group_record_key(&self, group: &Group) -> String {
        let keys: Vec<&str> = group.keys.iter().map(String::as_str).collect();
        self.record_key(&self.subjects_hash, &keys.join(","))
    }

    fn record_key(&self, what: &str, keys: &str) -> String {
        let text = format!("requests\n{}\n{what}\n{keys}", self.api);
        hex(&Sha256::digest(text.as_bytes()))
    }

    async fn load<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        serde_json::from_slice(&self.cache.store()?.load(key).await?).ok()
    }

    async fn save(&self, key: &str, record: &impl Serialize) {
        if let (Some(store), Ok(text)) = (self.cache.store(), serde_json::to_vec(record)) {
            store.save(key, &text).await;
        }
    }
}

impl<T: Copy> PerApi<T> {
    fn new(values: &BTreeMap<GitHubApi, T>) -> Self {
        let value = |api| values.get(&api).copied();
        Self { rest: value(GitHubApi::Rest), graphql: value(GitHubApi::GraphQl) }
    }

    fn by_api(self) -> BTreeMap<GitHubApi, T> {
        let by_api = [(GitHubApi::Rest, self.rest), (GitHubApi::GraphQl, self.graphql)];
        by_api.into_iter().filter_map(|(api, value)| Some((api, value?))).collect()
    }
}
