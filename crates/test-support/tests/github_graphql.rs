//! The fake's GraphQL API is checked against the schema that GitHub publishes. The check itself is tested, too: a wrong answer or
//! query must be refused.

use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use system_health_test_support::{
    github::{
        Commit, Deployment, FakeGitHub, Issue, PullRequest, Release, Review, Tag,
        contract::{self, Exchange, assert_refused, json_pointers},
        refusal,
    },
    server::Answer,
};

/// Asks for every field of repositories, branches and commits that the fake knows.
const REPOSITORY: &str = r#"
query Repository($owner: String!, $name: String!, $first: Int = 2, $skip: Boolean = true) {
    rateLimit { cost limit remaining used resetAt }
    repository(owner: $owner, name: $name, followRenames: true) {
        __typename id databaseId name nameWithOwner url isPrivate isArchived createdAt pushedAt
        skipped: name @skip(if: $skip)
        defaultBranchRef { ...branch }
        branch: ref(qualifiedName: "refs/heads/main") { ...branch target { oid } }
        nothing: ref(qualifiedName: "nothing") { name }
        refs(refPrefix: "refs/heads/", first: 2) { totalCount pageInfo { hasNextPage endCursor } nodes { name } }
        object(expression: "main") { __typename oid ... on Tree { id } }
    }
}
fragment branch on Ref {
    id name prefix
    target {
        ... on Commit {
            id oid message messageHeadline committedDate authoredDate url
            repository { id }
            associatedPullRequests(first: 1) { nodes { ...landed } pageInfo { hasNextPage endCursor } }
            parents(first: 1) { totalCount nodes { oid } }
            history(first: $first) {
                totalCount
                edges { cursor node { oid } }
                nodes { oid message }
                pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
            }
        }
    }
}
fragment landed on PullRequest {
    number url mergedAt baseRefName baseRef { name } baseRepository { id nameWithOwner }
    labels(first: 2) { nodes { name } }
}"#;
/// Asks for commits by their ids.
const NODES: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Commit { oid } } }";
/// Asks for every field of pull requests and issues that the fake knows.
const PULL_REQUESTS: &str = r#"
query PullRequests($owner: String!, $name: String!) {
    repository(owner: $owner, name: $name) {
        hasIssuesEnabled
        issues(first: 10, states: [OPEN, CLOSED], orderBy: { field: UPDATED_AT, direction: DESC }) {
            totalCount
            nodes { ...issue }
        }
        open: issues(states: OPEN) { totalCount }
        pullRequests(first: 10, states: [OPEN, CLOSED, MERGED], orderBy: { field: UPDATED_AT, direction: ASC }) {
            nodes { ...pull }
        }
        toMain: pullRequests(baseRefName: "main") { totalCount }
        pullRequest(number: 1) { ...pull }
    }
}
fragment issue on Issue {
    id number title url state stateReason duplicate: stateReason(enableDuplicate: true) createdAt updatedAt closedAt
    author { ...actor }
}
fragment pull on PullRequest {
    id number title url state closed merged isDraft createdAt updatedAt closedAt mergedAt additions deletions
    baseRefName headRefName headRefOid headRepository { name } author { ...actor }
    reviews(first: 5) {
        nodes { id state submittedAt author { ...actor } commit { id oid committedDate } comments { totalCount } }
    }
    comments(first: 5) { nodes { id createdAt author { ...actor } } }
    timelineItems(first: 10) {
        nodes { __typename ... on ReadyForReviewEvent { id createdAt } ... on ClosedEvent { createdAt } }
    }
    closings: timelineItems(last: 1, itemTypes: [CLOSED_EVENT]) { totalCount }
    commits(last: 1) { nodes { id commit { oid committedDate } } }
}
fragment actor on Actor { __typename login url ... on Node { id } }"#;
/// Asks for every field of deployments, releases, tags and incidents that the fake knows.
const DEPLOYMENTS: &str = r#"
query Deployments($owner: String!, $name: String!, $ids: [ID!]!, $deployment: ID!) {
    repository(owner: $owner, name: $name) {
        deployments(first: 5, environments: ["production"], orderBy: { field: CREATED_AT, direction: DESC }) {
            totalCount
            nodes {
                id databaseId commitOid createdAt environment repository { name }
                statuses(first: 5) { nodes { id state createdAt logUrl environmentUrl } }
            }
        }
        environments(first: 5) { nodes { id name } }
        releases(first: 5, orderBy: { field: CREATED_AT, direction: DESC }) {
            nodes { id tagName isDraft isPrerelease createdAt publishedAt url tagCommit { oid } }
        }
        refs(refPrefix: "refs/tags/", first: 5, orderBy: { field: TAG_COMMIT_DATE, direction: DESC }) {
            nodes {
                id name prefix repository { name }
                target { ... on Commit { oid } ... on Tag { id name tagger { date } target { ... on Commit { oid } } } }
            }
        }
        issues(first: 5, labels: ["incident"]) {
            nodes {
                number body
                timelineItems(last: 1, itemTypes: [REOPENED_EVENT]) {
                    nodes { __typename ... on ReopenedEvent { id createdAt } }
                }
            }
        }
    }
    node(id: $deployment) { ... on Deployment { id statuses(first: 1) { nodes { id } } } }
    nodes(ids: $ids) {
        ... on Commit {
            oid
            associatedPullRequests(first: 5) {
                nodes { number mergeCommit { oid } commits(first: 1) { nodes { commit { authoredDate } } } }
            }
        }
    }
}"#;
const MINUTE: Duration = Duration::from_mins(1);
const PAGE_QUERY: &str = "query($first: Int, $last: Int, $after: String, $before: String) {
    repository(owner: \"acme\", name: \"shop\") {
        defaultBranchRef { target { ... on Commit {
            history(first: $first, last: $last, after: $after, before: $before) {
                nodes { message } pageInfo { hasNextPage hasPreviousPage endCursor startCursor }
            }
        } } }
    }
}";

fn github() -> FakeGitHub {
    let github = FakeGitHub::builder().token("right").start();
    github.repository("acme/old").commits(3).commit(Commit::new("By a stranger\n\nText").unknown_author());
    github
        .repository("acme/old")
        .pull_request(
            PullRequest::new("Sell socks")
                .draft()
                .ready(MINUTE * 50)
                .convert_to_draft(MINUTE * 45)
                .ready(MINUTE * 40)
                .force_push(MINUTE * 35)
                .review(MINUTE * 30, Review::new("ben").comments(2))
                .review(MINUTE * 29, Review::new("ghost").state("PENDING").of_lost_commit())
                .comment(MINUTE * 20, "coverage[bot]")
                .close(MINUTE * 15)
                .reopen(MINUTE * 14)
                .label(MINUTE * 12)
                .merge(MINUTE * 10),
        )
        .pull_request(PullRequest::new("Sell shoes").by("ghost").from_deleted_fork().close(MINUTE))
        .issue(Issue::new("Broken").close_as(MINUTE, Some("DUPLICATE")))
        .issue(Issue::new("Slow").close(MINUTE * 9).reopen(MINUTE * 8));
    let landed = PullRequest::new("Sell hats").labelled("revert").merge(MINUTE);
    github
        .repository("acme/landed")
        .pull_request(landed)
        .commit(Commit::new("Sell hats (#1)").pull_request(1));
    github.repository("acme/old").rename("acme/shop");
    github.repository("acme/empty").private();
    github
}

async fn ask(github: &FakeGitHub, token: Option<&str>, query: &str, variables: Value) -> Value {
    let client = Client::builder().no_proxy().user_agent("test").build().unwrap();
    let body = json!({ "query": query, "variables": variables });
    let request = client.post(github.url() + "/graphql").body(body.to_string());
    let request = if let Some(token) = token { request.bearer_auth(token) } else { request };
    let text = request.send().await.unwrap().text().await.unwrap();
    serde_json::from_str(&text).unwrap()
}

async fn repository_exchange(github: &FakeGitHub) -> Exchange {
    ask(github, Some("right"), REPOSITORY, json!({ "owner": "acme", "name": "shop" })).await;
    github.exchanges().pop().unwrap()
}

#[tokio::test]
async fn a_removed_commit_can_still_be_read_by_its_hash() {
    let github = FakeGitHub::builder().token("right").start();
    let shop = github.repository("acme/shop");
    shop.commits(2);
    let query = r#"query($commit: String!) {
        repository(owner: "acme", name: "shop") { object(expression: $commit) { ... on Commit { oid message } } }
    }"#;
    let read = async |commit: &str| {
        let answer = ask(&github, Some("right"), query, json!({ "commit": commit })).await;
        answer["data"]["repository"]["object"].clone()
    };
    let newest = read("main").await;

    shop.remove_commits("main", 1);

    assert_eq!(read(newest["oid"].as_str().unwrap()).await, newest);
    assert_ne!(read("main").await, newest);
}

#[tokio::test]
async fn pages_go_both_ways() {
    let github = github();
    let page = async |variables: Value| {
        let answer = ask(&github, Some("right"), PAGE_QUERY, variables).await;
        let history = &answer["data"]["repository"]["defaultBranchRef"]["target"]["history"];
        let last_character = |node: &Value| node["message"].as_str().unwrap().chars().last().unwrap();
        let characters: String = history["nodes"].as_array().unwrap().iter().map(last_character).collect();
        (characters, history["pageInfo"].clone())
    };
    // From the newest, the messages end with "Text", "number 1", "number 2" and "number 3".
    let (characters, first) = page(json!({ "first": 3 })).await;
    assert_eq!(
        (&*characters, &first["hasNextPage"], &first["hasPreviousPage"]),
        ("t12", &json!(true), &json!(false))
    );
    let (characters, next) = page(json!({ "first": 3, "after": first["endCursor"] })).await;
    assert_eq!(
        (&*characters, &next["hasNextPage"], &next["hasPreviousPage"]),
        ("3", &json!(false), &json!(true))
    );
    let (characters, _) = page(json!({ "last": 2, "before": next["startCursor"] })).await;
    assert_eq!(characters, "12");
}

#[tokio::test]
async fn queries_that_github_cannot_answer_are_refused() {
    let github = github();
    for (query, variables, expected) in [
        ("{ viewer { login } }", json!({}), "Field 'viewer' doesn't exist on type 'Query'"),
        (
            "query($a: Int!) { rateLimit { cost } }",
            json!({}),
            "Variable $a of type Int! was provided invalid value",
        ),
        (PAGE_QUERY, json!({}), "You must provide a `first` or `last` value"),
        (PAGE_QUERY, json!({ "first": 101 }), "exceeds the `first` limit of 100 records"),
        ("{ rateLimit ", json!({}), "query parse error"),
    ] {
        let answer = ask(&github, Some("right"), query, variables).await;
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(expected), "{message}");
    }
}

#[tokio::test]
#[ignore = "needs GitHub's GraphQL schema: run cargo xtask test"]
async fn every_answer_is_as_github_describes_it() {
    let github = github();
    repository_exchange(&github).await;
    for name in ["empty", "nothing", "old", "landed"] {
        ask(&github, Some("right"), REPOSITORY, json!({ "owner": "acme", "name": name, "skip": false }))
            .await;
    }
    let id = format!("C_{}", github.repository("acme/shop").tip("main"));
    for ids in [json!([id]), json!([]), json!([id, "C_nothing"])] {
        ask(&github, Some("right"), NODES, json!({ "ids": ids })).await;
    }
    for variables in [json!({ "first": 1 }), json!({ "last": 1 })] {
        ask(&github, Some("right"), PAGE_QUERY, variables).await;
    }
    ask(&github, None, PAGE_QUERY, json!({ "first": 1 })).await;
    ask(&github, Some("wrong"), PAGE_QUERY, json!({ "first": 1 })).await;
    github.time_out_queries_above(0);
    ask(&github, Some("right"), PAGE_QUERY, json!({ "first": 1 })).await;

    let exchanges = github.exchanges();

    contract::check(&exchanges);
    let statuses: Vec<u16> = exchanges.iter().map(|exchange| exchange.status).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 403, 401, 502]);
}

#[tokio::test]
#[ignore = "needs GitHub's GraphQL schema: run cargo xtask test"]
async fn pull_requests_and_issues_are_as_github_describes_them() {
    let github = github();
    ask(&github, Some("right"), PULL_REQUESTS, json!({ "owner": "acme", "name": "shop" })).await;
    let good = github.exchanges().pop().unwrap();
    contract::check(std::slice::from_ref(&good));

    let mut wrong: Vec<_> =
        ["/pullRequest/reviews/nodes/0/state", "/issues/nodes/0/stateReason", "/open/totalCount"]
            .into_iter()
            .map(|place| {
                let mut changed = good.clone();
                *changed.body.pointer_mut(&format!("/data/repository{place}")).unwrap() = json!("nothing");
                (format!("another value at {place}"), changed)
            })
            .collect();
    for (from, to) in [
        ("reviews(first: 5)", "reviews"),
        ("states: OPEN)", "states: SHUT)"),
        ("[CLOSED_EVENT]", "[CLOSED]"),
        ("isDraft", "draft"),
    ] {
        let mut changed = good.clone();
        changed.request["query"] = PULL_REQUESTS.replacen(from, to, 1).into();
        wrong.push((format!("{to} instead of {from}"), changed));
    }
    assert_refused(&wrong);
}

#[tokio::test]
#[ignore = "needs GitHub's GraphQL schema: run cargo xtask test"]
async fn deployments_releases_and_tags_are_as_github_describes_them() {
    let github = github();
    let shop = github.repository("acme/shop");
    let tip = shop.tip("main");
    shop.deployment(Deployment::new("production", &tip).status("FAILURE", MINUTE).status("SUCCESS", MINUTE))
        .deployment(Deployment::new("staging", &tip))
        .release(Release::new("v1", &tip).prerelease())
        .release(Release::new("v2", &tip).without_tag().draft())
        .tag(Tag::new("v1", &tip))
        .tag(Tag::new("v2", &tip).annotated(MINUTE))
        .issue(Issue::new("No socks").label("incident").body("Since v1").close(MINUTE * 3).reopen(MINUTE * 2))
        .pull_request(PullRequest::new("Sell socks").landed_as([&tip]));
    let deployments =
        "{ repository(owner: \"acme\", name: \"shop\") { deployments(first: 1) { nodes { id } } } }";
    let deployment = ask(&github, Some("right"), deployments, json!({})).await;
    let deployment = &deployment["data"]["repository"]["deployments"]["nodes"][0]["id"];
    let ids = [format!("C_{tip}"), "C_0".to_owned()];
    let variables = json!({ "owner": "acme", "name": "shop", "ids": ids, "deployment": deployment });
    ask(&github, Some("right"), DEPLOYMENTS, variables).await;
    let good = github.exchanges().pop().unwrap();
    contract::check(std::slice::from_ref(&good));
    let data = &good.body["data"];
    assert_eq!(data["repository"]["deployments"]["totalCount"], 1);
    assert_eq!(data["repository"]["environments"]["nodes"].as_array().unwrap().len(), 2);
    assert_eq!(data["repository"]["issues"]["nodes"][0]["body"], "Since v1");
    assert_eq!(data["nodes"][0]["associatedPullRequests"]["nodes"][0]["mergeCommit"]["oid"], *tip);
    let reopened = "/repository/issues/nodes/0/timelineItems/nodes/0/__typename";
    assert_eq!(data.pointer(reopened).unwrap(), "ReopenedEvent");
    assert_eq!(data["node"]["statuses"]["nodes"].as_array().unwrap().len(), 1);
    assert!(data["nodes"][1].is_null());
    assert_eq!(good.body["errors"][0]["type"], "NOT_FOUND");

    let mut wrong: Vec<_> = [
        "/repository/deployments/nodes/0/statuses/nodes/0/state",
        "/repository/releases/nodes/0/isDraft",
        "/repository/refs/nodes/0/name",
        "/nodes/0/associatedPullRequests/nodes/0/number",
        "/repository/issues/nodes/0/timelineItems/nodes/0/createdAt",
        "/node/statuses/nodes/0/id",
    ]
    .into_iter()
    .map(|place| {
        let mut changed = good.clone();
        *changed.body.pointer_mut(&format!("/data{place}")).unwrap() = json!(["nothing"]);
        (format!("another value at {place}"), changed)
    })
    .collect();
    for (from, to) in [
        ("environments: [\"production\"]", "environment: \"production\""),
        ("commitOid", "commitId"),
        ("field: TAG_COMMIT_DATE", "field: TAGGER_DATE"),
        ("tagger { date }", "tagger"),
        ("labels: [\"incident\"]", "label: \"incident\""),
    ] {
        let mut changed = good.clone();
        changed.request["query"] = DEPLOYMENTS.replacen(from, to, 1).into();
        wrong.push((format!("{to} instead of {from}"), changed));
    }
    assert_refused(&wrong);
}

#[tokio::test]
#[ignore = "needs GitHub's GraphQL schema: run cargo xtask test"]
async fn every_scripted_error_is_as_github_describes_it() {
    let usual = repository_exchange(&github()).await;
    let answers: [Answer; 5] = [
        refusal::query_rate_limit(),
        refusal::query_timeout(200),
        refusal::query_timeout(502),
        refusal::query_error("FORBIDDEN", "Resource not accessible by integration"),
        refusal::bad_credentials(),
    ];
    let exchange = |answer: &Answer| {
        let body = serde_json::from_slice::<Value>(&answer.body).unwrap();
        // Which part of the data is present depends on the query.
        let body = if body["data"].is_object() { json!({ "errors": body["errors"] }) } else { body };
        Exchange { status: answer.status, body, ..usual.clone() }
    };
    contract::check(&answers.iter().map(exchange).collect::<Vec<_>>());
}

#[tokio::test]
#[ignore = "needs GitHub's GraphQL schema: run cargo xtask test"]
async fn a_wrong_value_anywhere_in_an_answer_is_refused() {
    let good = repository_exchange(&github()).await;
    let mut wrong = Vec::new();
    for place in json_pointers(&good.body) {
        let mut changed = good.clone();
        *changed.body.pointer_mut(&place).unwrap() = json!({ "unexpected": true });
        wrong.push((format!("wrong value at {place}"), changed));
        let (parent, name) = place.rsplit_once('/').unwrap_or_default();
        if let Some(Value::Object(object)) = good.body.pointer(parent)
            && object.contains_key(name)
        {
            let mut changed = good.clone();
            changed.body.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
            wrong.push((format!("{place} is missing"), changed));
        }
    }
    for place in ["", "/data", "/data/repository", "/data/repository/branch/target/history/nodes/0"] {
        let mut changed = good.clone();
        changed.body.pointer_mut(place).unwrap()["unexpected"] = true.into();
        wrong.push((format!("{place}/unexpected is added"), changed));
    }
    for (place, value) in [
        ("/data/repository/createdAt", json!("yesterday")),
        ("/data/repository/url", json!("acme/shop")),
        ("/data/repository/branch/target/oid", json!("main")),
        ("/data/repository/name", Value::Null),
        ("/data/rateLimit/cost", json!(1.5)),
    ] {
        let mut changed = good.clone();
        *changed.body.pointer_mut(place).unwrap() = value;
        wrong.push((format!("another value at {place}"), changed));
    }
    wrong.push(("errors are empty".to_owned(), {
        let mut changed = good.clone();
        changed.body["errors"] = json!([]);
        changed
    }));

    assert!(wrong.len() > 100, "only {} changes", wrong.len());
    assert_refused(&wrong);
}

#[tokio::test]
#[ignore = "needs GitHub's GraphQL schema: run cargo xtask test"]
async fn a_query_that_github_does_not_describe_is_refused() {
    let good = repository_exchange(&github()).await;
    let with = |name: &str, value: Value| {
        let mut request = good.request.clone();
        request[name] = value;
        (format!("{name}: {}", request[name]), Exchange { request, ..good.clone() })
    };
    let changed = |from: &str, to: &str| {
        assert!(REPOSITORY.contains(from), "{from}");
        with("query", REPOSITORY.replacen(from, to, 1).into())
    };
    let wrong = [
        changed("nameWithOwner", "fullName"),
        changed("isPrivate", "isPrivate { x }"),
        changed("defaultBranchRef { ...branch }", "defaultBranchRef"),
        changed("owner: $owner, ", ""),
        changed("$owner: String!", "$owner: Int!"),
        changed("...branch }", "...branches }"),
        changed("on Tree", "on Trees"),
        changed("parents(first: 1)", "parents"),
        changed("parents(first: 1)", "parents(first: 101)"),
        changed("parents(first: 1)", "parents(first: 1, last: 1)"),
        changed("query Repository", "mutation Repository"),
        changed("rateLimit {", "rateLimit("),
        with("query", Value::Null),
        with("variables", json!({ "owner": "acme" })),
        with("variables", json!({ "owner": "acme", "name": 1 })),
        with("variables", json!({ "owner": "acme", "name": "shop", "first": 0 })),
        with("variables", json!({ "owner": "acme", "name": "shop", "other": 0 })),
        with("extensions", json!({})),
        ("another method".to_owned(), Exchange { method: "GET".to_owned(), ..good.clone() }),
        ("another status".to_owned(), Exchange { status: 418, ..good.clone() }),
    ];
    assert_refused(&wrong);
}
