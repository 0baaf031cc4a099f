//! The client that collectors use.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use http::HeaderMap;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use system_health_registry::{ApiCalls, ResponseCache, SharedError};
use tokio::time::Instant;
use url::Url;

use super::{
    Pages, QueryPages,
    cause::Cause,
    error::GitHubError,
    identity::Identity,
    link::Links,
    request::Request,
    session::{InvalidToken, Session},
    transport::Transport,
};
use crate::github::{ApiUrl, GitHubSettings, budget::Usage};

/// The deadline of a run that has none of its own.
const DEFAULT_DEADLINE: Duration = Duration::from_mins(5);
/// Requests end this long before the deadline. Without that, the engine would stop waiting for a collector before the collector
/// could return why a request failed.
const ERROR_RESERVE: Duration = Duration::from_millis(250);

/// A client for GitHub's REST and GraphQL APIs.
///
/// Collectors can only read with it. Requests are retried if a retry may help and there is time before the run's deadline.
/// Redirects, such as those of a renamed repository, are followed on GitHub's own host.
///
/// As a resource, it has the token, or none if `source` in `[commits]` permits reading public repositories without one.
/// Otherwise there is no data without a token.
#[derive(Debug, Clone)]
pub struct GitHub {
    session: Arc<Session>,
    api: ApiUrl,
    max_pages: NonZeroU32,
}

impl GitHub {
    /// A client with or without a token. It does not wait for responses after the deadline.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub(in crate::github) fn new(
        transport: &Transport,
        settings: GitHubSettings,
        identity: Identity<'_>,
        deadline: Option<Instant>,
        calls: ApiCalls,
        responses: ResponseCache,
        usage: Usage,
    ) -> Result<Self, InvalidToken> {
        let now = Instant::now();
        let deadline = deadline.unwrap_or(now + DEFAULT_DEADLINE);
        // In a very short run, the reserve is a tenth of the time.
        let reserve = (deadline.saturating_duration_since(now) / 10).min(ERROR_RESERVE);
        let session = Session::new(transport, identity, deadline - reserve, calls, responses, usage)?;
        Ok(Self { session: Arc::new(session), api: settings.api_url, max_pages: settings.max_pages })
    }

    /// Gets one document. The path is given in segments, relative to the API's URL: `["repos", "rust-lang", "rust"]`.
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, GitHubError> {
        let (document, _) = self.get_page(&self.api.resource(path, query), |_| true).await?;
        Ok(document)
    }

    /// Gets one document and the response's headers, without retries.
    pub(crate) async fn get_once(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<(HeaderMap, Value), GitHubError> {
        let url = self.api.resource(path, query);
        let failed = |cause| self.permanent(&url, cause);
        let document = self.session.get_once(&url).await.map_err(|attempt| failed(attempt.cause))?;
        let body = self.session.parse(&document.body).map_err(failed)?;
        Ok((document.headers, body))
    }

    /// Creates something, such as a token. If a retry creates it a second time, that must do no harm.
    pub(in crate::github) async fn create<T: DeserializeOwned>(
        &self,
        path: &[&str],
    ) -> Result<T, GitHubError> {
        let url = self.api.resource(path, &[]);
        let document = self.session.create(&url).await?;
        let parsed = self.session.parse(&document.body);
        parsed.map_err(|cause| {
            GitHubError::new(Request::Create(&url), cause.quoted(|text| self.session.redact(text)))
        })
    }

    /// The URL of the API.
    pub(crate) fn api_url(&self) -> &ApiUrl {
        &self.api
    }

    /// The pages of a list. No request is made yet.
    pub fn pages<P: DeserializeOwned + Send>(&self, path: &[&str], query: &[(&str, &str)]) -> Pages<P> {
        Pages::new(self.clone(), self.api.resource(path, query))
    }

    /// Asks a GraphQL query. It must only read, because it is retried as all requests are.
    ///
    /// # Errors
    /// Also if GitHub answers only a part of the query, or if there is no token: GitHub answers queries only with a token.
    pub async fn query<T: DeserializeOwned>(
        &self,
        query: &'static str,
        variables: Value,
    ) -> Result<T, GitHubError> {
        self.part_of_data(self.query_data(query, variables, false).await?, &[])
    }

    /// The pages of a list in a GraphQL query. The path says where the list is in the answer, such as
    /// `["repository", "pullRequests"]`. See [`QueryPages`] for what the query needs. No request is made yet.
    pub fn query_pages<N: DeserializeOwned + Send>(
        &self,
        query: &'static str,
        variables: Value,
        list: &'static [&'static str],
    ) -> QueryPages<N> {
        QueryPages::new(self.clone(), query, variables, list)
    }

    /// Asks a GraphQL query for a page of `size` items. `size` is halved until GitHub answers in time. A page of one item is
    /// retried instead.
    pub(crate) async fn query_sized<T: DeserializeOwned>(
        &self,
        query: &'static str,
        size: &mut u32,
        variables: impl Fn(u32) -> Value,
    ) -> Result<T, GitHubError> {
        self.part_of_data(self.query_data_sized(query, size, variables).await?, &[])
    }

    pub(super) async fn query_data_sized(
        &self,
        query: &'static str,
        size: &mut u32,
        variables: impl Fn(u32) -> Value,
    ) -> Result<Value, GitHubError> {
        loop {
            let may_halve = *size > 1;
            match self.query_data(query, variables(*size), may_halve).await {
                Err(error) if may_halve && error.cause().is_query_timeout() => {
                    *size /= 2;
                    let error = SharedError::new(error);
                    tracing::debug!("{error}; asking for {size} items at once from now on");
                }
                data => return data,
            }
        }
    }

    /// The data of the answer. If the page may be halved, a timeout is not retried.
    pub(super) async fn query_data(
        &self,
        query: &'static str,
        variables: Value,
        may_halve: bool,
    ) -> Result<Value, GitHubError> {
        let body = json!({ "query": query, "variables": variables });
        self.session.query(&self.api.graphql(), &body, may_halve).await
    }

    /// Parses what is at a path in the data of an answer.
    pub(super) fn part_of_data<T: DeserializeOwned>(
        &self,
        mut data: Value,
        path: &[&str],
    ) -> Result<T, GitHubError> {
        for name in path {
            data = data.get_mut(name).map(Value::take).unwrap_or_default();
        }
        serde_path_to_error::deserialize(data).map_err(|error| {
            let inner = error.path().to_string();
            // The path of the whole document is `.`.
            let inner = Some(&*inner).filter(|inner| *inner != ".");
            let at = ["data"].iter().chain(path).copied().chain(inner).collect::<Vec<_>>().join(".");
            self.failed_query(Cause::Shape { at, source: error.into_inner() })
        })
    }

    /// An error of a query that another attempt would not change.
    pub(super) fn failed_query(&self, cause: Cause) -> GitHubError {
        let cause = cause.quoted(|text| self.session.redact(text));
        GitHubError::new(Request::Query(&self.api.graphql(), &Value::Null), cause)
    }

    /// Gets one document or one page of a list. If it may change, it is kept, so that the next run can ask GitHub whether it has
    /// changed.
    pub(super) async fn get_page<P: DeserializeOwned>(
        &self,
        url: &Url,
        may_change: fn(&P) -> bool,
    ) -> Result<(P, Links), GitHubError> {
        let document = self.session.get(url).await?;
        let permanent = |cause| self.permanent(url, cause);
        let page = self.session.parse(&document.body).map_err(permanent)?;
        let mut links = Links::parse(&document.headers).map_err(permanent)?;
        links.are_kept = document.is_kept();
        links.is_page_empty = serde_json::from_slice::<[(); 0]>(&document.body).is_ok();
        if may_change(&page) {
            self.session.keep(&document).await;
        }
        Ok((page, links))
    }

    /// What an earlier run with the same token or app has saved with [`Self::save_final`]. The caller must know from a request of
    /// this run that the token may still read it.
    pub(crate) async fn load_final<T: DeserializeOwned>(&self, path: &[&str], key: &str) -> Option<T> {
        serde_json::from_slice(&self.session.load_final(&self.final_name(path, key)).await?).ok()
    }

    /// Saves something about a document that cannot change any more, so that later runs do not request it again.
    pub(crate) async fn save_final<T: Serialize>(&self, path: &[&str], key: &str, value: &T) {
        if let Ok(value) = serde_json::to_vec(value) {
            self.session.save_final(&self.final_name(path, key), &value).await;
        }
    }

    /// The name under which something is saved: a URL with a fragment. No response has this name, because the URLs of requests
    /// have no fragment.
    fn final_name(&self, path: &[&str], key: &str) -> Url {
        let mut name = self.api.resource(path, &[]);
        name.set_fragment(Some(key));
        name
    }

    fn permanent(&self, url: &Url, cause: Cause) -> GitHubError {
        GitHubError::new(Request::Get(url), cause.quoted(|text| self.session.redact(text)))
    }

    pub(super) fn check_origin(&self, what: &'static str, target: &Url) -> Result<(), Cause> {
        self.session.check_origin(what, target)
    }

    /// The maximum number of pages of a list.
    pub(crate) fn max_pages(&self) -> u32 {
        self.max_pages.get()
    }

    /// The maximum number of items of a list, whatever the size of its pages.
    pub(crate) fn max_items(&self) -> usize {
        usize::try_from(self.max_pages.get()).unwrap_or(usize::MAX).saturating_mul(100)
    }
}
