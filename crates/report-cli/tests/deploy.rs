//! The rights that `deploy/` gives are enough for the reporter, and no more.
#![cfg(feature = "datadog")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use system_health_test_support::{
    datadog::DatadogIntake,
    github::FakeGitHub,
    moto::{AccessKey, Moto},
    scene::{Ended, Scene},
    tools,
};

const TOKEN: &str = "ghp_fr0mSecretsManager0123456789012345";

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy")
}

fn push(moto: &Moto, key: &AccessKey, github: &FakeGitHub, intake: &DatadogIntake, settings: &str) -> Ended {
    Scene::new(env!("CARGO_BIN_EXE_report"))
        .file("system-health.toml", settings)
        .variable("GITHUB_API_URL", github.url())
        .variable("GITHUB_REPOSITORY", "acme/shop")
        .variable("DD_URL", intake.url())
        .variable("AWS_ENDPOINT_URL", moto.url())
        .variable("AWS_REGION", Moto::REGION)
        .variable("AWS_ACCESS_KEY_ID", &key.id)
        .variable("AWS_SECRET_ACCESS_KEY", &key.secret)
        .run(&["--push", "--only", "commits.*"])
}

#[test]
#[ignore = "needs moto: run cargo xtask test"]
fn the_iam_policy_allows_the_secrets_of_a_push_and_no_others() {
    let policy = fs::read_to_string(deploy().join("iam-policy.json")).unwrap();
    let policy = policy.replace("REGION", Moto::REGION).replace("ACCOUNT", "123456789012");
    // AWS knows `?` for one character; moto does not.
    assert_eq!(policy.matches("-??????\"").count(), 2);
    let policy = policy.replace("??????", "*");
    let (github, intake) = (FakeGitHub::builder().token(TOKEN).start(), DatadogIntake::start());
    github.repository("acme/shop").commits(3);
    // Two actions for the user, three for secrets and one for the policy; all later ones are checked.
    let moto = Moto::start_authenticating(6);
    let key = moto.create_user("reporter");
    moto.create_secret("github/dashboard-token", TOKEN);
    moto.create_secret("datadog/api-key", DatadogIntake::KEY);
    moto.create_secret("datadog/others", DatadogIntake::KEY);
    moto.put_user_policy("reporter", &policy);

    let allowed = push(&moto, &key, &github, &intake, "").with_status(0);
    let others = "[secrets]\ndatadog_api_key = 'datadog/others'\n";
    let denied = push(&moto, &key, &github, &intake, others).with_status(3);

    assert_eq!(allowed.json()["deliveries"][0]["state"], "accepted");
    assert!(denied.stdout().contains("secretsmanager:GetSecretValue"), "{denied}");
}

#[test]
#[ignore = "needs python-hcl2: run cargo xtask test"]
fn terraform_makes_the_same_policy() {
    let parse = "import hcl2, json, sys; json.dump(hcl2.load(open(sys.argv[1])), sys.stdout)";
    let parsed =
        tools::python().args(["-c", parse]).arg(deploy().join("terraform/main.tf")).output().unwrap();
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
    ] {
        assert!(terraform.contains(text), "{text}");
    }
}
