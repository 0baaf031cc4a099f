//! A GitHub App in place of a token.

use std::{path::Path, sync::Arc, time::Duration};

use serde_json::Value;
use system_health_collectors::github::{GitHub, GitHubRepository};
use system_health_credentials::Credentials;
use system_health_registry::{ApiCalls, Engine, Process, Settings, Unavailable};
use system_health_test_support::{
    github::{FakeGitHub, contract, refusal},
    server::Answer,
};

use crate::{
    conditional::{self, StoredResponses},
    stage::{Stage, enabled_metrics, line},
};

const KEY: &str = include_str!("../../src/github/app/test_keys/pkcs1.pem");
const BY_OWNER: &str = "app_id = 123\ninstallation_owner = \"acme\"";

fn fake() -> FakeGitHub {
    let github = FakeGitHub::builder().token("nobody has it").app(123, 77, "acme", true).start();
    github.repository("acme/shop").private().commit("Hotfix the checkout");
    github
}

fn stage(github: &FakeGitHub, app: &str) -> Stage {
    let settings = format!(
        "[github]\napi_url = \"{}\"\n{app}\n[repository]\nname = \"acme/shop\"\nbranch = \"main\"",
        github.url()
    );
    Stage::empty().settings(&settings).variable("GITHUB_APP_PRIVATE_KEY", KEY)
}

/// Method and path of each request.
fn requests(github: &FakeGitHub) -> Vec<String> {
    github.requests().iter().map(|request| format!("{} {}", request.method, request.path())).collect()
}

async fn failure(stage: &Stage) -> String {
    match stage.one_repository().get::<GitHubRepository>().await {
        Err(Unavailable::Error(error)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_app_reads_a_private_repository() {
    let github = fake();

    let reading = stage(&github, BY_OWNER).hotfixes().await;

    assert_eq!(line(&reading), "1 [branch:main, repository:acme/shop]");
    assert_eq!(
        requests(&github),
        [
            "GET /orgs/acme/installation",
            "POST /app/installations/77/access_tokens",
            "GET /repos/acme/shop/commits",
        ]
    );
    let last = github.requests().pop().unwrap();
    assert_eq!(last.header("authorization"), Some("Bearer ghs_installation1"));
}

#[tokio::test]
async fn the_installation_of_a_user_is_found_too() {
    let github = FakeGitHub::builder().app(123, 77, "ada", false).base_path("/api/v3").start();
    github.repository("acme/shop").commit("Hotfix the checkout");
    let stage = stage(&github, "app_id = 123\ninstallation_owner = \"ada\"");
    assert_eq!(line(&stage.hotfixes().await), "1 [branch:main, repository:acme/shop]");
    assert_eq!(
        requests(&github)[..2],
        ["GET /api/v3/orgs/ada/installation", "GET /api/v3/users/ada/installation"]
    );
}

#[tokio::test]
async fn the_id_of_the_installation_in_the_settings_saves_a_request() {
    let github = fake();
    stage(&github, "app_id = 123\ninstallation_id = 77").hotfixes().await.unwrap();
    assert_eq!(requests(&github)[0], "POST /app/installations/77/access_tokens");
}

/// Makes two runs in one process. Returns the number of tokens that were requested, and the `Authorization` header of the last
/// request.
async fn two_runs(github: &FakeGitHub) -> (usize, String) {
    let toml = format!("[github]\napi_url = \"{}\"\n{BY_OWNER}", github.url());
    let settings = Settings::builder().toml(Path::new("test.toml"), &toml).unwrap().build().unwrap();
    let process = Process::new().provide(settings);
    for _ in 0..2 {
        let key = Credentials::from_variables([("GITHUB_APP_PRIVATE_KEY", KEY)]);
        let client: GitHub = process.context().provide(key).get().await.unwrap();
        client.get::<Value>(&["repos", "acme", "shop"], &[]).await.unwrap();
    }
    let tokens = requests(github).iter().filter(|line| line.contains("access_tokens")).count();
    (tokens, github.requests().pop().unwrap().header("authorization").unwrap().to_owned())
}

#[tokio::test]
async fn the_runs_of_a_process_share_the_token() {
    assert_eq!(two_runs(&fake()).await, (1, "Bearer ghs_installation1".to_owned()));
}

#[tokio::test]
async fn a_token_that_expires_soon_is_renewed_before_the_next_run() {
    let github = FakeGitHub::builder().app(123, 77, "acme", true);
    let github = github.app_tokens_expire_after(Duration::from_mins(9)).start();
    github.repository("acme/shop").private().commit("Hotfix the checkout");
    assert_eq!(two_runs(&github).await, (2, "Bearer ghs_installation2".to_owned()));
}

#[tokio::test]
async fn a_token_that_expires_before_the_deadline_is_requested_only_once() {
    let github = fake();
    github.repository("acme/web").commit("Hotfix the page");
    let toml = format!("[github]\napi_url = \"{}\"\n{BY_OWNER}", github.url());
    let settings = format!("{toml}\n[repository]\nnames = [\"acme/shop\", \"acme/web\"]");
    let stage = Stage::empty().settings(&settings).variable("GITHUB_APP_PRIVATE_KEY", KEY);
    let context = stage.deadline(Duration::from_hours(2)).context();
    let run = Engine::new().run(&enabled_metrics(), &context).await;
    assert_eq!(run.outcomes().iter().filter(|outcome| outcome.metric.key() == "commits.hotfix").count(), 2);
    let tokens = requests(&github).iter().filter(|line| line.contains("access_tokens")).count();
    assert_eq!(tokens, 1);
}

/// Tokens of the app are renewed before each request, and only they can read `acme/shop`.
fn fake_with_expiring_tokens() -> FakeGitHub {
    let github = FakeGitHub::builder().token("nobody has it").app(123, 77, "acme", true);
    let github = github.app_tokens_expire_after(Duration::from_mins(4)).start();
    github.repository("acme/shop").private().commit("Hotfix the checkout");
    github
}

#[tokio::test]
async fn a_token_that_expires_soon_is_renewed_during_the_run() {
    let github = fake_with_expiring_tokens();
    let client: GitHub = stage(&github, BY_OWNER).context().get().await.unwrap();
    for token in 2..4 {
        client.get::<Value>(&["repos", "acme", "shop"], &[]).await.unwrap();
        let last = github.requests().pop().unwrap();
        assert_eq!(last.header("authorization"), Some(&*format!("Bearer ghs_installation{token}")));
    }
    // An error shows neither the first token nor the newest one.
    github.fail("/repos/acme/shop", Answer::text(418, "text/plain", "ghs_installation1 ghs_installation4"));
    let error = client.get::<Value>(&["repos", "acme", "shop"], &[]).await.unwrap_err().to_string();
    assert!(!error.contains("ghs_installation"), "{error}");
}

#[tokio::test]
async fn a_token_that_cannot_be_renewed_is_still_used() {
    let github = fake_with_expiring_tokens();
    let client: GitHub = stage(&github, BY_OWNER).context().get().await.unwrap();
    github.fail("/access_tokens", Answer::json(404, &serde_json::json!({ "message": "Not Found" })));
    client.get::<Value>(&["repos", "acme", "shop"], &[]).await.unwrap();
    let last = github.requests().pop().unwrap();
    assert_eq!(last.header("authorization"), Some("Bearer ghs_installation1"));
}

#[tokio::test]
async fn all_repositories_are_read_with_the_old_token_if_it_cannot_be_renewed() {
    let github = fake_with_expiring_tokens();
    github.repository("acme/web").private().commit("Hotfix the checkout");
    let toml = format!("[github]\napi_url = \"{}\"\n{BY_OWNER}", github.url());
    let settings = format!("{toml}\n[repository]\nnames = [\"acme/shop\", \"acme/web\"]");
    let context = Stage::empty().settings(&settings).variable("GITHUB_APP_PRIVATE_KEY", KEY).context();
    let _client: GitHub = context.get().await.unwrap();
    github.fail("/access_tokens", Answer::json(404, &serde_json::json!({ "message": "Not Found" })));

    let run = Engine::new().run(&enabled_metrics(), &context).await;

    let hotfixes = run.outcomes().iter().filter(|outcome| outcome.metric.key() == "commits.hotfix");
    let values: Vec<_> = hotfixes.map(|outcome| outcome.samples()[0].value().number()).collect();
    assert_eq!(values, [Some(1.0); 2]);
    let token_requests = requests(&github).iter().filter(|line| line.contains("access_tokens")).count();
    assert_eq!(
        token_requests, 2,
        "the first token and one renewal that failed: the next renewal is tried a minute later"
    );
}

#[tokio::test]
async fn after_a_renewal_the_refusal_of_the_old_token_is_forgotten() {
    let github = fake_with_expiring_tokens();
    let client: GitHub = stage(&github, BY_OWNER).context().get().await.unwrap();
    let get = async || client.get::<Value>(&["repos", "acme", "shop"], &[]).await;
    github.fail_times(
        1,
        "/repos/acme/shop",
        Answer::json(401, &serde_json::json!({ "message": "Bad credentials" })),
    );

    assert!(get().await.is_err());
    get().await.unwrap();
}

#[tokio::test]
async fn the_next_token_of_an_app_uses_the_responses_of_the_previous_one() {
    let (github, responses) = (fake(), Arc::<StoredResponses>::default());
    let by_installation_id = stage(&github, "app_id = 123\ninstallation_id = 77");
    for (stage, status, token) in [
        (&stage(&github, BY_OWNER), 200, "ghs_installation1"),
        (&stage(&github, BY_OWNER), 304, "ghs_installation2"),
        // The stored response is still that of the first token.
        (&stage(&github, BY_OWNER), 304, "ghs_installation3"),
        // Other settings do not use it, even if they name the same installation.
        (&by_installation_id, 200, "ghs_installation4"),
    ] {
        let context = conditional::context_with(stage, &responses);
        let client: GitHub = context.get().await.unwrap();
        let commits: Value = client.get(&["repos", "acme", "shop", "commits"], &[]).await.unwrap();
        assert_eq!(commits[0]["commit"]["message"], "Hotfix the checkout");
        let calls: ApiCalls = context.get().await.unwrap();
        assert!(calls.by_status().iter().any(|calls| calls.status == Some(status)), "{token}: {calls:?}");
        let last = github.requests().pop().unwrap();
        assert_eq!(last.header("authorization"), Some(&*format!("Bearer {token}")));
    }
}

#[tokio::test]
async fn an_error_says_what_is_wrong_with_an_app() {
    for (app, expected) in [
        ("app_id = 123", "`app_id` in [github] names a GitHub App, but not where it is installed"),
        (
            "app_id = 123\ninstallation_owner = \" \"",
            "`app_id` in [github] names a GitHub App, but not where it is installed",
        ),
        ("installation_id = 77", "`installation_id` in [github] needs `app_id`"),
        ("app_id = 9\ninstallation_id = 77", "GitHub does not accept that this is the GitHub App 9"),
        ("app_id = 123\ninstallation_id = 9", "the GitHub App 123 has no installation 9"),
        ("app_id = 123\ninstallation_owner = \"ada\"", "the GitHub App 123 has no installation at `ada`"),
    ] {
        let error = failure(&stage(&fake(), app)).await;
        assert!(error.starts_with(expected), "{error}");
    }
    for (answer, expected) in [
        (refusal::undecodable_token(), "GitHub does not accept that this is the GitHub App 123"),
        (refusal::untimely_token(), "GitHub does not accept the time at which the GitHub App 123 signed"),
        (Answer::text(404, "text/html", "<html>"), "the GitHub App 123 has no installation at `acme`"),
    ] {
        let github = fake();
        github.fail("/installation", answer);
        let error = failure(&stage(&github, BY_OWNER)).await;
        assert!(error.starts_with(expected) && !error.contains("eyJ"), "{error}");
    }
    let wrong = stage(&fake(), BY_OWNER).variable("GITHUB_APP_PRIVATE_KEY", "ghp_0123");
    assert!(failure(&wrong).await.starts_with("the private key of the GitHub App is not an RSA key in PEM"));
}

#[tokio::test]
async fn an_app_without_a_key_is_an_error_even_with_a_token() {
    let github = fake();
    let settings =
        format!("[github]\napi_url = \"{}\"\n{BY_OWNER}\n[repository]\nname = \"acme/shop\"", github.url());
    let error = failure(&Stage::empty().token().settings(&settings)).await;
    assert!(error.contains("GITHUB_APP_PRIVATE_KEY"), "{error}");
    assert_eq!(github.requests().len(), 0);
}

#[tokio::test]
#[ignore = "needs GitHub's API description: run cargo xtask test"]
async fn every_request_of_an_app_is_one_that_github_describes() {
    let github = fake();
    stage(&github, BY_OWNER).hotfixes().await.unwrap();
    failure(&stage(&github, "app_id = 123\ninstallation_owner = \"ada\"")).await;
    failure(&stage(&github, "app_id = 9\ninstallation_id = 77")).await;
    contract::check(&github.exchanges());
}
