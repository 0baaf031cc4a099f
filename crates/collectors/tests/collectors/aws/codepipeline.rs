//! The metrics about the states of pipelines. The expected values were computed by hand.

use system_health_collectors::aws::codepipeline::{PipelineStates, pipeline_state, pipelines_failing};
use system_health_registry::Context;

use super::{
    fake::FakeAws,
    run::{REGION, context_with, lines},
};

const STANDARD: &str = "STANDARD";

async fn states(context: &Context) -> PipelineStates {
    context.get().await.unwrap()
}

/// Executions of the usual type, newest first.
fn executions<'a>(statuses: &[&'a str]) -> Vec<(&'a str, &'static str)> {
    statuses.iter().map(|status| (*status, STANDARD)).collect()
}

#[tokio::test]
async fn the_latest_execution_that_passed_or_failed_decides() {
    let aws = FakeAws::start();
    for (pipeline, statuses) in [
        ("passing", &["Succeeded", "Failed"][..]),
        ("failing", &["Failed", "Succeeded"]),
        ("running", &["InProgress", "Failed", "Succeeded"]),
        ("paged", &["Superseded", "Stopped", "Cancelled", "Stopping", "Succeeded", "Failed"]),
        ("new", &["InProgress"]),
        ("never-run", &[]),
    ] {
        aws.pipeline(REGION, pipeline, &executions(statuses));
    }
    // The rollback succeeded, but the newest version still fails.
    aws.pipeline(REGION, "rolled-back", &[("Succeeded", "ROLLBACK"), ("Failed", STANDARD)]);
    let states = states(&context_with(&aws.url(), "")).await;

    insta::assert_snapshot!(lines(pipeline_state(states.clone())).join("\n"), @r"
    0 [pipeline:failing, region:us-east-1]
    1 [pipeline:paged, region:us-east-1]
    1 [pipeline:passing, region:us-east-1]
    0 [pipeline:rolled-back, region:us-east-1]
    0 [pipeline:running, region:us-east-1]
    ");
    assert_eq!(lines(pipelines_failing(states)), ["3 [region:us-east-1]"]);
}

#[tokio::test]
async fn the_evidence_says_which_execution_decided() {
    let aws = FakeAws::start();
    aws.pipeline(REGION, "shop", &executions(&["InProgress", "Failed", "Succeeded"]));

    let reading = pipeline_state(states(&context_with(&aws.url(), "")).await).unwrap();

    let sample = &reading.samples()[0];
    let items = sample.evidence().items().iter();
    let evidence: Vec<_> = items.map(|item| (item.title(), item.is_counted(), item.reason())).collect();
    assert_eq!(evidence, [("execution-3", false, "it is in progress"), ("execution-2", true, "it failed")]);
    assert_eq!(
        sample.link(),
        Some(
            "https://us-east-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/shop/view?region=us-east-1"
        )
    );
}

#[tokio::test]
async fn a_region_with_a_pipeline_that_cannot_be_read_has_no_number() {
    let aws = FakeAws::start();
    aws.pipeline(REGION, "shop", &executions(&["Failed"]));
    aws.pipeline("eu-west-1", "shop", &executions(&["Failed"]));
    aws.refuse("eu-west-1", "ListPipelineExecutions", 500, "InternalFailure", "no");
    let states = states(&context_with(&aws.url(), "regions = ['eu-west-1', 'us-east-1']")).await;

    let failed = "failed: pipeline:shop region:eu-west-1: the request codepipeline:ListPipelineExecutions \
                  failed: AWS returned an error (InternalFailure): no";
    assert_eq!(lines(pipelines_failing(states.clone())), ["1 [region:us-east-1]", failed]);
    assert_eq!(lines(pipeline_state(states)), ["0 [pipeline:shop, region:us-east-1]", failed]);
}

#[tokio::test]
async fn a_denied_pipeline_is_not_a_failure_but_its_region_has_no_number() {
    let aws = FakeAws::start();
    for (region, pipeline) in [(REGION, "shop"), ("eu-west-1", "secret"), ("eu-west-1", "shop")] {
        aws.pipeline(region, pipeline, &executions(&["Failed"]));
    }
    aws.deny("ListPipelineExecutions", "secret");
    let states = states(&context_with(&aws.url(), "regions = ['eu-west-1', 'us-east-1']")).await;

    assert_eq!(lines(pipelines_failing(states.clone())), ["1 [region:us-east-1]"]);
    assert_eq!(
        lines(pipeline_state(states)),
        ["0 [pipeline:shop, region:eu-west-1]", "0 [pipeline:shop, region:us-east-1]"]
    );
}

#[tokio::test]
async fn a_denied_pipeline_does_not_hide_a_failure() {
    let aws = FakeAws::start();
    aws.pipeline(REGION, "a-secret", &executions(&["Failed"]));
    aws.pipeline(REGION, "shop", &executions(&["Superseded"; 40]));
    aws.deny("ListPipelineExecutions", "a-secret");
    let failing = lines(pipelines_failing(states(&context_with(&aws.url(), "")).await));
    assert!(failing[0].starts_with("error: ") && failing[0].contains("pipeline:shop"), "{failing:?}");
}

#[tokio::test]
async fn a_missing_permission_is_no_data_that_names_it() {
    let aws = FakeAws::start();
    aws.refuse("*", "ListPipelines", 400, "AccessDeniedException", "no");
    let states = states(&context_with(&aws.url(), "")).await;

    let expected =
        "no data: the AWS credentials need the permission `codepipeline:ListPipelines` in us-east-1: no";
    assert_eq!(lines(pipeline_state(states.clone())), [expected]);
    assert_eq!(lines(pipelines_failing(states)), [expected]);
}

#[tokio::test]
async fn without_a_decided_pipeline_there_is_no_data() {
    let aws = FakeAws::start();
    aws.pipeline(REGION, "new", &executions(&["InProgress"]));
    let states = states(&context_with(&aws.url(), "pipelines = ['n*']")).await;

    let expected = "no data: no pipeline in CodePipeline has an execution that passed or failed";
    assert_eq!(lines(pipeline_state(states.clone())), [expected]);
    assert_eq!(lines(pipelines_failing(states)), [expected]);
}

#[tokio::test]
async fn a_pipeline_that_is_deleted_during_a_run_is_left_out() {
    let aws = FakeAws::start();
    aws.pipeline(REGION, "shop", &executions(&["Failed"]));
    aws.refuse("*", "ListPipelineExecutions", 400, "PipelineNotFoundException", "no");
    let states = states(&context_with(&aws.url(), "")).await;
    assert_eq!(
        lines(pipelines_failing(states)),
        ["no data: no pipeline in CodePipeline has an execution that passed or failed"]
    );
}

#[tokio::test]
async fn executions_that_never_decide_are_an_error_and_not_read_without_end() {
    let aws = FakeAws::start();
    aws.pipeline(REGION, "shop", &executions(&["Superseded"; 40]));
    let states = states(&context_with(&aws.url(), "")).await;
    assert_eq!(
        lines(pipeline_state(states)),
        ["error: pipeline:shop region:us-east-1: the response to \
             codepipeline:ListPipelineExecutions contains no execution that passed or failed on the first 10 pages"]
    );
    assert_eq!(aws.called().len(), 11);
}
