//! Findings about AWS: the identity, the secrets and the permissions.

#[cfg(feature = "aws-ci")]
use serde_json::json;
use system_health_test_support::{
    datadog::DatadogIntake,
    moto::{AccessKey, Moto},
    scene::Scene,
};

use super::{TOKEN, finding, github, scene};

#[test]
fn all_findings_are_ok_if_nothing_needs_aws() {
    let (github, intake) = (github(), DatadogIntake::start());

    let ended = scene(&github, &intake).variable("DD_APP_KEY", "").run(&["doctor"]).with_status(0);

    let document = ended.json();
    assert!(
        document["findings"].as_array().unwrap().iter().all(|finding| finding["grade"] == "ok"),
        "{ended}"
    );
    assert!(finding(&ended, "AWS").1.contains("is not needed"), "{ended}");
    assert_eq!(finding(&ended, "Datadog application key").1, "not set; deliveries do not need it");
}

#[test]
fn if_aws_is_turned_off_a_finding_says_so_and_its_certificate_authorities_are_still_checked() {
    let (github, intake) = (github(), DatadogIntake::start());
    let scene = scene(&github, &intake)
        .file("system-health.toml", "[secrets]\naws = false\n")
        .file("ca.pem", "no certificate")
        .variable("AWS_CA_BUNDLE", "ca.pem");

    let ended = scene.run(&["doctor"]).with_status(1);

    assert_eq!(
        finding(&ended, "AWS"),
        ("ok".into(), "is not used for secrets (`aws = false` in [secrets])".into())
    );
    let (grade, message) = finding(&ended, "certificate authorities for AWS");
    assert!(grade == "failed" && message.starts_with("AWS_CA_BUNDLE: "), "{grade}: {message}");
}

#[test]
#[ignore = "needs moto: run cargo xtask test"]
fn findings_about_secrets_in_aws_name_the_secrets() {
    let (github, intake, moto) = (github(), DatadogIntake::start(), Moto::start());
    moto.create_secret("github/dashboard-token", TOKEN);
    let scene = Scene::new(env!("CARGO_BIN_EXE_report"))
        .variable("GITHUB_API_URL", github.url())
        .variable("GITHUB_REPOSITORY", "acme/shop")
        .variable("DD_URL", intake.url())
        .file("system-health.toml", "[datadog]\napi_key_secret = 'team/dd'\n");

    let ended = scene.aws(moto.url(), &AccessKey::example()).run(&["doctor"]).with_status(1);

    assert_eq!(finding(&ended, "Datadog API key").0, "failed");

    let (grade, message) = finding(&ended, "AWS identity");
    assert!(grade == "ok" && message.contains("arn:aws:") && message.ends_with("123456789012"), "{message}");
    let (grade, message) = finding(&ended, "AWS secret for the GitHub token");
    assert!(grade == "ok" && message.contains("github/dashboard-token"), "{grade}: {message}");
    assert_eq!(finding(&ended, "GitHub").0, "ok");
    let (grade, message) = finding(&ended, "AWS secret for the Datadog API key");
    assert!(grade == "failed" && message.contains("find no secret `team/dd`"), "{grade}: {message}");
    assert!(!ended.stdout().contains(TOKEN));
}

#[test]
#[ignore = "needs moto: run cargo xtask test"]
fn a_missing_permission_is_shown_as_a_policy_statement() {
    let github = github();
    // The first two requests, which create the user and its key, are not authenticated. All others are.
    let moto = Moto::start_authenticating(2);
    let key = moto.create_user("reporter");
    let scene = Scene::new(env!("CARGO_BIN_EXE_report")).variable("GITHUB_API_URL", github.url());

    let ended = scene.aws(moto.url(), &key).run(&["doctor"]).with_status(1);

    let (grade, message) = finding(&ended, "AWS secret for the GitHub token");
    assert_eq!(grade, "failed");
    let statement = r#"{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": ""#;
    assert!(message.contains(statement), "{message}");
    assert!(message.contains(":secret:github/dashboard-token-??????"), "{message}");
    assert!(!ended.stdout().contains(&key.secret));
}

#[cfg(feature = "aws-ci")]
#[test]
#[ignore = "needs moto: run cargo xtask test"]
fn missing_permissions_of_metrics_are_named_and_requests_are_estimated() {
    let (github, intake) = (github(), DatadogIntake::start());
    // The first requests are not authenticated: two for the project, three for the pipeline, two for the user and one for the
    // policy.
    let moto = Moto::start_authenticating(8);
    moto.create_project("shop", 1);
    moto.create_pipeline("shop");
    let key = moto.create_user("reporter");
    // moto takes the name of the service from the signature. AWS calls the last action `cloudwatch:DescribeAlarms`.
    let actions = ["codebuild:ListProjects", "codepipeline:ListPipelines", "monitoring:DescribeAlarms"];
    let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    moto.put_user_policy("reporter", &json!({"Version": "2012-10-17", "Statement": [statement]}).to_string());
    let scene = scene(&github, &intake).file("system-health.toml", "[metrics]\nenable = ['aws.*']\n");

    let ended = scene.aws(moto.url(), &key).run(&["doctor"]).with_status(0);

    let permission = |action: &str| finding(&ended, &format!("AWS permission {action}"));
    for (action, keys) in [
        ("codebuild:ListProjects", "aws.codebuild.*"),
        ("codepipeline:ListPipelines", "aws.codepipeline.*"),
        ("cloudwatch:DescribeAlarms", "aws.alarms"),
    ] {
        assert_eq!(permission(action), ("ok".into(), format!("for {keys}: allowed in us-east-1")));
    }
    for (action, keys) in [
        ("codebuild:ListBuildsForProject", "aws.codebuild.*"),
        ("codepipeline:ListPipelineExecutions", "aws.codepipeline.*"),
    ] {
        let message = format!(
            "is missing for {keys}, allow it in the IAM policy; denied in us-east-1: User: \
             arn:aws:iam::123456789012:user/reporter is not authorized to perform: {action}"
        );
        assert_eq!(permission(action), ("warning".into(), message));
    }
    let not_tried = "is needed by aws.codebuild.*, and could not be tried";
    assert_eq!(permission("codebuild:BatchGetBuilds"), ("info".into(), not_tried.into()));
    assert_eq!(
        finding(&ended, "requests of aws.*").1,
        "about 6 requests: 1 for alarms, 3 for 1 project, 2 for 1 pipeline in 1 region"
    );
    assert_eq!(finding(&ended, "requests to AWS").1, "about 6 requests");
    let requests = finding(&ended, "requests to GitHub").1;
    assert!(requests.starts_with("about 5 requests; "), "{requests}");
}

#[cfg(feature = "aws-ci")]
#[test]
fn without_aws_credentials_the_permissions_of_metrics_cannot_be_checked() {
    let (github, intake) = (github(), DatadogIntake::start());
    let scene = scene(&github, &intake).file("system-health.toml", "[metrics]\nenable = ['aws.*']\n");

    let ended = scene.run(&["doctor"]).with_status(0);

    let message = "cannot be checked: there are no AWS credentials";
    assert_eq!(finding(&ended, "AWS permissions"), ("warning".into(), message.into()));
}
