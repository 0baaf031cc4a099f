//! The metrics about builds in CodeBuild. The expected values were computed by hand.

use std::time::{Duration, SystemTime};

use system_health_collectors::aws::codebuild::{
    CodeBuildBuilds, build_duration_seconds, build_duration_seconds_samples, builds,
};
use system_health_registry::{ApiCalls, Context, Unavailable};

use super::{
    fake::FakeAws,
    run::{REGION, before, context_with, lines, now, window},
};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

async fn counts(context: &Context) -> Vec<String> {
    match context.get().await {
        Ok(list) => lines(builds(list, window())),
        Err(unavailable) => lines(Err(unavailable)),
    }
}

/// A build with this status, which started and ended this long before the run.
fn build(status: &str, started: Duration, ended: Duration) -> (&str, SystemTime, Option<SystemTime>) {
    (status, before(started), Some(before(ended)))
}

#[tokio::test]
async fn builds_that_ended_in_the_window_are_counted_by_status() {
    let aws = FakeAws::start();
    aws.project(
        REGION,
        "shop",
        &[
            ("IN_PROGRESS", before(HOUR), None),
            build("SUCCEEDED", 3 * HOUR, 2 * HOUR),
            build("TIMED_OUT", 5 * HOUR, 4 * HOUR),
            build("SUCCEEDED", DAY, 23 * HOUR),
            // This build ended when the run started.
            build("FAILED", 2 * DAY, Duration::ZERO),
        ],
    );

    insta::assert_snapshot!(counts(&context_with(&aws.url(), "")).await.join("\n"), @r"
    1 [project:shop, region:us-east-1, status:failed]
    2 [project:shop, region:us-east-1, status:succeeded]
    1 [project:shop, region:us-east-1, status:timed_out]
    ");
}

#[tokio::test]
async fn a_build_that_started_before_the_window_may_have_ended_in_it() {
    let aws = FakeAws::start();
    let start = 7 * DAY;
    aws.project(
        REGION,
        "shop",
        &[
            build("SUCCEEDED", start.saturating_sub(HOUR), start.saturating_sub(HOUR)),
            // The second page has a build that took 35 hours, after shorter builds that ended before the window.
            build("FAILED", start + HOUR, start),
            build("FAILED", start + 2 * HOUR, start + HOUR),
            build("STOPPED", start + 34 * HOUR, start.saturating_sub(HOUR)),
            build("FAILED", start + 35 * HOUR, start + HOUR),
            build("FAILED", start + 45 * HOUR, start + 44 * HOUR),
            // This page is not read.
            build("FAILED", start + 46 * HOUR, start + 45 * HOUR),
        ],
    );

    insta::assert_snapshot!(counts(&context_with(&aws.url(), "")).await.join("\n"), @r"
    0 [project:shop, region:us-east-1, status:failed]
    1 [project:shop, region:us-east-1, status:stopped]
    1 [project:shop, region:us-east-1, status:succeeded]
    ");
    let pages = aws.called().iter().filter(|call| call.starts_with("ListBuildsForProject")).count();
    assert_eq!(pages, 2);
}

#[tokio::test]
async fn durations_are_those_of_builds_that_succeeded() {
    let aws = FakeAws::start();
    let minutes = |minutes| Duration::from_mins(minutes);
    let took = |status, duration| build(status, HOUR + duration, HOUR);
    aws.project(
        REGION,
        "shop",
        &[
            took("SUCCEEDED", minutes(10)),
            took("SUCCEEDED", minutes(20)),
            took("SUCCEEDED", minutes(30)),
            took("SUCCEEDED", minutes(40)),
            took("FAILED", minutes(50)),
            ("IN_PROGRESS", before(DAY), None),
        ],
    );
    aws.project(REGION, "web", &[took("FAILED", minutes(1))]);
    aws.project(REGION, "empty", &[]);
    let context = context_with(&aws.url(), "");
    let list: CodeBuildBuilds = context.get().await.unwrap();

    insta::assert_snapshot!(lines(build_duration_seconds(list.clone(), window())).join("\n"), @r"
    1500 [project:shop, quantile:p50, region:us-east-1]
    2220 [project:shop, quantile:p90, region:us-east-1]
    2382 [project:shop, quantile:p99, region:us-east-1]
    ");
    insta::assert_snapshot!(lines(build_duration_seconds_samples(list, window())).join("\n"), @r"
    0 [project:empty, region:us-east-1]
    4 [project:shop, region:us-east-1]
    0 [project:web, region:us-east-1]
    ");
}

#[tokio::test]
async fn without_a_succeeded_build_durations_have_no_data_and_counts_are_zero() {
    let aws = FakeAws::start();
    aws.project(REGION, "empty", &[]);
    let list: CodeBuildBuilds = context_with(&aws.url(), "").get().await.unwrap();

    assert_eq!(
        lines(build_duration_seconds(list.clone(), window())),
        ["no data: no build in CodeBuild succeeded in the window"]
    );
    assert_eq!(
        lines(builds(list, window())),
        [
            "0 [project:empty, region:us-east-1, status:failed]",
            "0 [project:empty, region:us-east-1, status:succeeded]",
        ]
    );
    let without_projects = FakeAws::start();
    assert_eq!(
        counts(&context_with(&without_projects.url(), "")).await,
        ["no data: CodeBuild has no project that the settings select"]
    );
}

#[tokio::test]
async fn settings_select_regions_and_projects() {
    let aws = FakeAws::start();
    for (region, project) in
        [(REGION, "shop"), ("eu-west-1", "shop"), ("eu-west-1", "shop-sandbox"), ("eu-west-1", "web")]
    {
        aws.project(region, project, &[build("FAILED", HOUR, HOUR)]);
    }
    let settings = "regions = ['eu-west-1', 'us-east-1', 'eu-west-1']\nprojects = ['shop*', '!*-sandbox']";

    let failed: Vec<String> = counts(&context_with(&aws.url(), settings))
        .await
        .into_iter()
        .filter(|line| line.contains("failed"))
        .collect();

    assert_eq!(
        failed,
        [
            "1 [project:shop, region:eu-west-1, status:failed]",
            "1 [project:shop, region:us-east-1, status:failed]",
        ]
    );
}

#[tokio::test]
async fn a_missing_permission_is_no_data_that_names_it() {
    let aws = FakeAws::start();
    aws.project(REGION, "shop", &[]);
    let denied = "User: arn:aws:iam::1:user/ci is not authorized";
    aws.refuse("*", "ListBuildsForProject", 400, "AccessDeniedException", denied);
    assert_eq!(
        counts(&context_with(&aws.url(), "")).await,
        [format!(
            "no data: the AWS credentials need the permission `codebuild:ListBuildsForProject` in us-east-1: {denied}"
        )]
    );

    aws.refuse("*", "ListProjects", 400, "AccessDeniedException", denied);
    assert_eq!(
        counts(&context_with(&aws.url(), "")).await,
        [format!(
            "no data: the AWS credentials need the permission `codebuild:ListProjects` in us-east-1: {denied}"
        )]
    );
}

#[tokio::test]
async fn denied_regions_and_projects_have_no_samples_and_are_not_failures() {
    let aws = FakeAws::start();
    for project in ["secret", "shop"] {
        aws.project(REGION, project, &[build("FAILED", HOUR, HOUR)]);
        aws.project("eu-west-1", project, &[]);
    }
    aws.refuse("ap-south-1", "ListProjects", 400, "AccessDeniedException", "no");
    aws.refuse("eu-west-1", "ListBuildsForProject", 400, "AccessDeniedException", "no");
    aws.deny("ListBuildsForProject", "secret");
    let regions = |names: &str| format!("regions = [{names}]");

    insta::assert_snapshot!(counts(&context_with(&aws.url(), &regions("'ap-south-1', 'eu-west-1', 'us-east-1'"))).await.join("\n"), @r"
    1 [project:shop, region:us-east-1, status:failed]
    0 [project:shop, region:us-east-1, status:succeeded]
    ");
    // Each missing permission is named once.
    insta::assert_snapshot!(counts(&context_with(&aws.url(), &regions("'ap-south-1', 'eu-west-1'"))).await.join("\n"), @"no data: the AWS credentials need the permission `codebuild:ListBuildsForProject` in eu-west-1: no; the AWS credentials need the permission `codebuild:ListProjects` in ap-south-1: no");
}

#[tokio::test]
async fn a_region_or_a_project_that_fails_is_a_failed_item() {
    let aws = FakeAws::start();
    aws.project(REGION, "shop", &[]);
    aws.project("eu-west-1", "shop", &[("SUCCEEDED", now(), None)]);
    aws.refuse("ap-south-1", "ListProjects", 500, "InternalFailure", "no");
    let regions = "regions = ['ap-south-1', 'eu-west-1', 'us-east-1']";

    insta::assert_snapshot!(counts(&context_with(&aws.url(), regions)).await.join("\n"), @r"
    0 [project:shop, region:us-east-1, status:failed]
    0 [project:shop, region:us-east-1, status:succeeded]
    failed: region:ap-south-1: the request codebuild:ListProjects failed: AWS returned an error (InternalFailure): no
    failed: project:shop region:eu-west-1: the response to codebuild:BatchGetBuilds contains the build shop:1 without an end
    ");
}

#[tokio::test]
async fn too_many_projects_or_builds_are_an_error_and_not_a_partial_result() {
    let aws = FakeAws::start();
    for number in 1..=4 {
        aws.project(REGION, &format!("shop-{number}"), &[]);
    }
    aws.project(REGION, "web", &[build("FAILED", HOUR, HOUR); 5]);
    assert_eq!(
        counts(&context_with(&aws.url(), "max_names = 4")).await,
        ["error: region:us-east-1: there are more than 4 projects; raise \
             `max_names` in [aws], or select fewer"]
    );

    let lines = counts(&context_with(&aws.url(), "max_builds = 4\nprojects = ['shop-1', 'web']")).await;

    assert_eq!(
        lines[2],
        "failed: project:web region:us-east-1: there are more than 4 builds; raise `max_builds` in [aws], or \
         set a shorter window in [metrics]"
    );
}

#[tokio::test]
async fn a_build_on_two_pages_counts_once() {
    let aws = FakeAws::start();
    aws.project(REGION, "shop", &[build("FAILED", HOUR, HOUR); 5]);
    aws.start_builds_between_pages();

    let lines = counts(&context_with(&aws.url(), "")).await;

    assert_eq!(lines[0], "5 [project:shop, region:us-east-1, status:failed]");
}

#[tokio::test]
async fn a_project_that_is_deleted_during_a_run_is_left_out() {
    let aws = FakeAws::start();
    aws.project(REGION, "shop", &[]);
    aws.refuse("*", "ListBuildsForProject", 400, "ResourceNotFoundException", "it does not exist");
    assert_eq!(
        counts(&context_with(&aws.url(), "")).await,
        ["no data: CodeBuild has no project that the settings select"]
    );
}

#[tokio::test]
async fn the_metrics_share_one_list_and_its_requests_are_counted() {
    let aws = FakeAws::start();
    aws.project(REGION, "shop", &[build("SUCCEEDED", HOUR, HOUR)]);
    let context = context_with(&aws.url(), "");

    for _ in 0..2 {
        context.get::<CodeBuildBuilds>().await.unwrap();
    }

    assert_eq!(
        aws.called(),
        ["ListProjects us-east-1", "ListBuildsForProject us-east-1", "BatchGetBuilds us-east-1"]
    );
    let calls: ApiCalls = context.get().await.unwrap();
    let counted: Vec<_> =
        calls.by_status().iter().map(|calls| (calls.api, calls.status, calls.count)).collect();
    assert_eq!(counted, [("aws", Some(200), 3)]);
}

#[tokio::test]
async fn refused_credentials_are_an_error() {
    let aws = FakeAws::start();
    aws.refuse("*", "ListProjects", 400, "UnrecognizedClientException", "The security token is invalid.");

    let context = context_with(&aws.url(), "");
    let list: Result<CodeBuildBuilds, Unavailable> = context.get().await;

    let text = lines(builds(list.unwrap(), window())).join("\n");
    insta::assert_snapshot!(text, @"error: region:us-east-1: the request codebuild:ListProjects failed: AWS does not accept the AWS credentials of this process; renew them, and check this machine's clock: The security token is invalid.");
}
