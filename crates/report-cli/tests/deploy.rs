//! Checks the permissions in `deploy/`: the IAM policy is sufficient for a push, and the Terraform file names the permissions.
#![cfg(feature = "datadog")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use system_health_test_support::{
    datadog::DatadogIntake,
    github::FakeGitHub,
    moto::{AccessKey, Moto},
    scene::{ProgramOutput, Scene},
    tools,
};

const TOKEN: &str = "ghp_fr0mSecretsManager0123456789012345";

fn deploy_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy")
}

fn push(moto: &Moto, key: &AccessKey, github: &FakeGitHub, intake: &DatadogIntake) -> ProgramOutput {
    Scene::new(env!("CARGO_BIN_EXE_report"))
        .variable("GITHUB_API_URL", github.url())
        .variable("GITHUB_REPOSITORY", "acme/shop")
        .variable("DD_URL", intake.url())
        .aws(moto.url(), key)
        .run(&["--push", "--only", "commits.*"])
}

#[test]
#[ignore = "needs moto: run cargo xtask test"]
fn the_iam_policy_is_sufficient_for_a_push() {
    let policy = fs::read_to_string(deploy_folder().join("iam-policy.json")).unwrap();
    let mut policy: Value = serde_json::from_str(&policy).unwrap();
    let resources = policy["Statement"][0]["Resource"].take();
    let secret = |name: &str| format!("arn:aws:secretsmanager:REGION:ACCOUNT:secret:{name}-??????");
    assert_eq!(resources, json!([secret("github/dashboard-token"), secret("datadog/api-key")]));
    // moto checks the actions of a policy, but checks resources only for S3.
    policy["Statement"][0]["Resource"] = json!("*");
    let (github, intake) = (FakeGitHub::builder().token(TOKEN).start(), DatadogIntake::start());
    github.repository("acme/shop").commits(3);
    // The first five requests are not authenticated: two for the user, two for secrets and one for the policy.
    let moto = Moto::start_authenticating(5);
    let key = moto.create_user("reporter");
    moto.create_secret("github/dashboard-token", TOKEN);
    moto.create_secret("datadog/api-key", DatadogIntake::KEY);
    moto.put_user_policy("reporter", &policy.to_string());

    let ended = push(&moto, &key, &github, &intake).with_status(0);

    assert_eq!(ended.json()["deliveries"][0]["state"], "accepted");
}

#[test]
#[ignore = "needs python-hcl2: run cargo xtask test"]
fn the_terraform_file_names_the_actions_secrets_and_principals() {
    let parse = "import hcl2, json, sys; json.dump(hcl2.load(open(sys.argv[1])), sys.stdout)";
    let parsed =
        tools::python().args(["-c", parse]).arg(deploy_folder().join("terraform/main.tf")).output().unwrap();
    assert!(parsed.status.success(), "{}", String::from_utf8_lossy(&parsed.stderr));
    let terraform = String::from_utf8(parsed.stdout).unwrap();

    for text in [
        "secretsmanager:GetSecretValue",
        "github/dashboard-token",
        "datadog/api-key",
        "sts:AssumeRoleWithWebIdentity",
        "pods.eks.amazonaws.com",
        "sts:TagSession",
        "StringEquals",
        "cloudwatch:PutMetricData",
        "cloudwatch:namespace",
    ] {
        assert!(terraform.contains(text), "{text}");
    }
}
