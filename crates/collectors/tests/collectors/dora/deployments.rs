//! Which deployments count, for each value of the setting `deployments`.

use std::time::Duration;

use system_health_test_support::github::{
    Commit, Conclusion, Deployment, FakeGitHub, Job, Release, Repository, Run, Tag, refusal,
};

use super::{
    collect, days, deploy, evidence, hours, now, one_repository, push, push_and_deploy, shop, value,
};
use crate::stage::Stage;

const RELEASES: &str = "[dora]\ndeployments = 'releases'";
const TAGS: &str = "[dora]\ndeployments = 'tags'";
const WORKFLOW: &str = "[dora]\ndeployments = 'workflow'";

#[tokio::test]
async fn a_deployment_counts_at_the_time_of_its_first_success() {
    let (github, shop) = shop();
    let commit = push(&shop, "Sell socks", days(20));
    let to = |environment: &str| Deployment::new(environment, &commit);
    deploy(&shop, &commit, days(10));
    shop.deployment(
        to("production").age(hours(50)).status("SUCCESS", hours(49)).status("INACTIVE", hours(2)),
    )
    .deployment(to("production").age(hours(170)).status("WAITING", hours(169)).status("SUCCESS", hours(160)))
    .deployment(to("production").age(hours(169)).status("SUCCESS", hours(168)).status("SUCCESS", hours(3)))
    .deployment(to("production").age(hours(40)).status("FAILURE", hours(39)))
    .deployment(to("production").age(hours(38)).status("ERROR", hours(37)).status("SUCCESS", hours(36)))
    .deployment(to("production").age(hours(30)).status("IN_PROGRESS", hours(29)))
    .deployment(to("production").age(hours(20)))
    .deployment(to("staging").success(hours(10)));
    let context = one_repository(&github, "");

    // Those at 49, 160 and 36 hours before now count. The one at 168 hours is at the start of the window and does not count.
    assert_eq!(value(&context, "frequency").await, "0.429");
    assert_eq!(value(&context, "deployments").await, "3");
    insta::assert_snapshot!(evidence(&context, "deployments").await, @"
    + deployment of ID to production: it succeeded at 2025-05-25T20:00:00Z
    + deployment of ID to production: it succeeded at 2025-05-30T11:00:00Z
    + deployment of ID to production: it succeeded at 2025-05-31T00:00:00Z
    - deployment of ID to production: it failed
    - deployment of ID to production: it has no status `success` so far
    - deployment of ID to production: it has no status `success` so far
    ");
    assert_eq!(github.requests().len(), 1, "one request for both metrics");
}

#[tokio::test]
async fn the_environments_are_those_of_the_settings() {
    let (github, shop) = shop();
    let commit = push(&shop, "Sell socks", days(20));
    for environment in ["live-eu", "live-us", "production"] {
        shop.deployment(Deployment::new(environment, &commit).success(hours(5)));
    }
    let context = one_repository(&github, "[dora]\nenvironments = ['live-eu', 'live-us']");
    assert_eq!(value(&context, "deployments").await, "1 1");
}

#[tokio::test]
async fn each_environment_is_a_sequence_of_its_own() {
    let (github, shop) = shop();
    let to = |environment: &str, commit: &str, age| Deployment::new(environment, commit).success(age);
    let socks = push(&shop, "Sell socks", days(12));
    let shoes = push(&shop, "Sell shoes", hours(102));
    let hats = push(&shop, "Sell hats", hours(92));
    // In a single sequence, a deployment to one environment would look like a rollback of a deployment to the other one.
    shop.deployment(to("eu", &socks, days(9)))
        .deployment(to("us", &socks, days(9)))
        .deployment(to("eu", &shoes, hours(100)))
        .deployment(to("eu", &hats, hours(90)))
        .deployment(to("us", &shoes, hours(89)))
        .deployment(to("us", &hats, hours(80)));
    let context = one_repository(&github, "[dora]\nenvironments = ['eu', 'us']");
    assert_eq!(value(&context, "frequency").await, "0.286 0.286");
    assert_eq!(value(&context, "commits").await, "2 2");
    // 2 h and 2 h to `eu`, and 13 h and 12 h to `us`.
    assert_eq!(value(&context, "lead_time").await, "7200 7200 7200 45000 46440 46764");
    assert_eq!(value(&context, "fail_ratio").await, "0 0");
    assert_eq!(value(&context, "rework_ratio").await, "0 0");
    let reading = collect(&context, "fail_ratio").await.unwrap();
    let tags: Vec<_> = reading
        .samples()
        .iter()
        .flat_map(system_health_registry::Sample::tags)
        .map(ToString::to_string)
        .collect();
    assert_eq!(tags, ["environment:eu", "environment:us"]);
    // A list for each environment, comparisons of three pairs, pull requests and incidents.
    let compared = github.requests().iter().filter(|request| request.target.contains("/compare/")).count();
    assert_eq!((compared, github.requests().len()), (3, 7), "{:#?}", github.requests());
}

#[tokio::test]
async fn a_revert_means_a_failure_in_each_environment() {
    let (github, shop) = shop();
    let to = |environment: &str, commit: &str, age| Deployment::new(environment, commit).success(age);
    let socks = push(&shop, "Sell socks", days(12));
    let shoes = push(&shop, "Sell shoes", hours(102));
    let undo = push(&shop, "Revert \"Sell shoes\"", hours(95));
    shop.deployment(to("eu", &socks, days(9)))
        .deployment(to("us", &socks, days(9)))
        .deployment(to("eu", &shoes, hours(100)))
        .deployment(to("eu", &undo, hours(94)))
        .deployment(to("us", &shoes, hours(99)))
        .deployment(to("us", &undo, hours(90)));
    let context = one_repository(&github, "[dora]\nenvironments = ['eu', 'us']");
    assert_eq!(value(&context, "fail_ratio").await, "0.5 0.5");
    assert_eq!(value(&context, "recovery").await, "21600 21600 21600 32400 32400 32400");
}

#[tokio::test]
async fn an_environment_without_deployments_is_an_error_unless_it_exists() {
    let (github, shop) = shop();
    let commit = push(&shop, "Sell socks", days(20));
    shop.deployment(Deployment::new("eu", &commit).success(hours(5)));
    let misspelled = one_repository(&github, "[dora]\nenvironments = ['eu', 'su']");
    let reading = collect(&misspelled, "frequency").await.unwrap();
    assert_eq!(reading.samples().len(), 1);
    assert_eq!(
        reading.failed_items()[0].to_string(),
        "environment:su: acme/shop has no deployment to su; its environments: eu; see `environments` in [dora]"
    );
    shop.deployment(Deployment::new("us", &commit).age(days(400)));
    let unused = one_repository(&github, "[dora]\nenvironments = ['eu', 'US']");
    assert_eq!(value(&unused, "deployments").await, "1 0");
    assert_eq!(value(&unused, "fail_ratio").await, "0");
}

#[tokio::test]
async fn all_statuses_of_a_deployment_are_read() {
    let (github, shop) = shop();
    let commit = push(&shop, "Sell socks", days(20));
    let mut deployment = Deployment::new("production", &commit).age(hours(50)).status("SUCCESS", hours(49));
    for minute in 0..150 {
        deployment = deployment.status("INACTIVE", hours(48).saturating_sub(Duration::from_mins(minute)));
    }
    shop.deployment(deployment);
    let context = one_repository(&github, "");
    // The newest hundred statuses have no success.
    insta::assert_snapshot!(evidence(&context, "deployments").await, @"+ deployment of ID to production: it succeeded at 2025-05-30T11:00:00Z");
    assert_eq!(github.requests().len(), 3, "the deployments, and two pages of statuses");
}

#[tokio::test]
async fn settings_of_a_repository_override_the_common_ones() {
    let (github, shop) = shop();
    let commit = push(&shop, "Sell socks", days(20));
    shop.deployment(Deployment::new("live", &commit).success(hours(5)))
        .deployment(Deployment::new("old", &commit).age(days(20)).status("SUCCESS", hours(4)));
    let own = "[repositories.'acme/shop'.dora]";
    let settings =
        |own_settings: &str| format!("[dora]\nmax_requests = 3\nlookback = '30d'\n{own}\n{own_settings}");
    let context = |own_settings: &str| one_repository(&github, &settings(own_settings));

    assert_eq!(value(&context("environments = ['live']"), "deployments").await, "1");
    // A setting that the table does not override has its value in [dora].
    assert_eq!(value(&context("environments = ['old']"), "deployments").await, "1");
    assert_eq!(
        value(&context("deployments = 'tags'"), "deployments").await,
        "no data: acme/shop has no tag that matches `v*`; see `tags` in [repositories.\"acme/shop\".dora]"
    );
    insta::assert_snapshot!(
        evidence(&context("environments = ['old']\nlookback = '1d'"), "deployments").await,
        @r#"- deployment of ID to old: it was created too long before the window; see `lookback` in [repositories."acme/shop".dora]"#
    );
}

#[tokio::test]
async fn without_any_deployment_there_is_no_data_that_names_what_exists() {
    let (github, shop) = shop();
    let commit = push(&shop, "Sell socks", days(20));
    assert_eq!(
        value(&one_repository(&github, ""), "frequency").await,
        "no data: acme/shop has no deployment to production; it has no environments; see `deployments` in [dora]"
    );
    shop.deployment(Deployment::new("live", &commit).success(hours(5)))
        .deployment(Deployment::new("staging", &commit).success(hours(5)));
    assert_eq!(
        value(&one_repository(&github, ""), "frequency").await,
        "no data: acme/shop has no deployment to production; its environments: live, staging; see `environments` in \
         [dora]"
    );
    for (settings, reason) in [
        (RELEASES, "acme/shop has no release; see `deployments` in [dora]"),
        (TAGS, "acme/shop has no tag that matches `v*`; see `tags` in [dora]"),
    ] {
        assert_eq!(
            value(&one_repository(&github, settings), "frequency").await,
            format!("no data: {reason}")
        );
    }
    let missing = value(&one_repository(&github, WORKFLOW), "frequency").await;
    let expected = "error: cannot list the deployments of acme/shop: acme/shop has no workflow `deploy.yml`, or the token \
                    may not read it; `workflow` in [dora] is the name of a file in .github/workflows: ";
    assert!(missing.starts_with(expected), "{missing}");
    shop.run(Run::new("deploy.yml").branch("feature"));
    assert_eq!(
        value(&one_repository(&github, WORKFLOW), "frequency").await,
        "no data: deploy.yml never ran on the branch of acme/shop; see `workflow` in [dora]"
    );
}

#[tokio::test]
async fn without_deployments_in_the_window_counts_are_0_and_ratios_have_no_data() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(90));
    let context = one_repository(&github, "");
    assert_eq!(value(&context, "frequency").await, "0");
    assert_eq!(value(&context, "commits").await, "0");
    for metric in ["fail_ratio", "rework_ratio"] {
        assert_eq!(value(&context, metric).await, "no data: there are no deployments in the window");
    }
    assert_eq!(
        value(&context, "lead_time").await,
        "no data: there are no commits that were deployed in the window"
    );
    assert_eq!(
        value(&context, "recovery").await,
        "no data: there are no failed deployments whose failure has ended in the window"
    );
}

#[tokio::test]
async fn the_list_is_read_back_to_the_deployment_before_the_window() {
    let (github, shop) = shop();
    let commit = push(&shop, "Sell socks", days(290));
    deploy(&shop, &commit, days(200));
    for number in 0..150 {
        shop.deployment(
            Deployment::new("production", &commit).age(days(30) + hours(number)).status("FAILURE", days(30)),
        );
    }
    for number in 0..120 {
        deploy(&shop, &commit, hours(number));
    }
    let context = one_repository(&github, "");
    assert_eq!(value(&context, "deployments").await, "120");
    assert_eq!(github.requests().len(), 3, "271 deployments in pages of 100");
}

#[tokio::test]
async fn a_deployment_that_was_created_too_long_before_the_window_does_not_count() {
    let (github, shop) = shop();
    let commit = push(&shop, "Sell socks", days(90));
    deploy(&shop, &commit, days(80));
    shop.deployment(Deployment::new("production", &commit).age(days(20)).status("SUCCESS", hours(5)))
        .deployment(Deployment::new("production", &commit).age(days(22)).status("SUCCESS", hours(6)));
    assert_eq!(value(&one_repository(&github, ""), "deployments").await, "1");
    insta::assert_snapshot!(evidence(&one_repository(&github, ""), "deployments").await, @"
    + deployment of ID to production: it succeeded at 2025-06-01T07:00:00Z
    - deployment of ID to production: it was created too long before the window; see `lookback` in [dora]
    ");
    let longer = one_repository(&github, "[dora]\nlookback = '30d'");
    assert_eq!(value(&longer, "deployments").await, "2");
}

#[tokio::test]
async fn releases_count_when_they_are_published() {
    let (github, shop) = shop();
    let commit = push(&shop, "Sell socks", days(20));
    shop.release(Release::new("v1", &commit).age(days(12)))
        .release(Release::new("v2", &commit).age(hours(40)).created(days(10)))
        .release(Release::new("v3-rc", &commit).age(hours(30)).prerelease())
        .release(Release::new("v3", &commit).age(hours(20)).without_tag())
        .release(Release::new("v4", &commit).draft());
    assert_eq!(value(&one_repository(&github, RELEASES), "deployments").await, "2");
    insta::assert_snapshot!(evidence(&one_repository(&github, RELEASES), "deployments").await, @"
    + release v2: it succeeded at 2025-05-30T20:00:00Z
    + release v3: it succeeded at 2025-05-31T16:00:00Z
    - release v3-rc: it is a prerelease; see `prereleases` in [dora]
    - release v4: it is a draft
    ");
    let with_prereleases = one_repository(&github, "[dora]\ndeployments = 'releases'\nprereleases = true");
    assert_eq!(value(&with_prereleases, "deployments").await, "3");
}

#[tokio::test]
async fn a_release_counts_even_if_its_draft_is_older_than_the_lookback() {
    let (github, shop) = shop();
    let commit = push(&shop, "Sell socks", days(60));
    shop.release(Release::new("v1", &commit).age(days(50)))
        .release(Release::new("v2", &commit).age(hours(40)).created(days(40)));
    assert_eq!(value(&one_repository(&github, RELEASES), "deployments").await, "1");
}

#[tokio::test]
async fn a_release_counts_on_any_page_if_it_is_the_latest_one() {
    let (github, shop) = shop_with_many_releases();
    let commit = push(&shop, "Sell shoes", days(60));
    shop.release(Release::new("waited", &commit).age(hours(40)).created(days(42)));
    let context = one_repository(&github, RELEASES);
    insta::assert_snapshot!(evidence(&context, "deployments").await, @"+ release waited: it succeeded at 2025-05-30T20:00:00Z");
    assert_eq!(github.requests().len(), 2, "the release is on the second page");
}

#[tokio::test]
async fn the_evidence_says_that_a_release_may_be_missing() {
    let (github, shop) = shop_with_many_releases();
    let commit = push(&shop, "Sell shoes", days(60));
    shop.release(Release::new("waited", &commit).age(hours(40)).created(days(42)))
        .release(Release::new("newer", &commit).age(hours(30)));
    let context = one_repository(&github, RELEASES);
    insta::assert_snapshot!(evidence(&context, "deployments").await, @"
    + release newer: it succeeded at 2025-05-31T06:00:00Z
    - releases created before 2025-04-30T00:00:00Z: they were not read; if a draft among them was published in the window, it is missing; see `lookback` in [dora]
    ");
    assert_eq!(github.requests().len(), 1);
}

/// Releases from 8 to 45 days ago, every six hours. A page with 100 of them covers 25 days.
fn shop_with_many_releases() -> (FakeGitHub, Repository) {
    let (github, shop) = shop();
    let commit = push(&shop, "Sell socks", days(90));
    for number in 0..150 {
        shop.release(Release::new(format!("v{number}"), &commit).age(days(8) + hours(6) * number));
    }
    (github, shop)
}

#[tokio::test]
async fn a_tag_counts_at_the_date_of_its_tagger_or_else_of_its_commit() {
    let (github, shop) = shop();
    let old = push(&shop, "Sell socks", days(20));
    let recent = push(&shop, "Sell shoes", hours(30));
    shop.tag(Tag::new("v1", &old))
        .tag(Tag::new("v2", &old).annotated(hours(50)))
        .tag(Tag::new("v3", &recent))
        .tag(Tag::new("nightly", &recent))
        .tag(Tag::new("vnext", "0000000000"));
    let context = one_repository(&github, TAGS);
    assert_eq!(value(&context, "deployments").await, "2");
    insta::assert_snapshot!(evidence(&context, "deployments").await, @"
    + tag v2: it succeeded at 2025-05-30T10:00:00Z
    + tag v3: it succeeded at 2025-05-31T06:00:00Z
    ");
}

#[tokio::test]
async fn each_passed_attempt_is_a_deployment_at_the_end_of_its_last_job() {
    let (github, shop) = shop();
    let run = || Run::new("deploy.yml").job("build", Conclusion::Success);
    let deployed =
        |age| Job::new("deploy", Conclusion::Success).started(age).completed(age.saturating_sub(hours(1)));
    shop.run(Run::new("deploy.yml").age(days(30)).with_job(deployed(days(30))))
        .run(Run::new("deploy.yml").age(hours(171)).with_job(deployed(hours(169))))
        .run(Run::new("deploy.yml").age(hours(170)).with_job(deployed(hours(168))))
        // Both attempts of this run deployed.
        .run(
            Run::new("deploy.yml")
                .age(hours(100))
                .with_job(deployed(hours(100)))
                .re_run()
                .started(hours(50))
                .conclusion(Conclusion::Success)
                .with_job(deployed(hours(50))),
        )
        // The re-run of this run failed, which does not undo the first attempt.
        .run(
            Run::new("deploy.yml")
                .age(hours(90))
                .with_job(deployed(hours(90)))
                .re_run()
                .started(hours(40))
                .conclusion(Conclusion::Failure),
        )
        .run(run().age(hours(20)).conclusion(Conclusion::Failure))
        .run(run().age(hours(19)).in_progress())
        .run(run().age(hours(18)).branch("feature"))
        .run(run().age(hours(17)).fork("mallory/shop").branch("main"))
        .run(run().age(hours(16)).event("pull_request"))
        .run(Run::new("checks.yml").age(hours(15)).with_job(deployed(hours(15))));
    let context = one_repository(&github, WORKFLOW);
    // Those at 167, 99, 49 and 89 hours before now count. The one at 168 hours is at the start of the window and does not count.
    assert_eq!(value(&context, "deployments").await, "4");
}

#[tokio::test]
async fn more_runs_than_the_settings_permit_are_an_error() {
    let (github, shop) = shop();
    for age in 1..5 {
        shop.run(Run::new("deploy.yml").age(hours(age)).job("deploy", Conclusion::Success));
    }
    let context = one_repository(&github, "[dora]\ndeployments = 'workflow'\nmax_requests = 3");
    assert_eq!(
        value(&context, "deployments").await,
        "error: cannot list the deployments of acme/shop: more earlier attempts and lists of jobs of deploy.yml would have to be \
         requested than `max_requests` in [dora] permits; raise it, or set a shorter window in [metrics] or a shorter `lookback` in [dora]"
    );
}

#[tokio::test]
async fn a_missing_permission_is_no_data_that_names_it() {
    for (settings, path, permission) in [
        ("", "/graphql", "Deployments"),
        (RELEASES, "/graphql", "Contents"),
        (TAGS, "/graphql", "Contents"),
        (WORKFLOW, "/runs", "Actions"),
    ] {
        let (github, _) = shop();
        let answer = match path {
            "/graphql" => refusal::query_error("FORBIDDEN", "Resource not accessible by integration"),
            _ => refusal::forbidden(),
        };
        github.fail(path, answer);
        let value = value(&one_repository(&github, settings), "frequency").await;
        let expected =
            format!("no data: the GitHub token needs the permission `{permission}` (read) for acme/shop");
        assert!(value.starts_with(&expected), "{value}");
    }
}

#[tokio::test]
async fn a_list_that_is_too_long_is_an_error() {
    let github = FakeGitHub::builder().now(now()).start();
    let shop = github.repository("acme/shop");
    shop.commit(Commit::new("Open the shop").age(days(300)));
    let commit = shop.tip("main");
    for number in 0..101 {
        deploy(&shop, &commit, hours(number));
    }
    let settings = format!(
        "[github]\napi_url = \"{}\"\nmax_pages = 1\n[repository]\nname = \"acme/shop\"",
        github.url()
    );
    let context = Stage::empty().token().settings(&settings).started_at(now()).one_repository();
    let value = value(&context, "frequency").await;
    assert!(value.contains("more pages than `max_pages` in [github] allows (1)"), "{value}");
}
