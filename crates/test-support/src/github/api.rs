//! Finds the endpoint of a request, and responds as GitHub does.

use std::{collections::HashSet, fmt::Write as _, time::SystemTime};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    api_branch::{GET_BRANCH, GET_STATUS, LIST_ACTIVITY, LIST_CHECK_RUNS, LIST_RULES},
    api_security::{LIST_CODE_SCANNING_ALERTS, LIST_DEPENDABOT_ALERTS, LIST_SECRET_SCANNING_ALERTS},
    app_api,
    call::Call,
    commit::StoredCommit,
    cursor_page::CursorPage,
    graphql,
    job::Job,
    objects::Objects,
    page::Page,
    refusal::{self, epoch_seconds, json_answer},
    repository_data::Runner,
    repository_request::RepositoryRequest,
    run::StoredRun,
    world::{Caller, Lookup, Resource, World},
};
use crate::server::{Answer, Request};

/// The parameters that make GitHub take a list of runs from the search index. The fake filters by `branch`, `event`, `head_sha` and
/// `status`; the collectors send no others.
const FILTERS: [&str; 7] = ["actor", "branch", "check_suite_id", "created", "event", "head_sha", "status"];
/// Maximum number of runs in a list from the search index.
const MAX_FILTERED: usize = 1_000;
const GET_REPOSITORY: &str = "/rest/repos/repos#get-a-repository";
const LIST_COMMITS: &str = "/rest/commits/commits#list-commits";
const COMPARE: &str = "/rest/commits/commits#compare-two-commits";
const LIST_WORKFLOWS: &str = "/rest/actions/workflows#list-repository-workflows";
const LIST_ALL_RUNS: &str = "/rest/actions/workflow-runs#list-workflow-runs-for-a-repository";
const LIST_RUNNERS: &str = "/rest/actions/self-hosted-runners#list-self-hosted-runners-for-a-repository";
const LIST_RUNS: &str = "/rest/actions/workflow-runs#list-workflow-runs-for-a-workflow";
const GET_RUN: &str = "/rest/actions/workflow-runs#get-a-workflow-run";
const GET_ATTEMPT: &str = "/rest/actions/workflow-runs#get-a-workflow-run-attempt";
const LIST_JOBS: &str = "/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run";

/// Responds to a request and counts it, as GitHub does.
pub(super) fn answer(world: &mut World, call: &Call<'_>) -> Answer {
    if call.request.header("user-agent").is_none_or(str::is_empty) {
        return refusal::no_user_agent();
    }
    let path: Vec<&str> = call.path.split('/').skip(1).collect();
    if let ["app", ..] | ["orgs" | "users", _, "installation"] = path[..] {
        return app_api::answer(world, call, &path);
    }
    let Some(caller) = world.caller(call) else { return refusal::bad_credentials() };
    if path == ["graphql"] {
        return graphql::answer(world, caller, call.request);
    }
    if path == ["rate_limit"] {
        // These requests are not counted.
        let budget = world.budget(caller, Resource::Core);
        return budget.add_to(json_answer(200, &rate_limit(world, caller)));
    }
    let budget = world.budget(caller, Resource::Core);
    if budget.remaining() == 0 {
        return refusal::rate_limit(403, budget.limit, budget.reset);
    }
    let answer = with_etag(route(world, caller, call, &path), call.request);
    let is_known = is_known(&answer, call);
    let answer = if is_known { not_modified(&answer) } else { answer };
    if is_known && caller == Caller::User {
        // A response that has not changed is counted only if there is no token.
        return budget.add_to(answer);
    }
    match world.spend(caller, Resource::Core) {
        Some(budget) => budget.add_to(answer),
        None => refusal::rate_limit(403, budget.limit, budget.reset),
    }
}

/// Adds the tag that says whether a response has changed. GitHub calculates it from the body and from headers of the request, so
/// it differs for each token: <https://github.com/github/docs/issues/34689>.
fn with_etag(answer: Answer, request: &Request) -> Answer {
    if answer.status != 200 {
        return answer;
    }
    let mut hash = Sha256::new();
    for header in ["accept", "authorization"] {
        if let Some(value) = request.header(header) {
            hash.update(value);
            hash.update(":");
        }
    }
    let hash = hash.chain_update(&answer.body).finalize();
    let hex = hash.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    answer.with_header("etag", &format!("W/\"{hex}\""))
}

fn etag(answer: &Answer) -> Option<&str> {
    answer.headers.iter().find(|(name, _)| name == "etag").map(|(_, etag)| &**etag)
}

/// Whether the client knows this response already.
fn is_known(answer: &Answer, call: &Call<'_>) -> bool {
    let etag = etag(answer);
    let opaque_tag = |etag: &str| etag.trim_start_matches("W/").to_owned();
    etag.is_some() && etag.map(opaque_tag) == call.request.header("if-none-match").map(opaque_tag)
}

fn not_modified(answer: &Answer) -> Answer {
    let etag = etag(answer).unwrap_or_default();
    Answer { status: 304, headers: Vec::new(), body: Vec::new() }.with_header("etag", etag)
}

fn route(world: &World, caller: Caller, call: &Call<'_>, path: &[&str]) -> Answer {
    let (lookup, subpath) = match path {
        _ if call.request.method != "GET" => return refusal::not_found("/rest"),
        ["repos", owner, name, subpath @ ..] => (world.find(&format!("{owner}/{name}"), caller), subpath),
        ["repositories", id, subpath @ ..] => (world.find_by_id(id, caller), subpath),
        _ => return refusal::not_found("/rest"),
    };
    let documentation = match subpath {
        [] => GET_REPOSITORY,
        ["commits"] => LIST_COMMITS,
        ["compare", _] => COMPARE,
        ["actions", "workflows"] => LIST_WORKFLOWS,
        ["actions", "workflows", _, "runs"] => LIST_RUNS,
        ["actions", "runs"] => LIST_ALL_RUNS,
        ["actions", "runners"] => LIST_RUNNERS,
        ["actions", "runs", _] => GET_RUN,
        ["actions", "runs", _, "attempts", _] => GET_ATTEMPT,
        ["actions", "runs", _, "jobs"] => LIST_JOBS,
        ["activity"] => LIST_ACTIVITY,
        ["branches", _] => GET_BRANCH,
        ["rules", "branches", _] => LIST_RULES,
        ["commits", _, "check-runs"] => LIST_CHECK_RUNS,
        ["commits", _, "status"] => GET_STATUS,
        ["dependabot", "alerts"] => LIST_DEPENDABOT_ALERTS,
        ["code-scanning", "alerts"] => LIST_CODE_SCANNING_ALERTS,
        ["secret-scanning", "alerts"] => LIST_SECRET_SCANNING_ALERTS,
        _ => return refusal::not_found("/rest"),
    };
    let repository = match lookup {
        Lookup::Found(repository) => repository,
        Lookup::Moved(id) => return moved(world, call, id, subpath),
        Lookup::Nothing => return refusal::not_found(documentation),
    };
    let request = RepositoryRequest {
        call,
        repository,
        objects: Objects { api: &world.api },
        path: subpath.join("/"),
        now: world.numbers.now,
    };
    match subpath {
        ["commits"] => request.commits(),
        ["compare", range] => request.compare(range),
        ["actions", "workflows"] => request.workflows(),
        ["actions", "workflows", workflow, "runs"] => request.runs(Some(workflow)),
        ["actions", "runs"] => request.runs(None),
        ["actions", "runners"] => request.runners(),
        ["actions", "runs", id] => request.run(id),
        ["actions", "runs", id, "attempts", attempt] => request.attempt(id, attempt),
        ["actions", "runs", id, "jobs"] => request.jobs(id),
        ["activity"] => request.activity(),
        ["branches", name] => request.branch(&name.replace("%2F", "/")),
        ["rules", "branches", name] => request.rules(&name.replace("%2F", "/")),
        ["commits", sha, "check-runs"] => request.check_runs(sha),
        ["commits", sha, "status"] => request.status(sha),
        ["dependabot", "alerts"] => request.dependabot_alerts(),
        ["code-scanning", "alerts"] => request.code_scanning_alerts(),
        ["secret-scanning", "alerts"] => request.secret_scanning_alerts(),
        _ => json_answer(200, &request.objects.repository(repository)),
    }
}

/// A redirect to the endpoint under the repository's id.
fn moved(world: &World, call: &Call<'_>, id: u64, subpath: &[&str]) -> Answer {
    let path: String = subpath.iter().flat_map(|part| ["/", part]).collect();
    let query = call.request.query();
    let mark = if query.is_empty() { "" } else { "?" };
    refusal::moved(&format!("{}/repositories/{id}{path}{mark}{query}", world.api))
}

impl RepositoryRequest<'_> {
    fn commits(&self) -> Answer {
        if self.repository.branches.is_empty() {
            return refusal::empty_repository(LIST_COMMITS);
        }
        let (since, until) = match (self.time("since"), self.time("until")) {
            (Ok(since), Ok(until)) => (since, until),
            (Err(refusal), _) | (_, Err(refusal)) => return refusal,
        };
        let start = self.call.parameter("sha").unwrap_or(&self.repository.default_branch);
        let Some(history) = self.repository.history(start) else { return refusal::not_found(LIST_COMMITS) };
        let commits: Vec<_> = history
            .into_iter()
            .filter(|commit| since.is_none_or(|since| commit.committed >= since))
            .filter(|commit| until.is_none_or(|until| commit.committed <= until))
            .collect();
        let object = |commit: &&StoredCommit| self.objects.commit(self.repository, commit);
        self.page(&commits, object, |page, _| page.into())
    }

    fn compare(&self, range: &str) -> Answer {
        let commits = range
            .split_once("...")
            .and_then(|(base, head)| Some((self.repository.history(base)?, self.repository.history(head)?)));
        let Some((base, head)) = commits else { return refusal::not_found(COMPARE) };
        let ids = |commits: &[&StoredCommit]| -> HashSet<String> {
            commits.iter().map(|commit| commit.sha.clone()).collect()
        };
        let (in_base, in_head) = (ids(&base), ids(&head));
        let Some(common) = head.iter().copied().find(|commit| in_base.contains(&commit.sha)) else {
            return refusal::not_found(COMPARE);
        };
        let behind = base.iter().filter(|commit| !in_head.contains(&commit.sha)).count();
        // The oldest first.
        let new: Vec<&StoredCommit> =
            head.iter().rev().copied().filter(|commit| !in_base.contains(&commit.sha)).collect();
        let object = |commit: &&StoredCommit| self.objects.commit(self.repository, commit);
        self.page(&new, object, |page, total| {
            self.objects.comparison(self.repository, range, (base[0], common), (total, behind), &page)
        })
    }

    fn workflows(&self) -> Answer {
        let workflows: Vec<&String> = self.repository.workflows.iter().collect();
        let object = |workflow: &&String| self.objects.workflow(self.repository, workflow);
        self.page(&workflows, object, |page, total| json!({ "total_count": total, "workflows": page }))
    }

    fn runs(&self, workflow: Option<&str>) -> Answer {
        if workflow.is_some_and(|workflow| !self.repository.workflows.contains(workflow)) {
            return refusal::not_found(LIST_RUNS);
        }
        let filtered = FILTERS.iter().any(|name| self.call.parameter(name).is_some());
        let mut runs: Vec<_> = self
            .repository
            .runs_of(workflow, filtered)
            .into_iter()
            .filter(|run| self.call.parameter("branch").is_none_or(|branch| run.branch == branch))
            .filter(|run| self.call.parameter("event").is_none_or(|event| run.event == event))
            .filter(|run| self.call.parameter("head_sha").is_none_or(|sha| run.head_sha == sha))
            .filter(|run| self.call.parameter("status").is_none_or(|status| run.has_status(status)))
            .collect();
        let total = runs.len();
        if filtered {
            runs.truncate(MAX_FILTERED);
        }
        let object = |run: &&StoredRun| self.objects.run(self.repository, run);
        self.page(&runs, object, |page, _| json!({ "total_count": total, "workflow_runs": page }))
    }

    fn runners(&self) -> Answer {
        let runners: Vec<_> = self.repository.runners.iter().copied().enumerate().collect();
        let object = |(index, runner): &(usize, Runner)| Objects::runner(*index, *runner);
        self.page(&runners, object, |page, total| json!({ "total_count": total, "runners": page }))
    }

    fn run(&self, id: &str) -> Answer {
        match self.find_run(id) {
            Some(run) => json_answer(200, &self.objects.run(self.repository, run)),
            None => refusal::not_found(GET_RUN),
        }
    }

    fn attempt(&self, id: &str, attempt: &str) -> Answer {
        let attempt = attempt.parse().ok();
        match self.find_run(id).zip(attempt).and_then(|(run, attempt)| run.in_attempt(attempt)) {
            Some(run) => json_answer(200, &self.objects.run(self.repository, &run)),
            None => refusal::not_found(GET_ATTEMPT),
        }
    }

    fn find_run(&self, id: &str) -> Option<&StoredRun> {
        self.repository.runs.iter().find(|run| run.id.to_string() == id)
    }

    fn jobs(&self, id: &str) -> Answer {
        let Some(run) = self.find_run(id) else { return refusal::not_found(LIST_JOBS) };
        let includes_all_attempts = self.call.parameter("filter") == Some("all");
        let jobs: Vec<_> = run
            .jobs
            .iter()
            .enumerate()
            .filter(|(_, job)| includes_all_attempts || run.attempt_of(job) == run.attempt)
            .collect();
        let object =
            |(index, job): &(usize, &Job)| self.objects.job(self.repository, run, *index, job, self.now);
        self.page(&jobs, object, |page, total| json!({ "total_count": total, "jobs": page }))
    }

    /// The requested page, with its links. Only the items on it are converted to JSON, so that the fake is fast and a
    /// benchmark measures the client.
    pub(super) fn page<T>(
        &self,
        items: &[T],
        object: impl Fn(&T) -> Value,
        body: impl FnOnce(Vec<Value>, usize) -> Value,
    ) -> Answer {
        let page = Page::parse(self.call);
        let objects = page.slice(items).iter().map(object).collect();
        let answer = json_answer(200, &body(objects, items.len()));
        with_link(answer, page.link(&self.url(), self.call.request.query(), items.len()))
    }

    /// The requested page of a list that is paginated by cursors.
    pub(super) fn cursor_page<T>(&self, items: &[T], object: impl Fn(&T) -> Value) -> Answer {
        let page = CursorPage::parse(self.call);
        let objects: Vec<Value> = page.slice(items).iter().map(object).collect();
        let answer = json_answer(200, &objects.into());
        with_link(answer, page.link(&self.url(), self.call.request.query(), items.len()))
    }

    fn url(&self) -> String {
        format!("{}/repositories/{}/{}", self.objects.api, self.repository.id, self.path)
    }

    /// A time in a parameter. An invalid time is refused, so that a test detects it.
    fn time(&self, parameter: &str) -> Result<Option<SystemTime>, Answer> {
        let Some(text) = self.call.parameter(parameter) else { return Ok(None) };
        let time = humantime::parse_rfc3339(text);
        time.map(Some).map_err(|_| refusal::bad_parameter(parameter, LIST_COMMITS))
    }
}

fn with_link(answer: Answer, link: Option<String>) -> Answer {
    match link {
        Some(link) => answer.with_header("link", &link),
        None => answer,
    }
}

fn rate_limit(world: &World, caller: Caller) -> Value {
    let [core, graphql] = [Resource::Core, Resource::GraphQl].map(|resource| world.budget(caller, resource));
    let search = json!({ "limit": 30, "used": 0, "remaining": 30, "reset": epoch_seconds(core.reset) });
    let resources = json!({ "core": core.object(), "graphql": graphql.object(), "search": search });
    json!({ "resources": resources, "rate": core.object() })
}
