//! The running fake of GitHub.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::{
    api,
    app::App,
    call::{Call, documented_path},
    contract::Exchange,
    refusal,
    repository::Repository,
    world::{SharedWorld, World},
};
use crate::server::{Answer, Fault, Request, Server};

/// A GitHub on loopback. It stops when it is dropped.
#[derive(Debug)]
pub struct FakeGitHub {
    server: Server,
    world: SharedWorld,
    base_path: String,
}

/// Configures a [`FakeGitHub`].
#[derive(Default)]
pub struct FakeGitHubBuilder {
    token: Option<String>,
    base_path: String,
    rate_limit: Option<u32>,
    now: Option<SystemTime>,
    app: Option<App>,
    forgets_answers: bool,
}

impl FakeGitHub {
    /// Starts a GitHub that accepts any token and has no repositories.
    #[must_use]
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// Configures the fake before it starts.
    #[must_use]
    pub fn builder() -> FakeGitHubBuilder {
        FakeGitHubBuilder::default()
    }

    /// The URL of the API, for `GITHUB_API_URL`, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        self.world.lock().api.clone()
    }

    /// The repository with this name, such as `acme/shop`. It is created unless it exists.
    #[expect(clippy::must_use_candidate, reason = "a test may need only that it is created")]
    pub fn repository(&self, full_name: &str) -> Repository {
        let id = self.world.lock().repository(full_name);
        Repository::new(self.world.clone(), id)
    }

    /// Creates `count` repositories, `acme/repository-1` and so on, and calls `fill` with the number of each. Returns their
    /// names.
    pub fn repositories(&self, count: usize, fill: impl Fn(usize, &Repository)) -> Vec<String> {
        let name = |number| format!("acme/repository-{number}");
        let create = |number| {
            fill(number, &self.repository(&name(number)));
            name(number)
        };
        (1..=count).map(create).collect()
    }

    /// All requests so far, in order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.server.requests()
    }

    /// All requests under the base path that the fake processed, with its responses, for
    /// [`contract::check`](super::contract::check). The fake does not process a request that gets
    /// [`Fault::Answer`], [`Fault::Hang`] or [`Fault::Disconnect`].
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        let world = self.world.lock();
        world.answered.iter().map(|(request, answer)| exchange(request, answer, &self.base_path)).collect()
    }

    /// How many requests counted against a rate limit so far. A GraphQL query that costs 5 points counts as 5 requests.
    #[must_use]
    pub fn counted_requests(&self) -> u32 {
        self.world.lock().counted_requests()
    }

    /// Responds to matching requests with a fault from now on, see [`Server::fail`]. A text such as `/commits` may match several
    /// endpoints: it also matches the checks and statuses of a commit. [`refusal`] has GitHub's own errors.
    pub fn fail(&self, request: &str, fault: impl Into<Fault>) {
        self.server.fail(request, fault);
    }

    /// Like [`Self::fail`], for the next matching requests only.
    pub fn fail_times(&self, times: usize, request: &str, fault: impl Into<Fault>) {
        self.server.fail_times(times, request, fault);
    }

    /// Makes a change after the next request, so that a list can change while its pages are read. Each further change waits for
    /// one more request.
    pub fn after_next_request(&self, change: impl FnOnce() + Send + 'static) {
        self.world.lock().queued_changes.push_back(Box::new(change));
    }

    /// From now on, a GraphQL query that asks for more than `max_nodes` nodes times out.
    pub fn time_out_queries_above(&self, max_nodes: u64) {
        self.world.lock().max_nodes_before_timeout = Some(max_nodes);
    }

    /// From now on, each GraphQL query costs this many points of the rate limit.
    pub fn set_query_cost(&self, points: u32) {
        self.world.lock().query_cost = points;
    }

    /// Delays all responses from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.server.set_latency(latency);
    }

    /// Blocks until a matching request has arrived, see [`Server::wait_for`].
    #[must_use]
    pub fn wait_for(&self, request: &str) -> Request {
        self.server.wait_for(request)
    }
}

impl FakeGitHubBuilder {
    /// Accepts only this token, and those of the app's installation. Requests without a token still see public repositories.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Puts the API under a path, such as `/api/v3` on an Enterprise server.
    ///
    /// # Panics
    /// If the path does not start with a slash, or ends with one.
    #[must_use]
    pub fn base_path(mut self, path: impl Into<String>) -> Self {
        self.base_path = path.into();
        let valid = self.base_path.starts_with('/') && !self.base_path.ends_with('/');
        assert!(valid, "a base path is like `/api/v3`, not `{}`", self.base_path);
        self
    }

    /// Allows each kind of caller this many requests to each API, instead of 5,000 with a token and 60 without.
    #[must_use]
    pub const fn rate_limit(mut self, requests: u32) -> Self {
        self.rate_limit = Some(requests);
        self
    }

    /// Adds a GitHub App with this id, and one installation with the id `installation`, for an organization or a user.
    /// The signatures of the app are not verified.
    #[must_use]
    pub fn app(mut self, id: u64, installation: u64, owner: &str, is_organization: bool) -> Self {
        self.app = Some(App::new(id, installation, owner, is_organization));
        self
    }

    /// Sets the lifetime of the tokens of the app's installation. Default: an hour.
    ///
    /// # Panics
    /// If [`Self::app`] was not called before.
    #[must_use]
    pub fn app_tokens_expire_after(mut self, lifetime: Duration) -> Self {
        self.app.as_mut().expect("an app").token_lifetime = lifetime;
        self
    }

    /// Keeps no answers, so that a benchmark with many requests needs little memory. Then [`FakeGitHub::exchanges`] is empty.
    #[must_use]
    pub const fn forget_answers(mut self) -> Self {
        self.forgets_answers = true;
        self
    }

    /// Sets the fake's clock, from which all ages are counted. The clock stands still. Default: the start of the fake.
    #[must_use]
    pub const fn now(mut self, now: SystemTime) -> Self {
        self.now = Some(now);
        self
    }

    /// Starts the fake.
    #[must_use]
    pub fn start(self) -> FakeGitHub {
        let Self { token, base_path, rate_limit, now, app, forgets_answers } = self;
        let mut world = World::new(now.unwrap_or_else(SystemTime::now), token, rate_limit);
        world.app = app;
        world.keeps_answers = !forgets_answers;
        let world = SharedWorld::new(world);
        let server = Server::start({
            let (world, base_path) = (world.clone(), base_path.clone());
            move |request| {
                let answer = answer(&mut world.lock(), request, &base_path);
                // The change locks the world itself.
                let queued_change = world.lock().queued_changes.pop_front();
                if let Some(change) = queued_change {
                    change();
                }
                answer
            }
        });
        world.lock().api = server.url() + &base_path;
        FakeGitHub { server, world, base_path }
    }
}

fn answer(world: &mut World, request: &Request, base_path: &str) -> Answer {
    let Some(call) = Call::new(request, base_path) else { return refusal::not_found("/rest") };
    let answer = api::answer(world, &call);
    if world.keeps_answers {
        world.answered.push((request.clone(), answer.clone()));
    }
    answer
}

fn exchange(request: &Request, answer: &Answer, base_path: &str) -> Exchange {
    let path = request.path();
    Exchange {
        method: request.method.clone(),
        path: documented_path(path, base_path).unwrap_or(path).to_owned(),
        query: request.query().to_owned(),
        request: serde_json::from_slice(&request.body).unwrap_or(Value::Null),
        status: answer.status,
        body: serde_json::from_slice(&answer.body).unwrap_or(Value::Null),
    }
}
