//! The metrics of AWS in the whole program, with the real moto server or with a server of the test.
#![cfg(feature = "aws-ci")]

use std::path::Path;

use serde_json::{Value, json};
use system_health_test_support::{
    moto::{AccessKey, Moto},
    scene::Scene,
    server::{Answer, Request, Server},
};

fn scene() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report"))
        .file("system-health.toml", "[metrics]\nenable = ['aws.*']\n[secrets]\naws = false\n")
}

#[test]
fn without_aws_credentials_there_is_no_data() {
    let scene = scene().variable("AWS_EC2_METADATA_DISABLED", "true");

    let ended = scene.run(&["--only", "aws.*"]).with_status(0);

    for key in ["aws.codebuild.builds", "aws.codepipeline.state", "aws.alarms"] {
        let outcome = ended.metric(key);
        assert_eq!(outcome["state"], "no_data", "{outcome}");
        assert!(outcome.to_string().contains("there are no AWS credentials"), "{outcome}");
    }
}

#[test]
#[ignore = "needs moto: run cargo xtask test"]
fn the_documented_policy_is_sufficient() {
    let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/iam-policy-ci.json");
    // moto takes the name of CloudWatch from the signature, `monitoring`. In policies of AWS, the name is `cloudwatch`.
    let policy = std::fs::read_to_string(policy).unwrap().replace("cloudwatch:", "monitoring:");
    // The first requests are not authenticated: five for builds and alarms, two for the user and one for the policy.
    let moto = Moto::start_authenticating(8);
    moto.create_project("shop", 2);
    moto.create_alarm("cpu", "ALARM");
    let key = moto.create_user("reporter");
    moto.put_user_policy("reporter", &policy);

    let ended = scene().aws(moto.url(), &key).run(&["--only", "aws.*"]).with_status(0);

    assert_eq!(ended.metric("aws.alarms")["state"], "value");
    assert_eq!(ended.metric("aws.codebuild.builds")["state"], "value");
}

#[test]
fn a_missing_permission_is_named_as_the_reason_for_no_data() {
    let message = "User: arn:aws:iam::123456789012:user/reporter is not authorized";
    let denied = Answer::json(400, &json!({"__type": "AccessDeniedException", "message": message}));
    let aws = Server::start(move |_: &Request| denied.clone());

    let ended = scene().aws(aws.url(), &AccessKey::example()).run(&["--only", "aws.*"]).with_status(0);

    for (key, permission) in [
        ("aws.codebuild.builds", "codebuild:ListProjects"),
        ("aws.codepipeline.failing", "codepipeline:ListPipelines"),
        ("aws.alarms", "cloudwatch:DescribeAlarms"),
    ] {
        let outcome = ended.metric(key);
        assert_eq!(outcome["state"], "no_data", "{outcome}");
        assert!(outcome.to_string().contains(&format!("the permission `{permission}`")), "{outcome}");
    }
}

#[test]
fn a_dry_run_needs_no_additional_requests_to_estimate_the_requests_to_aws() {
    let aws = Server::start(|request: &Request| {
        let body = match request.header("x-amz-target").unwrap().split('.').nth(1).unwrap() {
            "ListProjects" => json!({"projects": ["shop", "web"]}),
            "ListBuildsForProject" => json!({"ids": []}),
            "ListPipelines" => json!({"pipelines": [{"name": "shop"}]}),
            _ => json!({}),
        };
        Answer::json(200, &body)
    });
    let settings = "[metrics]\nenable = ['aws.*']\n[secrets]\naws = false\n[local]\nfile = 'points.jsonl'\n";
    let scene = scene().file("system-health.toml", settings).aws(aws.url(), &AccessKey::example());
    let dry_run = |only| scene.run(&["--dry-run", "--to", "local", "--only", only]).with_status(0);

    let all_metrics = dry_run("aws.*");

    assert_eq!(
        all_metrics.json()["run"]["requests"],
        json!([{
            "api": "AWS",
            "total": 8,
            "groups": [{
                "group": "aws",
                "requests": 8,
                "basis": "1 for alarms, 5 for 2 projects, 2 for 1 pipeline in 1 region",
                "skipped": null,
            }],
            "limits": [],
        }])
    );
    // Alarms, two lists of names, two of builds and one of executions.
    assert_eq!(aws.requests().len(), 6);

    let alarms = dry_run("aws.alarms");
    assert_eq!(alarms.json()["run"]["requests"][0]["groups"][0]["basis"], "1 for alarms in 1 region");
    // Only a dry run shows an estimate, so other runs make none.
    let ended = scene.run(&["--only", "aws.alarms"]).with_status(0);
    assert_eq!(ended.json()["run"]["requests"], Value::Null);
}

#[cfg(feature = "datadog")]
#[test]
#[ignore = "needs moto: run cargo xtask test"]
fn an_alarm_that_fires_in_two_runs_has_one_event() {
    use system_health_test_support::{datadog::DatadogIntake, scene::next_second};
    let (moto, intake) = (Moto::start(), DatadogIntake::start());
    let scene = scene()
        .aws(moto.url(), &AccessKey::example())
        .variable("DD_URL", intake.url())
        .variable("DD_API_KEY", DatadogIntake::KEY);
    let push = || {
        next_second();
        scene.run(&["--push", "--no-self-metrics", "--only", "aws.alarms"]).with_status(0)
    };
    moto.create_alarm("cpu", "OK");
    push();
    assert_eq!(intake.events(), [] as [Value; 0]);

    moto.create_alarm("cpu", "ALARM");
    push();
    push();
    assert_eq!(intake.events().len(), 1);

    moto.create_alarm("cpu", "OK");
    push();
    moto.create_alarm("cpu", "ALARM");
    push();

    let events = intake.events();
    assert!(events.iter().all(|event| event["title"] == "Alarm cpu fires in us-east-1"), "{events:?}");
    assert_eq!(events.len(), 2);
}
