//! How the client sends GraphQL queries: errors, limits, timeouts and pages.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::{Value, json};
use system_health_collectors::github::{GitHub, GitHubError, GitHubRepository, QueryErrorKind, QueryPages};
use system_health_registry::{ApiCalls, SharedError};
use system_health_test_support::{
    github::{FakeGitHub, contract, refusal},
    server::{Answer, Fault},
};

use crate::stage::{OneRepository, Stage, TOKEN};

const NAME_QUERY: &str = "query($owner: String!, $name: String!) {
    repository(owner: $owner, name: $name) { nameWithOwner }
}";
const COMMITS_QUERY: &str = "query($owner: String!, $name: String!, $first: Int!, $after: String) {
    repository(owner: $owner, name: $name) {
        defaultBranchRef {
            target {
                ... on Commit {
                    history(first: $first, after: $after) {
                        nodes { message }
                        pageInfo { hasNextPage endCursor }
                    }
                }
            }
        }
    }
}";

#[derive(Debug, Deserialize)]
struct Commit {
    message: String,
}

fn github(commits: u32) -> FakeGitHub {
    let github = FakeGitHub::builder().token(TOKEN).start();
    github.repository("acme/shop").commits(commits);
    github
}

async fn query_name(context: &OneRepository) -> Result<Value, GitHubError> {
    context.get::<GitHubRepository>().await.unwrap().query(NAME_QUERY, json!({})).await
}

async fn commit_pages(context: &OneRepository) -> QueryPages<Commit> {
    let repository = context.get::<GitHubRepository>().await.unwrap();
    repository.query_pages(COMMITS_QUERY, json!({}), &["repository", "defaultBranchRef", "target", "history"])
}

fn text(error: GitHubError) -> String {
    SharedError::new(error).to_string()
}

/// The page size of each query.
fn sizes(github: &FakeGitHub) -> Vec<u64> {
    let size = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap()["variables"]["first"].as_u64();
    github.requests().iter().filter_map(|request| size(&request.body)).collect()
}

#[tokio::test]
async fn a_query_is_sent_to_the_path_of_the_servers_graphql_api() {
    for (base_path, path) in [("", "/graphql"), ("/api/v3", "/api/graphql")] {
        let github = match base_path {
            "" => FakeGitHub::builder(),
            path => FakeGitHub::builder().base_path(path),
        };
        let github = github.token(TOKEN).start();
        github.repository("acme/shop").commits(1);

        let answer = query_name(&Stage::on(&github).one_repository()).await.unwrap();

        assert_eq!(answer, json!({ "repository": { "nameWithOwner": "acme/shop" } }));
        let [request] = &*github.requests() else { panic!("{:#?}", github.requests()) };
        assert_eq!(request.line(), format!("POST {path}"));
        assert_eq!(request.header("authorization"), Some(&*format!("Bearer {TOKEN}")));
        assert_eq!(request.header("content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn a_renamed_repository_is_found() {
    let github = github(1);
    github.repository("acme/shop").rename("acme/store");
    let answer = query_name(&Stage::on(&github).one_repository()).await.unwrap();
    assert_eq!(answer["repository"]["nameWithOwner"], "acme/store");
}

#[tokio::test]
async fn all_pages_are_read() {
    let github = github(250);
    let all_commits = commit_pages(&Stage::on(&github).one_repository()).await.all().await.unwrap();
    assert_eq!(all_commits.len(), 250);
    assert_eq!(all_commits[249].message, "Change number 250");
    assert_eq!(sizes(&github), [100, 100, 100]);
}

#[tokio::test]
async fn the_page_size_is_halved_until_github_responds_in_time() {
    let github = github(30);
    github.time_out_queries_above(12);
    let context = Stage::on(&github).one_repository();
    let all_commits = commit_pages(&context).await.all().await.unwrap();
    assert_eq!(all_commits.len(), 30);
    assert_eq!(sizes(&github), [100, 50, 25, 12, 12, 12]);
}

#[tokio::test]
async fn a_single_item_that_takes_too_long_is_an_error() {
    let github = github(30);
    github.time_out_queries_above(0);
    let context = Stage::on(&github).deadline(Duration::from_secs(2)).one_repository();
    let error = commit_pages(&context).await.page_size(4).all().await.unwrap_err();
    assert_eq!(error.query_error_kind(), Some(QueryErrorKind::Timeout));
    let text = text(error);
    assert!(text.ends_with("GitHub answered 502 Bad Gateway"), "{text}");
    let sizes = sizes(&github);
    assert_eq!(sizes[..3], [4, 2, 1]);
    assert!(sizes.len() > 3 && sizes[3..].iter().all(|size| *size == 1), "{sizes:?}");
}

#[tokio::test]
async fn a_query_is_retried_like_any_request() {
    for (fault, times) in [
        (Fault::from(refusal::server_error(503)), 1),
        (refusal::query_timeout(502).into(), 2),
        (refusal::query_timeout(200).into(), 2),
        (refusal::query_rate_limit().with_header("retry-after", "1").into(), 1),
        (refusal::secondary_rate_limit(403, Duration::from_secs(1)).into(), 1),
        (Fault::Disconnect, 1),
    ] {
        let github = github(1);
        github.fail_times(times, "/graphql", fault);
        query_name(&Stage::on(&github).one_repository()).await.unwrap();
        assert_eq!(github.requests().len(), times + 1);
    }
}

#[tokio::test]
async fn partial_data_is_an_error() {
    let github = github(1);
    let message = format!("Resource not accessible by {TOKEN}");
    github.fail("/graphql", refusal::query_error("FORBIDDEN", &message));
    let error = query_name(&Stage::on(&github).one_repository()).await.unwrap_err();
    assert_eq!(error.query_error_kind(), Some(QueryErrorKind::Forbidden));
    assert_eq!(
        text(error),
        "POST /graphql: GitHub answered the query with an error: Resource not accessible by [token] (FORBIDDEN at \
         `repository`)"
    );
}

#[tokio::test]
async fn a_missing_repository_has_its_own_kind_of_error() {
    let github = github(1);
    let context = Stage::empty()
        .github(&github)
        .token()
        .settings("[repository]\nname = \"acme/socks\"")
        .one_repository();
    let error = query_name(&context).await.unwrap_err();
    assert_eq!(error.query_error_kind(), Some(QueryErrorKind::NotFound));
    assert!(text(error).contains("Could not resolve to a Repository with the name 'acme/socks'."));
}

#[tokio::test]
async fn a_response_with_an_unexpected_form_is_an_error() {
    for (answer, expected) in [
        (
            json!({ "data": { "repository": null } }),
            "unexpected form at `data.repository.defaultBranchRef.target.history`",
        ),
        (json!({ "data": null }), "answered the query without data"),
        (json!([]), "unexpected form"),
    ] {
        let github = github(1);
        github.fail("/graphql", Answer::json(200, &answer));
        let error = commit_pages(&Stage::on(&github).one_repository()).await.all().await.unwrap_err();
        let text = text(error);
        assert!(text.contains(expected), "{text}");
    }
}

#[tokio::test]
async fn a_next_page_without_a_new_cursor_is_an_error() {
    let page = |cursor: Value| {
        let history = json!({ "nodes": [{ "message": "m" }], "pageInfo": { "hasNextPage": true, "endCursor": cursor } });
        Answer::json(
            200,
            &json!({ "data": { "repository": { "defaultBranchRef": { "target": { "history": history } } } } }),
        )
    };
    for cursor in [Value::Null, json!("same")] {
        let github = github(1);
        github.fail("/graphql", page(cursor));
        let error = commit_pages(&Stage::on(&github).one_repository()).await.all().await.unwrap_err();
        assert!(text(error).contains("gave no items or no new cursor; the list may be incomplete"));
        assert!(github.requests().len() <= 2);
    }
}

#[tokio::test]
async fn after_an_error_the_same_page_is_requested_again() {
    let github = github(150);
    let mut pages = commit_pages(&Stage::on(&github).one_repository()).await;
    assert_eq!(pages.next().await.unwrap().unwrap().len(), 100);
    github.fail_times(1, "/graphql", refusal::query_error("FORBIDDEN", "Not now"));
    pages.next().await.unwrap_err();
    assert_eq!(pages.next().await.unwrap().unwrap().len(), 50);
    assert!(pages.next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_list_that_is_too_long_is_an_error() {
    let github = github(250);
    let settings = format!(
        "[github]\napi_url = \"{}\"\nmax_pages = 2\n[repository]\nname = \"acme/shop\"",
        github.url()
    );
    let error = commit_pages(&Stage::empty().token().settings(&settings).one_repository())
        .await
        .all()
        .await
        .unwrap_err();
    assert!(text(error).contains("more pages than `max_pages` in [github] allows (2)"));
}

#[tokio::test]
async fn an_exhausted_limit_of_queries_does_not_stop_other_requests() {
    let github = FakeGitHub::builder().token(TOKEN).rate_limit(1).start();
    github.repository("acme/shop").commits(1);
    let context = Stage::on(&github).one_repository();
    query_name(&context).await.unwrap();
    let error = query_name(&context).await.unwrap_err();
    assert_eq!(error.query_error_kind(), Some(QueryErrorKind::RateLimited));
    assert!(text(error).contains("rate limit is exhausted"));

    let repository = context.get::<GitHubRepository>().await.unwrap();
    repository.get::<Value>(&[], &[]).await.unwrap();
}

#[tokio::test]
async fn a_secondary_limit_stops_all_requests() {
    let github = github(1);
    github.fail_times(1, "/graphql", refusal::secondary_rate_limit(403, Duration::from_hours(1)));
    let context = Stage::on(&github).one_repository();
    query_name(&context).await.unwrap_err();
    let repository = context.get::<GitHubRepository>().await.unwrap();
    let error = repository.get::<Value>(&[], &[]).await.unwrap_err();
    assert!(text(error).contains("secondary rate limit"));
    assert_eq!(github.requests().len(), 1);
}

#[tokio::test]
async fn queries_need_a_token() {
    let github = github(1);
    let settings = "[repository]\nname = \"acme/shop\"\n[commits]\nsource = \"github\"";
    let context = Stage::empty().github(&github).settings(settings).one_repository();
    let error =
        context.get::<GitHub>().await.unwrap().query::<Value>(NAME_QUERY, json!({})).await.unwrap_err();
    assert_eq!(
        text(error),
        "POST /graphql: GitHub's GraphQL API needs a token, even for public repositories; set a GitHub token"
    );
    assert_eq!(github.requests().len(), 0);
}

#[tokio::test]
async fn queries_are_counted_and_have_a_quota_of_their_own() {
    let github = github(1);
    let context = Stage::on(&github).one_repository();
    query_name(&context).await.unwrap();
    let calls: ApiCalls = context.get().await.unwrap();
    assert_eq!(calls.remaining("github"), None);
    assert_eq!(calls.remaining("github-graphql"), Some(4_999));
    let counted: Vec<_> =
        calls.by_status().iter().map(|calls| (calls.api, calls.status, calls.count)).collect();
    assert_eq!(counted, [("github", Some(200), 1)]);
}

#[tokio::test]
#[ignore = "needs GitHub's API description: run cargo xtask test"]
async fn every_query_is_one_that_github_describes() {
    let github = FakeGitHub::builder().token(TOKEN).now(SystemTime::now()).start();
    github.repository("acme/shop").commits(30);
    let context = Stage::on(&github).one_repository();
    query_name(&context).await.unwrap();
    commit_pages(&context).await.page_size(7).all().await.unwrap();
    contract::check(&github.exchanges());
}
