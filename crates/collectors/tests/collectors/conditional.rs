//! Conditional requests: a response of an earlier run is used again if GitHub says that it is still current.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use system_health_collectors::github::{Cause, GitHub};
use system_health_registry::{ApiCalls, Context, ResponseCache, ResponseFuture, ResponseStore};
use system_health_test_support::{
    github::{FakeGitHub, refusal},
    server::Answer,
};

use crate::stage::{Stage, TOKEN};

const PATH: [&str; 4] = ["repos", "acme", "shop", "commits"];

/// The responses that are kept between the runs of a test.
#[derive(Debug, Default)]
pub(crate) struct StoredResponses(Mutex<HashMap<String, Vec<u8>>>);

impl ResponseStore for StoredResponses {
    fn load<'a>(&'a self, key: &'a str) -> ResponseFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move { self.0.lock().unwrap().get(key).cloned() })
    }

    fn save<'a>(&'a self, key: &'a str, response: &'a [u8]) -> ResponseFuture<'a, ()> {
        Box::pin(async move {
            self.0.lock().unwrap().insert(key.to_owned(), response.to_vec());
        })
    }
}

impl StoredResponses {
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    fn change(&self, change: impl Fn(&mut Vec<u8>)) {
        self.0.lock().unwrap().values_mut().for_each(change);
    }
}

fn github() -> FakeGitHub {
    let github = FakeGitHub::builder().token(TOKEN).start();
    github.repository("acme/shop").commits(250);
    github
}

/// The context of a run that uses the kept responses.
pub(crate) fn context_with(stage: &Stage, responses: &Arc<StoredResponses>) -> Context {
    stage.context().provide(ResponseCache::new(Arc::clone(responses) as Arc<dyn ResponseStore>))
}

/// The messages of all commits.
async fn commits(context: &Context) -> Vec<String> {
    let github: GitHub = context.get().await.unwrap();
    let pages = github.pages::<Vec<Value>>(&PATH, &[("per_page", "100")]).all().await.unwrap();
    let message = |commit: Value| commit["commit"]["message"].as_str().unwrap().to_owned();
    pages.into_iter().flatten().map(message).collect()
}

/// The requests of a run by the status of their responses, and the remaining quota.
async fn requests_and_quota(context: &Context) -> (Vec<(u16, u64)>, Option<u64>) {
    let calls: ApiCalls = context.get().await.unwrap();
    let by_status = calls.by_status().iter().filter_map(|calls| Some((calls.status?, calls.count))).collect();
    (by_status, calls.remaining("github"))
}

#[tokio::test]
async fn an_unchanged_list_costs_no_quota_and_is_read_to_its_end() {
    let (github, responses) = (github(), Arc::default());
    let stage = Stage::on(&github);
    let first = context_with(&stage, &responses);
    let messages = commits(&first).await;
    assert_eq!(requests_and_quota(&first).await, (vec![(200, 3)], Some(4_997)));

    let second = context_with(&stage, &responses);

    assert_eq!(commits(&second).await, messages);
    assert_eq!(messages.len(), 250);
    assert_eq!(requests_and_quota(&second).await, (vec![(304, 3)], Some(4_997)));
}

#[tokio::test]
async fn without_a_token_an_unchanged_list_costs_quota_and_requests_of_the_run() {
    let (github, responses) = (github(), Arc::default());
    let stage = |setting: &str| {
        let url = github.url();
        Stage::empty()
            .settings(&format!("[commits]\nsource = 'github'\n[github]\napi_url = '{url}'\n{setting}"))
    };
    let first = context_with(&stage(""), &responses);
    let messages = commits(&first).await;
    assert_eq!(requests_and_quota(&first).await, (vec![(200, 3)], Some(57)));

    let second = context_with(&stage(""), &responses);

    assert_eq!(commits(&second).await, messages);
    assert_eq!(requests_and_quota(&second).await, (vec![(304, 3)], Some(54)));

    let limited = context_with(&stage("max_requests = 2"), &responses);
    let client: GitHub = limited.get().await.unwrap();
    let error = client.pages::<Vec<Value>>(&PATH, &[("per_page", "100")]).all().await.unwrap_err();
    assert!(matches!(error.cause(), Cause::MaxRequests(_)), "{error:?}");
}

#[tokio::test]
async fn a_list_that_has_changed_is_read_again() {
    let (github, responses) = (github(), Arc::default());
    let stage = Stage::on(&github);
    commits(&context_with(&stage, &responses)).await;
    github.repository("acme/shop").commit("Hotfix the checkout");

    for _ in 0..2 {
        let messages = commits(&context_with(&stage, &responses)).await;
        assert_eq!((messages.len(), &*messages[0]), (251, "Hotfix the checkout"));
    }
}

#[tokio::test]
async fn a_list_that_became_shorter_is_read_to_its_new_end() {
    let (github, responses) = (github(), Arc::default());
    let stage = Stage::on(&github);
    let messages = commits(&context_with(&stage, &responses)).await;
    let oldest = json!([{ "commit": { "message": "the oldest one" } }]);
    github.fail("&page=2", Answer::json(200, &oldest));
    github.fail("&page=3", Answer::json(200, &json!([])));

    for _ in 0..2 {
        let shorter = commits(&context_with(&stage, &responses)).await;
        assert_eq!(shorter[..100], messages[..100]);
        assert_eq!(shorter[100..], ["the oldest one"]);
    }
}

#[tokio::test]
async fn an_empty_middle_page_is_an_error_even_after_an_unchanged_page() {
    let (github, responses) = (github(), Arc::default());
    let stage = Stage::on(&github);
    commits(&context_with(&stage, &responses)).await;
    github.fail("&page=2", Answer::json(200, &json!([])));

    let client: GitHub = context_with(&stage, &responses).get().await.unwrap();
    let error = client.pages::<Vec<Value>>(&PATH, &[("per_page", "100")]).all().await.unwrap_err();

    let expected = "the list should have 3 pages, but ends on page 2; it may be incomplete";
    assert_eq!(error.cause().to_string(), expected);
}

#[tokio::test]
async fn nothing_is_sent_conditionally_if_nothing_is_kept() {
    let github = github();
    let stage = Stage::on(&github);
    for _ in 0..2 {
        commits(&stage.context()).await;
    }
    assert!(github.requests().iter().all(|request| request.header("if-none-match").is_none()));
}

#[tokio::test]
async fn a_failed_request_is_not_replaced_by_the_response_of_an_earlier_run() {
    let (github, responses) = (github(), Arc::default());
    let stage = Stage::on(&github);
    commits(&context_with(&stage, &responses)).await;
    github.fail("/commits", refusal::forbidden());

    let github: GitHub = context_with(&stage, &responses).get().await.unwrap();

    github.get::<Value>(&PATH, &[("per_page", "100")]).await.unwrap_err();
}

#[tokio::test]
async fn a_304_that_nobody_asked_for_is_an_error() {
    let github = github();
    github.fail("/commits", Answer { status: 304, headers: Vec::new(), body: Vec::new() });
    let responses = Arc::default();
    let context = context_with(&Stage::on(&github), &responses);
    let github: GitHub = context.get().await.unwrap();
    let error = github.get::<Value>(&PATH, &[]).await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 304);
}

#[tokio::test]
async fn responses_are_not_shared_between_tokens_and_do_not_contain_them() {
    let github = FakeGitHub::start();
    github.repository("acme/shop").commits(3);
    let responses = Arc::default();
    commits(&context_with(&Stage::on(&github), &responses)).await;
    let settings = "[repository]\nname = \"acme/shop\"";
    let other = Stage::empty().github(&github).variable("GITHUB_TOKEN", "ghp_other").settings(settings);

    commits(&context_with(&other, &responses)).await;

    assert!(github.requests().iter().all(|request| request.header("if-none-match").is_none()));
    assert!(
        responses
            .0
            .lock()
            .unwrap()
            .iter()
            .all(|(key, kept)| { !key.contains("ghp_") && !String::from_utf8_lossy(kept).contains("ghp_") })
    );
}

#[tokio::test]
async fn a_response_whose_kept_copy_is_damaged_is_read_again() {
    let (github, responses) = (github(), Arc::<StoredResponses>::default());
    let stage = Stage::on(&github);
    commits(&context_with(&stage, &responses)).await;
    for change in [(|kept| kept.truncate(20)) as fn(&mut Vec<u8>), Vec::clear] {
        responses.change(change);
        assert_eq!(commits(&context_with(&stage, &responses)).await.len(), 250);
    }
}

#[tokio::test]
async fn requests_for_a_renamed_repository_are_conditional() {
    let (github, responses) = (github(), Arc::default());
    github.repository("acme/shop").rename("acme/store");
    let stage = Stage::on(&github);
    let messages = commits(&context_with(&stage, &responses)).await;
    let second = context_with(&stage, &responses);
    assert_eq!(commits(&second).await, messages);
    // GitHub redirects the request for each page, and then answers that the page has not changed.
    let (by_status, _) = requests_and_quota(&second).await;
    assert!(by_status.contains(&(304, 3)), "{by_status:?}");
}

#[tokio::test]
async fn graphql_queries_are_never_conditional() {
    let (github, responses) = (github(), Arc::<StoredResponses>::default());
    let stage = Stage::on(&github);
    for _ in 0..2 {
        let client: GitHub = context_with(&stage, &responses).get().await.unwrap();
        client.query::<Value>("{ rateLimit { cost } }", json!({})).await.unwrap();
    }
    assert!(github.requests().iter().all(|request| request.header("if-none-match").is_none()));
    assert!(responses.0.lock().unwrap().is_empty());
}
