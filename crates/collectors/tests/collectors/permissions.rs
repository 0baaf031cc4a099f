//! A permission that the token does not have.

use serde_json::{Value, json};
use system_health_collectors::github::{GitHub, GitHubRepository, Permitted};
use system_health_registry::Unavailable;
use system_health_test_support::{
    github::{FakeGitHub, refusal},
    server::Answer,
};

use crate::stage::{Stage, TOKEN};

fn github(request: &str, answer: Answer) -> FakeGitHub {
    let github = FakeGitHub::builder().token(TOKEN).start();
    github.repository("acme/shop").commits(1);
    github.fail(request, answer);
    github
}

async fn runners(stage: &Stage) -> Result<Value, Unavailable> {
    let repository: GitHubRepository = stage.context().get().await?;
    repository.get::<Value>(&["actions", "runners"], &[]).await.permitted()
}

fn no_data(result: Result<Value, Unavailable>) -> String {
    match result {
        Err(Unavailable::NoData(no_data)) => no_data.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_missing_permission_is_no_data_with_its_name() {
    let request = "GET /repos/acme/shop/actions/runners";
    for (answer, expected) in [
        (
            refusal::forbidden_without("administration=read"),
            format!("the GitHub token lacks the permission `administration=read` for {request}"),
        ),
        (
            refusal::not_found_without("repo"),
            format!("the GitHub token lacks the scope `repo` for {request}"),
        ),
        (
            refusal::forbidden(),
            format!(
                "the GitHub token has no permission for {request}: Resource not accessible by personal access token \
                 (https://docs.github.com/rest)"
            ),
        ),
    ] {
        let github = github("/runners", answer);
        assert_eq!(no_data(runners(&Stage::on(&github)).await), expected);
        assert_eq!(github.requests().len(), 1);
    }
}

#[tokio::test]
async fn everything_else_stays_an_error() {
    for answer in [refusal::bad_credentials(), Answer::json(404, &json!({ "message": "Not Found" }))] {
        let github = github("/runners", answer);
        let result = runners(&Stage::on(&github)).await;
        assert!(matches!(result, Err(Unavailable::Error(_))), "{result:?}");
    }
}

#[tokio::test]
async fn a_query_without_permission_or_token_is_no_data() {
    let query = async |stage: Stage| {
        let github: GitHub = stage.context().get().await.unwrap();
        no_data(github.query::<Value>("{ viewer { login } }", json!({})).await.permitted())
    };
    let github = github("/graphql", refusal::query_error("INSUFFICIENT_SCOPES", "requires `read:org`"));
    assert_eq!(
        query(Stage::on(&github)).await,
        "the GitHub token has no permission for a query: requires `read:org` (INSUFFICIENT_SCOPES at `repository`)"
    );
    let settings = "[repository]\nname = \"acme/shop\"\n[commits]\nsource = \"github\"";
    assert_eq!(
        query(Stage::empty().github(&github).settings(settings)).await,
        "GitHub's GraphQL API needs a token, also for public repositories; set a GitHub token"
    );
}
