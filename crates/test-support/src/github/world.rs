//! The fake's state: repositories with their current and former names, who may see them, and the remaining requests of
//! the hour.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};

use super::{
    app::{App, TOKEN_PREFIX},
    call::Call,
    numbers::Numbers,
    refusal::epoch_seconds,
    repository_data::RepositoryData,
};
use crate::server::{Answer, Request};

/// Maximum number of requests per hour with a token, and without one.
/// See <https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api>.
const MAX_REQUESTS_WITH_TOKEN: u32 = 5_000;
const MAX_REQUESTS_WITHOUT_TOKEN: u32 = 60;

/// The state, shared by the server and the test.
#[derive(Clone)]
pub(super) struct SharedWorld(Arc<Mutex<World>>);

pub(super) struct World {
    /// The URL of the API, without a trailing slash.
    pub(super) api: String,
    pub(super) repositories: BTreeMap<u64, RepositoryData>,
    pub(super) numbers: Numbers,
    /// All requests that the fake processed, with its responses.
    pub(super) answered: Vec<(Request, Answer)>,
    /// Whether `answered` is filled. It takes much memory.
    pub(super) keeps_answers: bool,
    former_names: HashMap<String, u64>,
    /// The GitHub App, if there is one.
    pub(super) app: Option<App>,
    /// A GraphQL query that asks for more nodes than this number gets a timeout.
    pub(super) max_nodes_before_timeout: Option<u64>,
    /// The points that each GraphQL query costs.
    pub(super) query_cost: u32,
    /// The changes that happen after the next requests, one after each request.
    pub(super) queued_changes: VecDeque<QueuedChange>,
    token: Option<String>,
    limit: Option<u32>,
    used: HashMap<(Caller, Resource), u32>,
    reset: SystemTime,
}

/// A change on GitHub that happens after a request.
pub(super) type QueuedChange = Box<dyn FnOnce() + Send>;

/// The kinds of callers. The requests of one kind are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Caller {
    User,
    Anonymous,
}

/// An API with a rate limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Resource {
    /// The REST API.
    Core,
    GraphQl,
}

/// The rate limit of a resource, and the requests of this hour that count against it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    resource: Resource,
    pub(super) limit: u32,
    pub(super) used: u32,
    pub(super) reset: SystemTime,
}

/// The result of looking up a name or an id.
pub(super) enum Lookup<'a> {
    Found(&'a RepositoryData),
    /// The name is a former name of the repository with this id.
    Moved(u64),
    Nothing,
}

impl World {
    pub(super) fn new(now: SystemTime, token: Option<String>, limit: Option<u32>) -> Self {
        Self {
            api: String::new(),
            repositories: BTreeMap::new(),
            numbers: Numbers::new(now),
            answered: Vec::new(),
            keeps_answers: true,
            former_names: HashMap::new(),
            app: None,
            max_nodes_before_timeout: None,
            query_cost: 1,
            queued_changes: VecDeque::new(),
            token,
            limit,
            used: HashMap::new(),
            // Real time, because clients compare it with their own clock.
            reset: SystemTime::now() + Duration::from_hours(1),
        }
    }

    /// The id of the repository with this name, which is created unless it exists.
    pub(super) fn repository(&mut self, full_name: &str) -> u64 {
        if let Some(repository) = self.named(full_name) {
            return repository.id;
        }
        let id = 1_296_269 + self.numbers.next();
        let created = self.numbers.now - Duration::from_hours(365 * 24);
        self.repositories.insert(id, RepositoryData::new(id, full_name, created));
        id
    }

    pub(super) fn rename(&mut self, id: u64, full_name: &str) {
        if let Some(repository) = self.repositories.get_mut(&id) {
            let former = std::mem::replace(&mut repository.full_name, full_name.to_owned());
            self.former_names.insert(former.to_ascii_lowercase(), id);
        }
    }

    /// Finds a repository by its name. A new repository with a former name of another one takes precedence over the
    /// redirect.
    pub(super) fn find(&self, full_name: &str, caller: Caller) -> Lookup<'_> {
        if let Some(repository) = self.named(full_name) {
            return Lookup::new(repository, caller);
        }
        let id = self.former_names.get(&full_name.to_ascii_lowercase());
        match id.map(|id| Lookup::new(&self.repositories[id], caller)) {
            Some(Lookup::Found(repository)) => Lookup::Moved(repository.id),
            _ => Lookup::Nothing,
        }
    }

    /// Finds a repository by its id.
    pub(super) fn find_by_id(&self, id: &str, caller: Caller) -> Lookup<'_> {
        let repository = id.parse().ok().and_then(|id: u64| self.repositories.get(&id));
        repository.map_or(Lookup::Nothing, |repository| Lookup::new(repository, caller))
    }

    /// The caller. `None` if the token is wrong. A token that starts like those of the app must be one of them, and not expired.
    /// Every other token is accepted, unless the fake expects a certain one.
    pub(super) fn caller(&self, call: &Call<'_>) -> Option<Caller> {
        let Some(token) = call.token() else { return Some(Caller::Anonymous) };
        let is_accepted = match (&self.app, &self.token) {
            (Some(app), _) if token.starts_with(TOKEN_PREFIX) => app.has_token(token),
            (_, Some(expected)) => token == expected,
            (_, None) => true,
        };
        is_accepted.then_some(Caller::User)
    }

    /// Counts a request: once, or by the cost of a query. `None` if the budget does not allow it.
    pub(super) fn spend(&mut self, caller: Caller, resource: Resource) -> Option<Budget> {
        let budget = self.budget(caller, resource);
        let cost = if resource == Resource::GraphQl { self.query_cost } else { 1 };
        let spent = Budget { used: budget.used + cost, ..budget };
        (spent.used <= spent.limit).then(|| {
            self.used.insert((caller, resource), spent.used);
            spent
        })
    }

    /// The number of requests that counted against the limit of any resource. A query that costs 5 points counts as 5.
    pub(super) fn counted_requests(&self) -> u32 {
        self.used.values().sum()
    }

    /// The budget of a caller for a resource.
    pub(super) fn budget(&self, caller: Caller, resource: Resource) -> Budget {
        let usual = match caller {
            Caller::User => MAX_REQUESTS_WITH_TOKEN,
            Caller::Anonymous => MAX_REQUESTS_WITHOUT_TOKEN,
        };
        let used = self.used.get(&(caller, resource)).copied().unwrap_or(0);
        Budget { resource, limit: self.limit.unwrap_or(usual), used, reset: self.reset }
    }

    fn named(&self, full_name: &str) -> Option<&RepositoryData> {
        self.repositories.values().find(|repository| repository.full_name.eq_ignore_ascii_case(full_name))
    }
}

impl SharedWorld {
    pub(super) fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SharedWorld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the token, which is secret, and without the rest, which is long.
        f.debug_struct("World").field("api", &self.lock().api).finish_non_exhaustive()
    }
}

impl Budget {
    pub(super) const fn remaining(self) -> u32 {
        self.limit - self.used
    }

    /// Adds the headers about the budget to a response.
    pub(super) fn add_to(self, answer: Answer) -> Answer {
        let resource = match self.resource {
            Resource::Core => "core",
            Resource::GraphQl => "graphql",
        };
        answer
            .with_header("x-ratelimit-limit", &self.limit.to_string())
            .with_header("x-ratelimit-remaining", &self.remaining().to_string())
            .with_header("x-ratelimit-used", &self.used.to_string())
            .with_header("x-ratelimit-reset", &epoch_seconds(self.reset).to_string())
            .with_header("x-ratelimit-resource", resource)
    }

    /// The budget in the response of `/rate_limit`.
    pub(super) fn object(self) -> Value {
        json!({
            "limit": self.limit,
            "used": self.used,
            "remaining": self.remaining(),
            "reset": epoch_seconds(self.reset),
        })
    }
}

impl<'a> Lookup<'a> {
    fn new(repository: &'a RepositoryData, caller: Caller) -> Self {
        if repository.private && caller == Caller::Anonymous {
            Self::Nothing
        } else {
            Self::Found(repository)
        }
    }
}
