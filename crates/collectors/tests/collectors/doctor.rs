//! What the diagnosis finds out about the repository, and about the permissions that metrics need.

use std::time::SystemTime;

use system_health_collectors::github::{ApiUrl, GitHubSettings};
use system_health_registry::{Catalog, Context, Finding, Grade, linked_extensions};
use system_health_test_support::{
    github::{FakeGitHub, refusal},
    server::Answer,
};

use crate::{
    git::Git,
    stage::{Stage, TOKEN},
};

const KEY: &str = include_str!("../../src/github/app/test_keys/pkcs1.pem");

fn github() -> FakeGitHub {
    let github = FakeGitHub::builder().token(TOKEN).app(123, 77, "acme", true).start();
    github.repository("acme/shop").commit("one");
    github
}

/// Makes the token a classic one with these scopes. The diagnosis reads the scopes from a header of `/rate_limit`.
fn set_token_scopes(github: &FakeGitHub, scopes: &str) {
    let answer = Answer::json(200, &serde_json::json!({})).with_header("x-oauth-scopes", scopes);
    github.fail("/rate_limit", answer);
}

async fn diagnose(context: &Context, keys: &'static [&str]) -> Vec<Finding> {
    let catalog = Catalog::linked().unwrap().filter(|key| keys.contains(&key));
    let mut findings = Vec::new();
    for extension in linked_extensions() {
        findings.extend(extension.diagnose(context, &catalog).await.findings);
    }
    findings
}

/// The findings about permissions: the permission, the grade and the message.
async fn permission_findings(stage: &Stage, keys: &'static [&str]) -> Vec<(String, Grade, String)> {
    let findings = diagnose(&stage.context(), keys).await;
    let about_permission = |finding: Finding| {
        let permission = finding.check.strip_prefix("GitHub permission ")?.to_owned();
        Some((permission, finding.grade, finding.message))
    };
    findings.into_iter().filter_map(about_permission).collect()
}

fn finding(permission: &str, grade: Grade, message: &str) -> (String, Grade, String) {
    (permission.to_owned(), grade, message.to_owned())
}

#[tokio::test]
async fn a_request_shows_whether_a_token_has_a_permission() {
    let github = github();
    github.fail("/commits", refusal::forbidden_without("contents=read"));
    github.fail("/actions/runners", Answer::json(404, &serde_json::json!({ "message": "Not Found" })));
    let keys = &["ci.runners", "commits.hotfix", "issues.open", "prs.open"];

    let findings = permission_findings(&Stage::on(&github), keys).await;

    assert_eq!(
        findings,
        [
            finding(
                "Administration",
                Grade::Warning,
                "is missing for ci.runners, give it to the token (read): acme/shop cannot be read: GitHub answered 404 Not \
                 Found: Not Found; check the name, and that the GitHub token may read the repository"
            ),
            finding(
                "Contents",
                Grade::Warning,
                "is missing for commits.*, give it to the token (read): acme/shop cannot be read: GitHub answered 403 \
                 Forbidden: Resource not accessible by personal access token (https://docs.github.com/rest); the GitHub \
                 token needs the permission `contents=read`"
            ),
            finding("Issues", Grade::Ok, "for issues.*: acme/shop can be read"),
            finding(
                "Metadata",
                Grade::Ok,
                "for ci.runners, commits.*, issues.*, prs.*: acme/shop can be read"
            ),
            finding("Pull requests", Grade::Ok, "for prs.*: acme/shop can be read"),
        ]
    );
}

#[tokio::test]
async fn the_scope_of_a_classic_token_includes_permissions() {
    let github = github();
    set_token_scopes(&github, "gist, repo");
    assert_eq!(
        permission_findings(&Stage::on(&github), &["commits.hotfix"]).await,
        [
            finding("Contents", Grade::Ok, "for commits.*: the scope `repo` includes it"),
            finding("Metadata", Grade::Ok, "for commits.*: the scope `repo` includes it"),
        ]
    );
}

#[tokio::test]
async fn the_scope_of_a_classic_token_does_not_replace_its_owners_role() {
    let github = github();
    set_token_scopes(&github, "repo");
    github.fail("/secret-scanning/alerts", Answer::json(404, &serde_json::json!({ "message": "Not Found" })));

    let findings = permission_findings(&Stage::on(&github), &["security.alerts_open"]).await;

    let missing = finding(
        "Secret scanning alerts",
        Grade::Warning,
        "is missing for security.*, give the owner of the token a role that has it: acme/shop cannot be read: GitHub \
         answered 404 Not Found: Not Found; check the name, and that the GitHub token may read the repository",
    );
    assert!(findings.contains(&missing), "{findings:#?}");
}

#[tokio::test]
async fn github_lists_the_permissions_of_an_app() {
    let github = github();
    let settings = format!(
        "[github]\napi_url = \"{}\"\napp_id = 123\ninstallation_id = 77\n[repository]\nname = \"acme/shop\"",
        github.url()
    );
    let stage = Stage::empty().settings(&settings).variable("GITHUB_APP_PRIVATE_KEY", KEY);
    assert_eq!(
        permission_findings(&stage, &["commits.hotfix", "issues.open"]).await,
        [
            finding("Contents", Grade::Ok, "for commits.*: the app has it (read)"),
            finding(
                "Issues",
                Grade::Warning,
                "is missing for issues.*, give it to the app (read): its installation does not have it"
            ),
            finding("Metadata", Grade::Ok, "for commits.*, issues.*: the app has it (read)"),
        ]
    );
}

#[tokio::test]
async fn there_are_no_findings_about_permissions_if_the_api_refuses_the_token() {
    let github = github();
    github.fail("", refusal::bad_credentials());
    assert_eq!(permission_findings(&Stage::on(&github), &["commits.hotfix"]).await, []);
}

#[tokio::test]
async fn a_refusal_for_another_reason_is_not_a_missing_permission() {
    let github = github();
    let message = "Resource protected by organization SAML enforcement.";
    github.fail("/commits", Answer::json(403, &serde_json::json!({ "message": message })));

    let findings = permission_findings(&Stage::on(&github), &["commits.hotfix"]).await;

    assert_eq!(
        findings[0],
        finding(
            "Contents",
            Grade::Info,
            "cannot be checked with acme/shop, but is needed for commits.*: GitHub answered 403 Forbidden: Resource protected \
             by organization SAML enforcement."
        )
    );
}

#[tokio::test]
async fn a_clone_from_another_host_is_a_warning() {
    let (github, git) = (github(), Git::with_app());
    git.commit("app", "one", SystemTime::now());
    git.set_origin("app", "https://gitlab.com/group/app.git");
    let api_url = ApiUrl::try_from(github.url()).unwrap();
    let stage = Stage::empty().token().directory(&git.path("app"));
    let context = stage.context().provide(GitHubSettings { api_url, ..GitHubSettings::default() });

    let findings = diagnose(&context, &["commits.hotfix"]).await;

    let repository = findings.iter().find(|finding| finding.check == "GitHub repository").unwrap();
    assert_eq!(repository.grade, Grade::Warning, "{findings:#?}");
    assert!(repository.message.contains("this clone's remote `origin` is on gitlab.com"), "{findings:#?}");
}
