//! What a group used in the previous run with the same repositories and metrics, and how many requests remained at the end of
//! the previous run. The records are kept with the responses of earlier runs. If they are lost, the estimate is less exact.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use system_health_registry::{ResponseCache, SubjectLabel};

use super::{estimate::Group, quota::Quota};
use crate::{
    github::{ApiUrl, GitHubApi},
    hex::hex,
};

/// What one run leaves for the next one: a value for each API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept<T> {
    rest: Option<T>,
    graphql: Option<T>,
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

    /// The requests of a group in the previous run.
    pub(super) async fn used(&self, group: &Group) -> Option<BTreeMap<GitHubApi, u64>> {
        self.load(&self.key_of(group)).await
    }

    pub(super) async fn save_used(&self, group: &Group, used: &BTreeMap<GitHubApi, u64>) {
        self.save(&self.key_of(group), used).await;
    }

    /// How many requests remained at the end of the previous run.
    pub(super) async fn quotas(&self) -> BTreeMap<GitHubApi, Quota> {
        self.load(&self.key("quotas", "")).await.unwrap_or_default()
    }

    pub(super) async fn save_quotas(&self, quotas: &BTreeMap<GitHubApi, Quota>) {
        if !quotas.is_empty() {
            self.save(&self.key("quotas", ""), quotas).await;
        }
    }

    fn key_of(&self, group: &Group) -> String {
        let keys: Vec<&str> = group.keys.iter().map(String::as_str).collect();
        self.key(&self.subjects_hash, &keys.join(","))
    }

    fn key(&self, what: &str, keys: &str) -> String {
        let text = format!("requests\n{}\n{what}\n{keys}", self.api);
        hex(&Sha256::digest(text.as_bytes()))
    }

    async fn load<T: for<'de> Deserialize<'de>>(&self, key: &str) -> Option<BTreeMap<GitHubApi, T>> {
        let kept: Kept<T> = serde_json::from_slice(&self.cache.store()?.load(key).await?).ok()?;
        let by_api = [(GitHubApi::Rest, kept.rest), (GitHubApi::GraphQl, kept.graphql)];
        Some(by_api.into_iter().filter_map(|(api, kept)| Some((api, kept?))).collect())
    }

    async fn save<T: Serialize + Copy>(&self, key: &str, values: &BTreeMap<GitHubApi, T>) {
        let value = |api| values.get(&api).copied();
        let kept = Kept { rest: value(GitHubApi::Rest), graphql: value(GitHubApi::GraphQl) };
        if let (Some(store), Ok(text)) = (self.cache.store(), serde_json::to_vec(&kept)) {
            store.save(key, &text).await;
        }
    }
}
