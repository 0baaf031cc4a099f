//! Permissions that the token does not have.

mod every_endpoint;

use serde_json::{Value, json};
use system_health_collectors::github::{GitHub, GitHubRepository, Permission, no_data_without};
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
    let repository: GitHubRepository = stage.one_repository().get().await?;
    let runners = repository.get::<Value>(&["actions", "runners"], &[]).await;
    runners.map_err(|error| no_data_without(Permission::Administration, repository.name(), error))
}

fn no_data(result: Result<Value, Unavailable>) -> String {
    match result {
        Err(Unavailable::NoData(no_data)) => no_data.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_missing_permission_is_no_data_that_names_it() {
    let no_access = "GitHub answered 403 Forbidden: Resource not accessible by personal access token \
                     (https://docs.github.com/rest)";
    for (answer, expected) in [
        (
            refusal::forbidden_without("administration=read"),
            format!("{no_access}; the GitHub token needs the permission `administration=read`"),
        ),
        (
            refusal::not_found_without("repo"),
            "GitHub answered 404 Not Found: Not Found (https://docs.github.com/rest); the name may be mistyped, or the \
             GitHub token needs the scope `repo`"
                .to_owned(),
        ),
        (refusal::forbidden(), no_access.to_owned()),
    ] {
        let github = github("/runners", answer);
        assert_eq!(
            no_data(runners(&Stage::on(&github)).await),
            format!("the GitHub token needs the permission `Administration` (read) for acme/shop: {expected}")
        );
        assert_eq!(github.requests().len(), 1);
    }
}

#[tokio::test]
async fn what_needs_a_token_is_no_data_without_one() {
    let settings = "[repository]\nname = \"acme/shop\"\n[commits]\nsource = \"github\"";
    let github = github("/runners", refusal::bad_credentials());
    let reason = no_data(runners(&Stage::empty().github(&github).settings(settings)).await);
    assert!(
        reason.ends_with("check the name, and set a GitHub token if the repository is private"),
        "{reason}"
    );
}

/// What GitHub says if it refuses a request for another reason than a missing permission.
const OTHER_REASONS: [&str; 6] = [
    "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.",
    "Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list enabled, \
     and your IP address is not permitted to access this resource.",
    "Although you appear to have the correct authorization credentials, the `acme` organization has enabled OAuth App access \
     restrictions, meaning that data access to third-parties is limited.",
    "`acme` forbids access via a personal access token (classic). Please use a GitHub App, OAuth App, or a personal access token \
     with fine-grained permissions.",
    "This installation has been suspended",
    "A text that nobody knows yet",
];

#[tokio::test]
async fn a_refusal_for_another_reason_stays_an_error() {
    for message in OTHER_REASONS {
        let github = github("/runners", Answer::json(403, &json!({ "message": message })));
        let error = runners(&Stage::on(&github)).await.unwrap_err();
        let Unavailable::Error(error) = error else { panic!("{message}: {error:?}") };
        assert!(error.to_string().ends_with(&format!("GitHub answered 403 Forbidden: {message}")), "{error}");
    }
}

#[tokio::test]
async fn a_query_that_is_refused_for_another_reason_stays_an_error() {
    for message in OTHER_REASONS {
        let github = github("/graphql", refusal::query_error("FORBIDDEN", message));
        let client: GitHub = Stage::on(&github).one_repository().get().await.unwrap();
        let answer = client.query::<Value>("{ viewer { login } }", json!({})).await;
        let error = no_data_without(Permission::Issues, "acme/shop", answer.unwrap_err());
        assert!(matches!(error, Unavailable::Error(_)), "{message}: {error:?}");
    }
}

#[tokio::test]
async fn a_missing_role_of_the_tokens_owner_is_a_missing_permission() {
    let message = "Must have admin rights to Repository.";
    let github = github("/runners", Answer::json(403, &json!({ "message": message })));
    let reason = no_data(runners(&Stage::on(&github)).await);
    let start = "the GitHub token needs the permission `Administration` (read) for acme/shop: GitHub answered 403 Forbidden: Must \
                 have admin rights to Repository.";
    assert!(reason.starts_with(start), "{reason}");
}

#[tokio::test]
async fn a_feature_that_the_plan_does_not_have_is_no_data_that_names_no_permission() {
    let message = "Upgrade to GitHub Pro or make this repository public to enable this feature.";
    let github = github("/runners", Answer::json(403, &json!({ "message": message })));
    assert_eq!(
        no_data(runners(&Stage::on(&github)).await),
        format!("acme/shop does not have the needed feature: GitHub answered 403 Forbidden: {message}")
    );
}

#[tokio::test]
async fn a_feature_that_is_turned_off_is_no_data_with_each_status() {
    for (status, response, message) in [
        (403, "403 Forbidden", "Dependabot alerts are disabled for this repository."),
        (404, "404 Not Found", "no analysis found"),
        (410, "410 Gone", "Issues are disabled for this repo"),
    ] {
        let github = github("/runners", Answer::json(status, &json!({ "message": message })));
        assert_eq!(
            no_data(runners(&Stage::on(&github)).await),
            format!("acme/shop does not have the needed feature: GitHub answered {response}: {message}")
        );
    }
}

#[tokio::test]
async fn a_refused_token_and_a_missing_resource_stay_errors() {
    for answer in [refusal::bad_credentials(), Answer::json(404, &json!({ "message": "Not Found" }))] {
        let github = github("/runners", answer);
        let result = runners(&Stage::on(&github)).await;
        assert!(matches!(result, Err(Unavailable::Error(_))), "{result:?}");
    }
}

#[tokio::test]
async fn a_query_without_permission_or_token_is_no_data() {
    let query = async |stage: Stage| {
        let github: GitHub = stage.one_repository().get().await.unwrap();
        let answer = github.query::<Value>("{ viewer { login } }", json!({})).await;
        no_data(answer.map_err(|error| no_data_without("read:org", "acme", error)))
    };
    let github = github("/graphql", refusal::query_error("INSUFFICIENT_SCOPES", "requires `read:org`"));
    assert_eq!(
        query(Stage::on(&github)).await,
        "the GitHub token needs the permission `read:org` (read) for acme: GitHub answered the query with an error: requires \
         `read:org` (INSUFFICIENT_SCOPES at `repository`)"
    );
    let settings = "[repository]\nname = \"acme/shop\"\n[commits]\nsource = \"github\"";
    assert_eq!(
        query(Stage::empty().github(&github).settings(settings)).await,
        "GitHub's GraphQL API needs a token, even for public repositories; set a GitHub token"
    );
}
