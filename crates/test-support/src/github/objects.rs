//! The objects in GitHub's responses, with at least the fields that GitHub's schema requires. `contract` validates them
//! against that schema.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::{
    commit::StoredCommit,
    job::Job,
    repository_data::{RepositoryData, Runner},
    run::StoredRun,
    when::timestamp,
};

/// The host of web pages. Only the API is faked.
pub(super) const WEB: &str = "https://github.com";

/// The links of a repository object, relative to its own URL.
const REPOSITORY_LINKS: &[(&str, &str)] = &[
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
    ("url", ""),
];

/// Makes objects whose links point to the fake at `api`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Objects<'a> {
    pub(super) api: &'a str,
}

impl Objects<'_> {
    /// A `full-repository`, as `GET /repos/{owner}/{repo}` returns it.
    pub(super) fn repository(&self, repository: &RepositoryData) -> Value {
        let full_name = &repository.full_name;
        let pushed = timestamp(repository.pushed());
        let mut object = self.minimal_repository(repository.id, full_name, repository.private, false);
        merge(
            &mut object,
            json!({
                "allow_forking": true,
                "archived": false,
                "clone_url": format!("{WEB}/{full_name}.git"),
                "created_at": timestamp(repository.created),
                "default_branch": repository.default_branch,
                "disabled": false,
                "forks": 0,
                "forks_count": 0,
                "git_url": format!("git://github.com/{full_name}.git"),
                "has_discussions": false,
                "has_downloads": true,
                "has_issues": !repository.are_issues_off,
                "has_pages": false,
                "has_projects": true,
                "has_wiki": true,
                "homepage": null,
                "is_template": false,
                "language": "Rust",
                "license": null,
                "mirror_url": null,
                "network_count": 0,
                "open_issues": 0,
                "open_issues_count": 0,
                "pushed_at": pushed,
                "size": 108,
                "ssh_url": format!("git@github.com:{full_name}.git"),
                "stargazers_count": 0,
                "subscribers_count": 1,
                "svn_url": format!("{WEB}/{full_name}"),
                "temp_clone_token": null,
                "topics": [],
                "updated_at": pushed,
                "visibility": if repository.private { "private" } else { "public" },
                "watchers": 0,
                "watchers_count": 0,
                "web_commit_signoff_required": false,
            }),
        );
        object
    }

    /// A `commit` of a list.
    pub(super) fn commit(&self, repository: &RepositoryData, commit: &StoredCommit) -> Value {
        let api = self.repository_url(&repository.full_name);
        let web = format!("{WEB}/{}", repository.full_name);
        let sha = &commit.sha;
        let tree: String = sha.chars().rev().collect();
        let identity = |date| json!({ "name": commit.author.name, "email": commit.author.email, "date": timestamp(date) });
        let account = self.account(&commit.author.account);
        let parents: Vec<_> = commit
            .parents
            .iter()
            .map(|parent| {
                json!({
                    "sha": parent,
                    "url": format!("{api}/commits/{parent}"),
                    "html_url": format!("{web}/commit/{parent}"),
                })
            })
            .collect();
        json!({
            "sha": sha,
            "node_id": format!("C_{sha}"),
            "commit": {
                "author": identity(commit.authored),
                "committer": identity(commit.committed),
                "message": commit.message,
                "tree": { "sha": tree, "url": format!("{api}/git/trees/{tree}") },
                "url": format!("{api}/git/commits/{sha}"),
                "comment_count": 0,
                "verification": {
                    "verified": false,
                    "reason": "unsigned",
                    "signature": null,
                    "payload": null,
                    "verified_at": null,
                },
            },
            "url": format!("{api}/commits/{sha}"),
            "html_url": format!("{web}/commit/{sha}"),
            "comments_url": format!("{api}/commits/{sha}/comments"),
            "author": account,
            "committer": account,
            "parents": parents,
        })
    }

    /// A `commit-comparison` of two commits, the base and the head, with a page of commits. `common` is their merge base.
    /// `ahead` is the number of commits that only the history of the head contains, and `behind` of those that only the history
    /// of the base contains.
    pub(super) fn comparison(
        &self,
        repository: &RepositoryData,
        range: &str,
        (base, common): (&StoredCommit, &StoredCommit),
        (ahead, behind): (usize, usize),
        commits: &[Value],
    ) -> Value {
        let api = format!("{}/compare/{range}", self.repository_url(&repository.full_name));
        let web = format!("{WEB}/{}/compare/{range}", repository.full_name);
        json!({
            "url": api,
            "html_url": web,
            "permalink_url": web,
            "diff_url": format!("{web}.diff"),
            "patch_url": format!("{web}.patch"),
            "base_commit": self.commit(repository, base),
            "merge_base_commit": self.commit(repository, common),
            "status": match (ahead, behind) {
                (0, 0) => "identical",
                (_, 0) => "ahead",
                (0, _) => "behind",
                _ => "diverged",
            },
            "ahead_by": ahead,
            "behind_by": behind,
            "total_commits": ahead,
            "commits": commits,
            "files": [],
        })
    }

    /// A `workflow` of a list.
    pub(super) fn workflow(&self, repository: &RepositoryData, file: &str) -> Value {
        let full_name = &repository.full_name;
        let id = id_from_name(file);
        let name = file.split('.').next();
        let path = format!(".github/workflows/{file}");
        let created = timestamp(repository.created);
        json!({
            "id": id,
            "node_id": format!("W_{id}"),
            "name": name,
            "path": path,
            "state": repository.workflow_state(file),
            "created_at": created,
            "updated_at": created,
            "url": format!("{}/actions/workflows/{id}", self.repository_url(full_name)),
            "html_url": format!("{WEB}/{full_name}/blob/{}/{path}", repository.default_branch),
            "badge_url": format!("{WEB}/{full_name}/workflows/{}/badge.svg", name.unwrap_or(file)),
        })
    }

    /// A `runner` of a list.
    pub(super) fn runner(index: usize, runner: Runner) -> Value {
        let label = |(id, name): (usize, &str)| json!({ "id": id, "name": name, "type": "read-only" });
        let labels: Vec<Value> = ["self-hosted", "Linux", "X64"].into_iter().enumerate().map(label).collect();
        json!({
            "id": index + 1,
            "runner_group_id": 1,
            "name": format!("runner-{}", index + 1),
            "os": "linux",
            "status": if runner == Runner::Offline { "offline" } else { "online" },
            "busy": runner == Runner::Busy,
            "ephemeral": false,
            "labels": labels,
        })
    }

    /// A `workflow-run` of a list.
    pub(super) fn run(&self, repository: &RepositoryData, run: &StoredRun) -> Value {
        let full_name = &repository.full_name;
        let api = self.repository_url(full_name);
        let url = format!("{api}/actions/runs/{}", run.id);
        let created = timestamp(run.created);
        let own = self.minimal_repository(repository.id, full_name, repository.private, false);
        let head = run.fork.as_ref().map_or_else(
            || own.clone(),
            |fork| self.minimal_repository(id_from_name(fork), fork, repository.private, true),
        );
        let head_id = head["id"].clone();
        let previous = (run.attempt > 1).then(|| format!("{url}/attempts/{}", run.attempt - 1));
        let actor = self.user("ada", "User");
        let person = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
        json!({
            "id": run.id,
            "name": run.workflow_name(),
            "node_id": format!("WFR_{}", run.id),
            "head_branch": run.branch,
            "head_sha": run.head_sha,
            "path": run.path(),
            "display_title": "Change something",
            "run_number": run.number,
            "event": run.event,
            "status": run.status.as_str(),
            "conclusion": run.status.conclusion(),
            "workflow_id": id_from_name(&run.workflow),
            "check_suite_id": run.id + 1,
            "check_suite_node_id": format!("CS_{}", run.id + 1),
            "url": url,
            "html_url": format!("{WEB}/{full_name}/actions/runs/{}", run.id),
            "pull_requests": [],
            "created_at": created,
            "updated_at": timestamp(run.updated),
            "actor": actor,
            "run_attempt": run.attempt,
            "referenced_workflows": [],
            "run_started_at": timestamp(run.started),
            "triggering_actor": actor,
            "jobs_url": format!("{url}/jobs"),
            "logs_url": format!("{url}/logs"),
            "check_suite_url": format!("{api}/check-suites/{}", run.id + 1),
            "artifacts_url": format!("{url}/artifacts"),
            "cancel_url": format!("{url}/cancel"),
            "rerun_url": format!("{url}/rerun"),
            "previous_attempt_url": previous,
            "workflow_url": format!("{api}/actions/workflows/{}", id_from_name(&run.workflow)),
            "head_commit": {
                "id": run.head_sha,
                "tree_id": run.head_sha,
                "message": "Change something",
                "timestamp": created,
                "author": person,
                "committer": person,
            },
            "repository": own,
            "head_repository": head,
            "head_repository_id": head_id,
        })
    }

    /// A `job` of a list. `index` is its position among the jobs of the run.
    pub(super) fn job(
        &self,
        repository: &RepositoryData,
        run: &StoredRun,
        index: usize,
        job: &Job,
        now: SystemTime,
    ) -> Value {
        let api = self.repository_url(&repository.full_name);
        let id = run.id * 1_000 + index as u64;
        let created =
            job.created.map_or_else(|| run.started_in(run.attempt_of(job)), |when| when.resolve(now));
        // For a job that has not started, GitHub gives the time when it was created.
        let started = job.started.map_or(created, |when| when.resolve(now));
        let completed = job.completed.map_or(started, |when| when.resolve(now));
        let (created, started) = (timestamp(created), timestamp(started));
        let completed = job.status.conclusion().map(|_| timestamp(completed));
        let runner = job.has_runner;
        let step = json!({
            "name": "Run the tests",
            "status": job.status.as_str(),
            "conclusion": job.status.conclusion(),
            "number": 1,
            "started_at": started,
            "completed_at": completed,
        });
        // A job that waits for an approval or for another run has no steps yet.
        let steps = if job.status.as_str() == "waiting" { vec![] } else { vec![step] };
        json!({
            "id": id,
            "run_id": run.id,
            "workflow_name": run.workflow_name(),
            "head_branch": run.branch,
            "run_url": format!("{api}/actions/runs/{}", run.id),
            "run_attempt": run.attempt_of(job),
            "node_id": format!("CR_{id}"),
            "head_sha": run.head_sha,
            "url": format!("{api}/actions/jobs/{id}"),
            "html_url": format!("{WEB}/{}/actions/runs/{}/job/{id}", repository.full_name, run.id),
            "status": job.status.as_str(),
            "conclusion": job.status.conclusion(),
            "created_at": created,
            "started_at": started,
            "completed_at": completed,
            "name": job.name,
            "steps": steps,
            "check_run_url": format!("{api}/check-runs/{id}"),
            "labels": job.labels,
            "runner_id": runner.then_some(1),
            "runner_name": runner.then_some("GitHub Actions 1"),
            "runner_group_id": runner.then_some(2),
            "runner_group_name": runner.then_some("GitHub Actions"),
        })
    }

    /// The URL of a repository in the API.
    pub(super) fn repository_url(&self, full_name: &str) -> String {
        format!("{}/repos/{full_name}", self.api)
    }

    /// A `minimal-repository`, as runs contain it.
    pub(super) fn minimal_repository(&self, id: u64, full_name: &str, private: bool, fork: bool) -> Value {
        let (owner, name) = full_name.split_once('/').unwrap_or(("", full_name));
        let mut object = json!({
            "id": id,
            "node_id": format!("R_{id}"),
            "name": name,
            "full_name": full_name,
            "private": private,
            "owner": self.user(owner, "Organization"),
            "html_url": format!("{WEB}/{full_name}"),
            "description": null,
            "fork": fork,
        });
        for (link, path) in REPOSITORY_LINKS {
            object[*link] = format!("{}{path}", self.repository_url(full_name)).into();
        }
        object
    }

    /// A `simple-user`.
    pub(super) fn user(&self, login: &str, kind: &str) -> Value {
        let id = id_from_name(login);
        let url = format!("{}/users/{login}", self.api);
        json!({
            "login": login,
            "id": id,
            "node_id": format!("U_{id}"),
            "avatar_url": format!("https://avatars.githubusercontent.com/u/{id}?v=4"),
            "gravatar_id": "",
            "url": url,
            "html_url": format!("{WEB}/{login}"),
            "followers_url": format!("{url}/followers"),
            "following_url": format!("{url}/following{{/other_user}}"),
            "gists_url": format!("{url}/gists{{/gist_id}}"),
            "starred_url": format!("{url}/starred{{/owner}}{{/repo}}"),
            "subscriptions_url": format!("{url}/subscriptions"),
            "organizations_url": format!("{url}/orgs"),
            "repos_url": format!("{url}/repos"),
            "events_url": format!("{url}/events{{/privacy}}"),
            "received_events_url": format!("{url}/received_events"),
            "type": kind,
            "user_view_type": "public",
            "site_admin": false,
        })
    }
}

/// An id that is derived from a name: the same name always has the same id.
fn id_from_name(name: &str) -> u64 {
    name.bytes().fold(7, |number, byte| (number * 31 + u64::from(byte)) % 1_000_000_007)
}

fn merge(object: &mut Value, more: Value) {
    if let (Value::Object(object), Value::Object(more)) = (object, more) {
        object.extend(more);
    }
}
