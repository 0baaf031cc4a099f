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

use super::run::{lines, run_as};

/// The time of a run by when the builds of moto have ended.
fn soon() -> SystemTime {
    SystemTime::now() + Duration::from_mins(10)
}

fn run(moto: &Moto, key: &AccessKey) -> Context {
    run_as(&moto.url(), (&key.id, &key.secret), soon())
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
    let context = run(&moto, &key);

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
        durations.samples().iter().all(|sample| (60.0..=300.0).contains(&sample.value())),
        "{durations:?}"
    );
}

#[tokio::test]
#[ignore = "needs moto: run cargo xtask test"]
async fn without_permission_or_with_a_wrong_key_there_is_no_value() {
    let moto = Moto::start_authenticating(2);
    let key = moto.create_user("reporter");
    let wrong = AccessKey { id: key.id.clone(), secret: "wrong".to_owned() };

    for key in [key, wrong] {
        for (reading, action) in read(&run(&moto, &key)).await.iter().zip([
            "codebuild:ListProjects",
            "codepipeline:ListPipelines",
            "cloudwatch:DescribeAlarms",
        ]) {
            // moto refuses in XML, which is not in the protocol. So this is an error and not a missing permission.
            let [line] = &reading[..] else { panic!("{reading:?}") };
            assert!(line.starts_with("error: "), "{line}");
            assert!(
                line.contains(&format!("the request {action} failed: AWS returned an error: ")),
                "{line}"
            );
            assert!(line.ends_with("HTTP status 403 with a body that is not from AWS"), "{line}");
        }
    }
}
