//! The metrics against the real moto server, which implements AWS's protocols, and checks signatures and policies.

use std::time::{Duration, SystemTime};

use serde_json::json;
use system_health_collectors::aws::{
    alarms::{CloudWatchAlarms, alarms},
    codebuild::{CodeBuildBuilds, build_duration_seconds, builds},
    codepipeline::{PipelineStates, pipeline_state},
};
use system_health_registry::{Context, Event, Events, StartedAt, Window};
use system_health_test_support::moto::{AccessKey, Moto};

use super::run::{context_with_credentials, lines};

/// The time of the runs. The builds of moto end before it.
fn soon() -> SystemTime {
    SystemTime::now() + Duration::from_mins(10)
}

fn context_with_key(moto: &Moto, key: &AccessKey) -> Context {
    context_with_credentials(&moto.url(), (&key.id, &key.secret), soon())
}

async fn read(context: &Context) -> [Vec<String>; 3] {
    let window = Window::ending_at(soon(), Duration::from_hours(1));
    let list: CodeBuildBuilds = context.get().await.unwrap();
    let states: PipelineStates = context.get().await.unwrap();
    let list_of_alarms: CloudWatchAlarms = context.get().await.unwrap();
    let events = context.get::<Events>().await.unwrap();
    [
        lines(builds(list, window)),
        lines(pipeline_state(states)),
        lines(alarms(list_of_alarms, events, StartedAt(soon()))),
    ]
}

#[tokio::test]
#[ignore = "needs moto: run cargo xtask test"]
async fn builds_pipelines_and_alarms_are_read_with_a_sufficient_policy() {
    // The first requests are not authenticated: three for builds, three for the pipeline, four for alarms, two for the
    // user and one for the policy.
    let moto = Moto::start_authenticating(13);
    moto.create_project("shop", 2);
    moto.create_pipeline("shop");
    moto.create_alarm("cpu", "ALARM");
    moto.create_alarm("disk", "OK");
    let key = moto.create_user("reporter");
    let actions = [
        "codebuild:ListProjects",
        "codebuild:ListBuildsForProject",
        "codebuild:BatchGetBuilds",
        "codepipeline:ListPipelines",
        "codepipeline:ListPipelineExecutions",
        // moto takes the name of the service from the signature. AWS calls this action `cloudwatch:DescribeAlarms`.
        "monitoring:DescribeAlarms",
    ];
    let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    moto.put_user_policy("reporter", &json!({"Version": "2012-10-17", "Statement": [statement]}).to_string());
    let context = context_with_key(&moto, &key);

    let [builds, pipelines, alarms] = read(&context).await;

    assert_eq!(
        builds,
        [
            "0 [project:shop, region:us-east-1, status:failed]",
            "2 [project:shop, region:us-east-1, status:succeeded]",
        ]
    );
    assert_eq!(pipelines, ["1 [pipeline:shop, region:us-east-1]"]);
    assert_eq!(
        alarms,
        [
            "1 [region:us-east-1, state:alarm]",
            "0 [region:us-east-1, state:insufficient_data]",
            "1 [region:us-east-1, state:ok]",
        ]
    );
    let events = context.get::<Events>().await.unwrap().attached();
    assert_eq!(events.iter().map(Event::title).collect::<Vec<_>>(), ["Alarm cpu fires in us-east-1"]);
    let list: CodeBuildBuilds = context.get().await.unwrap();
    let durations = build_duration_seconds(list, Window::ending_at(soon(), Duration::from_hours(1))).unwrap();
    // The builds of moto take one to five minutes.
    assert!(
        durations.samples().iter().all(|sample| (60.0..=300.0).contains(&sample.value().number().unwrap())),
        "{durations:?}"
    );
}

#[tokio::test]
#[ignore = "needs moto: run cargo xtask test"]
async fn without_permission_there_is_no_data_and_a_wrong_key_is_an_error() {
    let moto = Moto::start_authenticating(2);
    let key = moto.create_user("reporter");
    let wrong = AccessKey { id: key.id.clone(), secret: "wrong".to_owned() };
    // moto takes the name of the service from the signature. AWS calls the last action `cloudwatch:DescribeAlarms`.
    let actions = ["codebuild:ListProjects", "codepipeline:ListPipelines", "monitoring:DescribeAlarms"];

    for (reading, denied) in read(&context_with_key(&moto, &key)).await.iter().zip(actions) {
        let action = denied.replace("monitoring", "cloudwatch");
        let expected = format!(
            "no data: the AWS credentials need the permission `{action}` in us-east-1: User: \
             arn:aws:iam::123456789012:user/reporter is not authorized to perform: {denied}"
        );
        assert_eq!(reading, &[expected]);
    }
    for reading in read(&context_with_key(&moto, &wrong)).await {
        let [line] = &reading[..] else { panic!("{reading:?}") };
        let refused = "failed: AWS does not accept the AWS credentials of this process";
        assert!(line.starts_with("error: ") && line.contains(refused), "{line}");
    }
}
