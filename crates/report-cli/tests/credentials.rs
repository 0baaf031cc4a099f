//! Secrets from AWS Secrets Manager, and the messages if there is no secret. The real moto server or a server of the test stands
//! in for AWS.

use std::time::Duration;

use system_health_test_support::{
    github::FakeGitHub,
    moto::{AccessKey, Moto},
    scene::Scene,
    server::{Answer, Request, Server},
};

const TOKEN: &str = "ghp_fr0mSecretsManager0123456789012345";

fn scene(github: &FakeGitHub) -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report"))
        .variable("GITHUB_API_URL", github.url())
        .variable("GITHUB_REPOSITORY", "acme/shop")
}

fn github() -> FakeGitHub {
    let github = FakeGitHub::builder().token(TOKEN).start();
    github.repository("acme/shop").commits(3);
    github
}

#[test]
#[ignore = "needs moto: run cargo xtask test"]
fn the_token_comes_from_secrets_manager() {
    let (github, moto) = (github(), Moto::start());
    moto.create_secret("github/dashboard-token", &format!("{TOKEN}\n"));

    let ended =
        scene(&github).aws(moto.url(), &AccessKey::example()).run(&["--only", "commits.*"]).with_status(0);

    assert_eq!(ended.metric("commits.hotfix")["state"], "value");
}

#[cfg(feature = "datadog")]
#[test]
#[ignore = "needs moto: run cargo xtask test"]
fn the_settings_can_name_another_secret() {
    use system_health_test_support::datadog::DatadogIntake;
    let (github, moto, intake) = (github(), Moto::start(), DatadogIntake::start());
    moto.create_secret("github/dashboard-token", TOKEN);
    moto.create_secret("team/dd", DatadogIntake::KEY);
    let scene = scene(&github)
        .aws(moto.url(), &AccessKey::example())
        .variable("DD_URL", intake.url())
        .file("system-health.toml", "[datadog]\napi_key_secret = 'team/dd'\n");

    let ended =
        scene.run(&["--push", "--no-self-metrics", "--only", "commits.{hotfix,reverts}"]).with_status(0);

    assert_eq!(ended.json()["deliveries"][0]["state"], "accepted");
    assert_eq!(intake.points().len(), 2);
}

#[test]
#[ignore = "needs moto: run cargo xtask test"]
fn a_missing_permission_is_an_error_that_names_the_action() {
    let github = github();
    // The first two requests, which create the user and its key, are not authenticated. All others are.
    let moto = Moto::start_authenticating(2);
    let key = moto.create_user("reporter");
    let scene = scene(&github).aws(moto.url(), &key);

    let ended = scene.run(&["--only", "commits.hotfix"]).with_status(1);

    let error = ended.metric("commits.hotfix")["error"].as_str().unwrap().to_owned();
    assert!(
        error.contains("secretsmanager:GetSecretValue") && error.contains("github/dashboard-token"),
        "{error}"
    );
}

#[test]
fn with_a_token_in_the_environment_aws_is_not_asked() {
    let github = github();
    // Any request to AWS would fail, because nothing listens on this port.
    let scene =
        scene(&github).variable("GITHUB_TOKEN", TOKEN).aws("http://127.0.0.1:1", &AccessKey::example());

    let ended = scene.run(&["--only", "commits.*"]).with_status(0);

    assert_eq!(ended.metric("commits.hotfix")["state"], "value");
}

#[test]
fn a_missing_token_file_is_named_in_the_error() {
    let scene = scene(&github());
    std::fs::create_dir(scene.folder().join("secrets")).unwrap();

    let ended = scene.variable("GITHUB_TOKEN_FILE", "secrets/no-such-file").run(&[]).with_status(1);

    let error = ended.metric("commits.hotfix")["error"].as_str().unwrap().to_owned();
    assert!(error.contains("secrets/no-such-file") && error.contains("GITHUB_TOKEN_FILE"), "{error}");
}

#[test]
fn it_is_an_error_if_aws_cannot_be_reached() {
    let scene = Scene::new(env!("CARGO_BIN_EXE_report"))
        .git_work_tree()
        .commit("hotfix", Duration::from_mins(1))
        .aws("http://127.0.0.1:1", &AccessKey::example());

    let ended = scene.run(&["--only", "commits.hotfix"]).with_status(1);

    let error = ended.metric("commits.hotfix")["error"].as_str().unwrap().to_owned();
    assert!(error.contains("cannot be reached"), "{error}");
}

/// A work tree without a token. Its CI metric has no value, and the reason or the error says why there is no token.
fn work_tree() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report")).git_work_tree().commit("hotfix", Duration::from_mins(1))
}

#[test]
fn a_token_in_place_of_a_path_is_not_printed() {
    let scene = scene(&github()).variable("GITHUB_TOKEN_FILE", TOKEN);

    let ended = scene.run(&["--only", "commits.hotfix"]).with_status(1);

    let output = ended.stdout() + &ended.stderr();
    assert!(output.contains("GITHUB_TOKEN_FILE") && !output.contains(TOKEN), "{output}");
}

#[test]
fn each_error_of_aws_has_its_own_message() {
    for (status, code, text, expected) in [
        (
            400,
            "ResourceNotFoundException",
            "no",
            "create the secret, or name another with `token_secret` in [github]",
        ),
        (400, "AccessDeniedException", "no", "secretsmanager:GetSecretValue"),
        (400, "AccessDeniedException", "Access to KMS is not allowed", "kms:Decrypt"),
        (400, "InvalidRequestException", "it was marked for deletion", "aws secretsmanager restore-secret"),
        (400, "ThrottlingException", "Rate exceeded", "try again later"),
        (400, "ExpiredTokenException", "expired", "renew them"),
        (400, "UnrecognizedClientException", "invalid", "does not accept the AWS credentials"),
        (500, "InternalServiceError", "oops", "AWS returned no value"),
    ] {
        let body = serde_json::json!({ "__type": code, "Message": text }).to_string();
        let answer = Answer::text(status, "application/x-amz-json-1.1", &body);
        let aws = Server::start(move |_: &Request| answer.clone());
        let scene = work_tree()
            .variable("AWS_ENDPOINT_URL", aws.url())
            .variable("AWS_REGION", "us-east-1")
            .variable("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .variable("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");

        let ended = scene.run(&["--only", "ci.*"]);

        let metric = ended.metric("ci.tests_passing_on_main");
        let message = metric["error"].as_str().or_else(|| metric["reason"].as_str()).unwrap().to_owned();
        assert!(message.contains(expected), "{code}: {message}");
    }
}

#[test]
fn missing_aws_settings_are_named() {
    let message = |scene: Scene| {
        let metric = scene.run(&["--only", "ci.*"]).metric("ci.tests_passing_on_main");
        metric["reason"].as_str().or_else(|| metric["error"].as_str()).unwrap().to_owned()
    };
    let with_access_key = || {
        work_tree()
            .variable("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .variable("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    };
    assert!(message(with_access_key()).contains("set AWS_REGION or `region` in [secrets]"));
    assert!(message(work_tree()).contains("there are no AWS credentials"));
    let turned_off = work_tree().file("system-health.toml", "[secrets]\naws = false\n");
    assert!(message(turned_off).contains("AWS is not used (`aws = false` in [secrets])"));
}
