//! Secrets from AWS Secrets Manager, which is the real moto server, and what is said without them.

use std::time::Duration;

use system_health_test_support::{
    github::FakeGitHub,
    moto::Moto,
    scene::Scene,
    server::{Answer, Request, Server},
};

const TOKEN: &str = "ghp_fr0mSecretsManager0123456789012345";

fn scene(github: &FakeGitHub) -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report"))
        .variable("GITHUB_API_URL", github.url())
        .variable("GITHUB_REPOSITORY", "acme/shop")
}

fn with_aws(scene: Scene, moto: &Moto) -> Scene {
    scene
        .variable("AWS_ENDPOINT_URL", moto.url())
        .variable("AWS_REGION", Moto::REGION)
        .variable("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .variable("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
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

    let ended = with_aws(scene(&github), &moto).run(&["--only", "commits.*"]).with_status(0);

    assert_eq!(ended.metric("commits.hotfix")["state"], "value");
}

#[cfg(feature = "datadog")]
#[test]
#[ignore = "needs moto: run cargo xtask test"]
fn the_datadog_key_comes_from_a_secret_of_another_name() {
    use system_health_test_support::datadog::DatadogIntake;
    let (github, moto, intake) = (github(), Moto::start(), DatadogIntake::start());
    moto.create_secret("github/dashboard-token", TOKEN);
    moto.create_secret("team/dd", DatadogIntake::KEY);
    let scene = with_aws(scene(&github), &moto)
        .variable("DD_URL", intake.url())
        .file("system-health.toml", "[datadog]\napi_key_secret = 'team/dd'\n");

    let ended = scene.run(&["--push", "--no-self-metrics", "--only", "commits.*"]).with_status(0);

    assert_eq!(ended.json()["deliveries"][0]["state"], "accepted");
    assert_eq!(intake.points().len(), 2);
}

#[test]
#[ignore = "needs moto: run cargo xtask test"]
fn a_secret_that_may_not_be_read_is_an_error_that_names_the_action() {
    let github = github();
    // Two free actions create the user with its key; all later ones are checked.
    let moto = Moto::start_authenticating(2);
    let key = moto.create_user("reporter");
    let scene = scene(&github)
        .variable("AWS_ENDPOINT_URL", moto.url())
        .variable("AWS_REGION", Moto::REGION)
        .variable("AWS_ACCESS_KEY_ID", key.id)
        .variable("AWS_SECRET_ACCESS_KEY", key.secret);

    let ended = scene.run(&["--only", "commits.hotfix"]).with_status(1);

    let error = ended.metric("commits.hotfix")["error"].as_str().unwrap().to_owned();
    assert!(
        error.contains("secretsmanager:GetSecretValue") && error.contains("github/dashboard-token"),
        "{error}"
    );
}

#[test]
fn the_environment_wins_and_aws_is_not_asked() {
    let github = github();
    // Whoever asks AWS there fails, because nothing listens.
    let scene = scene(&github)
        .variable("GITHUB_TOKEN", TOKEN)
        .variable("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        .variable("AWS_REGION", "us-east-1")
        .variable("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .variable("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");

    let ended = scene.run(&["--only", "commits.*"]).with_status(0);

    assert_eq!(ended.metric("commits.hotfix")["state"], "value");
}

#[test]
fn a_token_file_that_is_missing_is_an_error_that_names_it() {
    let ended = scene(&github()).variable("GITHUB_TOKEN_FILE", "no/such-file").run(&[]).with_status(1);

    let error = ended.metric("commits.hotfix")["error"].as_str().unwrap().to_owned();
    assert!(error.contains("no/such-file") && error.contains("GITHUB_TOKEN_FILE"), "{error}");
}

#[test]
fn an_aws_that_cannot_be_reached_is_an_error_and_no_reason_to_use_another_source() {
    let scene = Scene::new(env!("CARGO_BIN_EXE_report"))
        .git_work_tree()
        .commit("hotfix", Duration::from_mins(1))
        .variable("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        .variable("AWS_REGION", "us-east-1")
        .variable("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .variable("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");

    let ended = scene.run(&["--only", "commits.hotfix"]).with_status(1);

    let error = ended.metric("commits.hotfix")["error"].as_str().unwrap().to_owned();
    assert!(error.contains("cannot be reached"), "{error}");
}

/// Without a token, the CI metric has no data there, and says why there is no token.
fn work_tree() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report")).git_work_tree().commit("hotfix", Duration::from_mins(1))
}

#[test]
fn a_key_where_the_path_of_its_file_belongs_is_not_repeated() {
    let scene = scene(&github()).variable("GITHUB_TOKEN_FILE", TOKEN);

    let ended = scene.run(&["--only", "commits.hotfix"]).with_status(1);

    let output = ended.stdout() + &ended.stderr();
    assert!(output.contains("GITHUB_TOKEN_FILE") && !output.contains(TOKEN), "{output}");
}

#[test]
fn every_answer_of_aws_has_a_message_that_says_what_to_do() {
    for (status, code, text, advice) in [
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
        let said = metric["error"].as_str().or_else(|| metric["reason"].as_str()).unwrap().to_owned();
        assert!(said.contains(advice), "{code}: {said}");
    }
}

#[test]
fn what_is_missing_to_ask_aws_is_said() {
    let said = |scene: Scene| {
        let metric = scene.run(&["--only", "ci.*"]).metric("ci.tests_passing_on_main");
        metric["reason"].as_str().or_else(|| metric["error"].as_str()).unwrap().to_owned()
    };
    let keys = || {
        work_tree()
            .variable("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .variable("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    };
    assert!(said(keys()).contains("set AWS_REGION or `region` in [secrets]"));
    assert!(said(work_tree()).contains("there are no AWS credentials"));
    let turned_off = work_tree().file("system-health.toml", "[secrets]\naws = false\n");
    assert!(said(turned_off).contains("AWS is not used (`aws = false` in [secrets])"));
}
