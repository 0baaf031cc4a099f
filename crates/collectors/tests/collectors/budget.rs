//! The requests of a run are estimated before the first request, and limited.

use std::{path::Path, sync::Arc, time::Duration};

use system_health_collectors::{
    github::{Cause, GitHub, GitHubAccess, GitHubRepository},
    repository::Repository,
};
use system_health_registry::{
    Catalog, Context, Engine, Facts, IntoReading, Metric, OutcomeState, RequestPlan, Run, Settings,
    Unavailable, location,
};
use system_health_test_support::{
    github::{self, Conclusion, FakeGitHub, FakeGitHubBuilder},
    server::Answer,
};
use tokio::sync::watch;

use crate::{
    conditional::{StoredResponses, context_with},
    stage::{Stage, TOKEN},
};

const KEYS: [&str; 3] = ["ci.tests_passing_on_main", "commits.hotfix", "issues.open"];

fn fake(builder: FakeGitHubBuilder) -> (FakeGitHub, Vec<String>) {
    let github = builder.token(TOKEN).start();
    let names = github.repositories(12, |_, repository| {
        repository.commit("Hotfix").run(github::Run::new("checks.yml").job("test", Conclusion::Success));
    });
    (github, names)
}

fn stage(github: &FakeGitHub, names: &[String], settings: &str) -> Stage {
    let url = github.url();
    let settings = format!(
        "[github]\napi_url = \"{url}\"\n{settings}\n[repository]\nnames = {names:?}\nbranch = \"main\""
    );
    Stage::empty().token().settings(&settings)
}

async fn collect(context: &Context) -> Run {
    let catalog = Catalog::linked().unwrap().filter(|key| KEYS.contains(&key));
    Engine::new().run(&catalog, context).await
}

fn plan(run: &Run) -> &RequestPlan {
    let [plan] = run.request_plans() else { panic!("{:?}", run.request_plans()) };
    plan
}

fn lines(run: &Run) -> Vec<String> {
    plan(run).groups.iter().map(ToString::to_string).collect()
}

/// The keys of the metrics that are skipped for all repositories, and the different reasons as lines.
fn skipped(run: &Run) -> (Vec<&str>, String) {
    let is_skipped = |reason: &Unavailable| {
        matches!(reason, Unavailable::NoData(_)) && reason.to_string().contains("skipped")
    };
    let skipped = run.outcomes().iter().filter(|outcome| outcome.result.as_ref().is_err_and(is_skipped));
    let (mut keys, mut reasons): (Vec<_>, Vec<_>) = skipped
        .map(|outcome| (outcome.metric.key(), outcome.result.as_ref().unwrap_err().to_string()))
        .unzip();
    assert_eq!(keys.len() % 12, 0);
    keys.dedup();
    reasons.dedup();
    (keys, reasons.join("\n"))
}

fn paths(github: &FakeGitHub) -> Vec<String> {
    github.requests().iter().map(|request| request.path().to_owned()).collect()
}

#[tokio::test]
async fn the_most_expensive_group_is_skipped_if_too_few_requests_remain() {
    let (github, names) = fake(FakeGitHub::builder().rate_limit(30));

    let run = collect(&stage(&github, &names, "").context()).await;

    let (keys, reason) = skipped(&run);
    assert_eq!(keys, ["ci.tests_passing_on_main"]);
    let (start, end) = reason.split_at(reason.find(" until ").unwrap());
    assert_eq!(
        start,
        "skipped: ci.* needs about 24 requests to GitHub (2 for each of 12 repositories), and 30 requests remain"
    );
    assert!(end.ends_with(" UTC") && end.len() == " until 14:05 UTC".len(), "{end}");
    assert_eq!(
        lines(&run)[1..],
        [
            "commits.* about 12 requests: 1 for each of 12 repositories",
            "issues.* about 12 requests: 1 for each of 12 repositories",
        ]
    );
    assert!(run.outcomes().iter().all(|outcome| outcome.state() != OutcomeState::Error), "{run:#?}");
    let paths = paths(&github);
    assert_eq!(paths[0], "/rate_limit");
    assert_eq!(paths.len(), 1 + 12 + 12);
}

#[tokio::test]
async fn a_setting_bounds_the_requests_of_a_run() {
    let (github, names) = fake(FakeGitHub::builder());

    let run = collect(&stage(&github, &names, "max_requests = 25").context()).await;

    let (keys, reason) = skipped(&run);
    assert_eq!(keys, ["ci.tests_passing_on_main"]);
    assert_eq!(
        reason,
        "skipped: ci.* needs about 24 requests to GitHub (2 for each of 12 repositories), and `max_requests` in [github] is \
         25 (test.toml:3:1)"
    );
    let summary = plan(&run).summary();
    assert!(summary.starts_with("about 24 requests; 5000 requests remain until "), "{summary}");
}

#[tokio::test]
async fn requests_above_max_requests_are_not_sent_and_give_no_data() {
    let github = FakeGitHub::builder().token(TOKEN).start();
    github.repository("acme/shop").commits(250);
    let stage = stage(&github, &["acme/shop".to_owned()], "max_requests = 2");
    let catalog =
        Catalog::linked().unwrap().filter(|key| ["commits.hotfix", "commits.reverts"].contains(&key));

    let run = Engine::new().run(&catalog, &stage.context()).await;

    for outcome in run.outcomes() {
        let Err(Unavailable::NoData(no_data)) = &outcome.result else { panic!("{outcome:#?}") };
        assert_eq!(
            no_data.reason(),
            "not sent, because this run has made as many requests as `max_requests` in [github] allows: 2"
        );
    }
    assert_eq!(paths(&github), ["/repos/acme/shop/commits"; 2]);
}

#[tokio::test]
async fn a_request_for_a_repository_that_is_called_rate_limit_counts() {
    let github = FakeGitHub::builder().token(TOKEN).start();
    github.repository("acme/rate_limit").commits(1);
    let context = stage(&github, &["acme/rate_limit".to_owned()], "max_requests = 1").context();
    let client = context.get::<GitHub>().await.unwrap();
    let read = async || client.get::<serde_json::Value>(&["repos", "acme", "rate_limit"], &[]).await;

    read().await.unwrap();

    let error = read().await.unwrap_err();
    assert!(matches!(error.cause(), Cause::MaxRequests(_)), "{error:?}");
    assert_eq!(paths(&github), ["/repos/acme/rate_limit"]);
}

#[tokio::test]
async fn each_point_that_a_query_costs_counts_as_a_request() {
    let (github, names) = fake(FakeGitHub::builder());
    github.set_query_cost(4);
    let (stage, responses) = (stage(&github, &names, ""), Arc::<StoredResponses>::default());
    collect(&context_with(&stage, &responses)).await;

    let lines = lines(&collect(&context_with(&stage, &responses)).await);

    assert_eq!(lines[2], "issues.* about 72 requests: 48 in the previous run, and a margin");
}

#[tokio::test]
async fn the_estimate_is_based_on_the_requests_of_the_previous_run() {
    let (github, names) = fake(FakeGitHub::builder());
    let (stage, responses) = (stage(&github, &names, ""), Arc::<StoredResponses>::default());
    assert!(
        lines(&collect(&context_with(&stage, &responses)).await)[0]
            .starts_with("ci.* about 24 requests: 2 for each")
    );
    let second = collect(&context_with(&stage, &responses)).await;
    assert_eq!(
        lines(&second),
        [
            "ci.* about 18 requests: 12 in the previous run, and a margin",
            "commits.* about 18 requests: 12 in the previous run, and a margin",
            "issues.* about 18 requests: 12 in the previous run, and a margin",
        ]
    );
    // Nothing has changed since then, so only queries count. They are not conditional.
    let third = collect(&context_with(&stage, &responses)).await;
    assert_eq!(
        lines(&third),
        [
            "ci.* about 1 request: 0 in the previous run, and a margin",
            "commits.* about 1 request: 0 in the previous run, and a margin",
            "issues.* about 18 requests: 12 in the previous run, and a margin",
        ]
    );
    let fewer = collect(&context_with(&self::stage(&github, &names[1..], ""), &responses)).await;
    assert!(lines(&fewer)[0].ends_with("2 for each of 11 repositories"), "{:?}", lines(&fewer));
}

#[tokio::test]
async fn a_skipped_group_is_tried_again_in_a_later_run() {
    let (github, names) = fake(FakeGitHub::builder());
    let (stage, responses) = (stage(&github, &names, "max_requests = 24"), Arc::<StoredResponses>::default());
    let first = collect(&context_with(&stage, &responses)).await;
    assert_eq!(skipped(&first).0, ["ci.tests_passing_on_main"]);

    let second = collect(&context_with(&stage, &responses)).await;

    assert!(
        lines(&second)[0]
            .starts_with("ci.* about 12 requests: 8 assumed, because the previous run was not complete"),
        "{:?}",
        lines(&second)
    );
}

#[tokio::test]
async fn a_skipped_group_that_uses_both_apis_is_tried_again_later() {
    let (github, names) = fake(FakeGitHub::builder());
    let (stage, responses) = (stage(&github, &names, "max_requests = 23"), Arc::<StoredResponses>::default());
    let catalog = Catalog::linked().unwrap().filter(|key| key == "commits.direct_pushes");
    let first = Engine::new().run(&catalog, &context_with(&stage, &responses)).await;
    assert_eq!(skipped(&first).0, ["commits.direct_pushes"]);

    let second = Engine::new().run(&catalog, &context_with(&stage, &responses)).await;

    assert_eq!(
        lines(&second),
        ["commits.* about 12 requests: 8 assumed, because the previous run was not complete, and a margin"]
    );
}

#[tokio::test]
async fn a_small_run_reads_the_quota_only_if_few_requests_remained() {
    let github = FakeGitHub::builder().token(TOKEN).rate_limit(4).start();
    github.repository("acme/shop").commit("Hotfix");
    let stage = stage(&github, &["acme/shop".to_owned()], "");
    let responses = Arc::<StoredResponses>::default();
    let catalog = Catalog::linked().unwrap().filter(|key| key == "commits.hotfix");
    for message in ["one", "two", "three"] {
        Engine::new().run(&catalog, &context_with(&stage, &responses)).await;
        github.repository("acme/shop").commit(message);
    }
    let reads_quota = paths(&github).iter().map(|path| path == "/rate_limit").collect::<Vec<_>>();
    assert_eq!(reads_quota, [false, true, false, true, false]);

    let last = Engine::new().run(&catalog, &context_with(&stage, &responses)).await;

    let reason = last.outcomes()[0].result.as_ref().unwrap_err().to_string();
    assert!(
        reason.starts_with("skipped: commits.* needs about 2 requests to GitHub (1 in the previous run"),
        "{reason}"
    );
    assert!(reason.contains("and 1 request remains until "), "{reason}");
}

#[tokio::test]
async fn without_rate_limits_everything_is_collected() {
    let (github, names) = fake(FakeGitHub::builder());
    github.fail(
        "/rate_limit",
        Answer::json(404, &serde_json::json!({ "message": "Rate limiting is not enabled." })),
    );
    let run = collect(&stage(&github, &names, "").context()).await;
    assert!(skipped(&run).0.is_empty());
    assert_eq!(plan(&run).summary(), "about 48 requests");
}

#[test]
fn each_metric_that_asks_github_declares_what_it_needs() {
    for metric in Catalog::linked().unwrap().metrics() {
        if metric.subject_type() == Some("Repository") && metric.requests().is_some() {
            assert!(
                GitHubAccess::for_key(metric.key()).is_some(),
                "add `{}` to a github_access!",
                metric.key()
            );
        }
    }
}

#[test]
fn the_declared_requests_are_the_sum_of_the_declared_needs() {
    let settings = "[repository]\nname = 'acme/shop'\nbranch = 'main'";
    let settings = Settings::builder().toml(Path::new("a.toml"), settings).unwrap().build().unwrap();
    for metric in Catalog::linked().unwrap().metrics() {
        let Some(access) = GitHubAccess::for_key(metric.key()) else { continue };
        let asked = (access.needs)(metric.key(), &settings).unwrap().requests;
        let sum: u32 = asked.values().sum();
        assert!(
            asked.is_empty() || metric.requests() == Some(sum.into()),
            "{}: {asked:?} are {sum}, not {:?}",
            metric.key(),
            metric.requests()
        );
    }
}

#[test]
fn selected_jobs_add_requests_for_the_runs_of_the_watched_workflow() {
    let key = "ci.workflow_passing";
    for (settings, expected) in [
        // One of the three requests is for the default branch.
        ("", 3),
        ("[ci]\njobs = ['test*']", 5),
        ("[repository]\nname = 'acme/shop'\n[repositories.'acme/shop']\njobs = ['test*']", 5),
    ] {
        let settings = Settings::builder().toml(Path::new("a.toml"), settings).unwrap().build().unwrap();
        let needs = (GitHubAccess::for_key(key).unwrap().needs)(key, &settings).unwrap();
        assert_eq!(needs.requests.values().sum::<u32>(), expected);
    }
}

/// The estimate of a group, and the requests that its first run over a few repositories with different histories makes.
async fn estimated_and_real(settings: &str, group: &'static str) -> (u64, usize) {
    let github = FakeGitHub::builder().token(TOKEN).rate_limit(u32::MAX).start();
    let names = github.repositories(4, |number, repository| repository.seeded_history(number as u64));
    let url = github.url();
    let settings = format!("[github]\napi_url = \"{url}\"\n[repository]\nnames = {names:?}\n{settings}");
    let catalog = Catalog::linked().unwrap().filter(move |key| key.split('.').next() == Some(group));
    let context = Stage::empty().token().settings(&settings).context().with_deadline(Duration::from_hours(1));
    let run = Engine::new().run(&catalog, &context).await;
    let failed = run.outcomes().iter().find(|outcome| outcome.state() == OutcomeState::Error);
    assert!(failed.is_none(), "{failed:?}");
    let counted = github.requests().iter().filter(|request| request.path() != "/rate_limit").count();
    (plan(&run).total(), counted)
}

#[tokio::test]
#[ignore = "takes several seconds: run cargo xtask test"]
async fn the_first_estimate_is_close_to_the_requests_of_the_run() {
    let labels = "[commits]\nhotfix_labels = ['hotfix']";
    for (settings, group) in [
        ("", "branches"),
        ("", "ci"),
        ("", "commits"),
        (labels, "commits"),
        ("branch = 'main'", "commits"),
        ("", "dora"),
        ("", "issues"),
        ("", "prs"),
        ("", "security"),
    ] {
        let (estimated, real) = estimated_and_real(settings, group).await;
        let real = real as u64;
        let is_close = real <= estimated * 5 / 4 && estimated <= real * 2;
        assert!(is_close, "{group} {settings:?}: about {estimated} requests, but {real}");
    }
}

#[tokio::test]
async fn a_failed_run_does_not_lower_the_estimate() {
    let (github, names) = fake(FakeGitHub::builder());
    for name in &names {
        github.repository(name).commits(250);
    }
    let (stage, responses) = (stage(&github, &names, ""), Arc::<StoredResponses>::default());
    collect(&context_with(&stage, &responses)).await;
    let commits = |run: &Run| lines(run)[1].clone();
    // Now each list takes only one request, which fails.
    github.fail("/commits", Answer::json(404, &serde_json::json!({ "message": "Not Found" })));
    let failed = collect(&context_with(&stage, &responses)).await;
    assert!(commits(&failed).ends_with(": 36 in the previous run, and a margin"), "{:?}", lines(&failed));

    let next = collect(&context_with(&stage, &responses)).await;

    assert_eq!(
        commits(&next),
        commits(&failed).replace("in the previous run", "assumed, because the previous run was not complete")
    );
}

#[tokio::test]
async fn after_the_limit_stopped_a_group_the_estimate_is_twice_its_requests() {
    let github = FakeGitHub::builder().token(TOKEN).start();
    github.repository("acme/shop").commits(250);
    let stage = stage(&github, &["acme/shop".to_owned()], "max_requests = 2");
    let responses = Arc::<StoredResponses>::default();
    let catalog = Catalog::linked().unwrap().filter(|key| key == "commits.hotfix");
    Engine::new().run(&catalog, &context_with(&stage, &responses)).await;

    let next = Engine::new().run(&catalog, &context_with(&stage, &responses)).await;

    let [line] = &lines(&next)[..] else { panic!("{:?}", lines(&next)) };
    assert!(
        line.starts_with(
            "commits.* skipped: commits.* needs about 6 requests to GitHub (4 assumed, because the previous run was not \
             complete, and a margin), and `max_requests` in [github] is 2"
        ),
        "{line}"
    );
}

#[tokio::test]
async fn a_group_that_the_limit_stopped_before_its_first_request_keeps_its_estimate() {
    let github = FakeGitHub::builder().token(TOKEN).start();
    github.repository("acme/shop").commits(250);
    let stage = stage(&github, &["acme/shop".to_owned()], "max_requests = 2");
    let responses = Arc::<StoredResponses>::default();
    let facts = Facts::new("late.commits", "Makes its request last.").with_requests(1.0);
    // `commits.hotfix` makes two requests, as many as the limit allows. `late.commits` waits for the second one.
    let (reached, is_reached) = watch::channel(false);
    github.after_next_request(|| {});
    github.after_next_request(move || {
        reached.send_replace(true);
    });
    let late = Metric::new(facts, location!(), move |context| {
        let mut is_reached = is_reached.clone();
        Box::pin(async move {
            is_reached.wait_for(|is_reached| *is_reached).await?;
            let repository: GitHubRepository = context.get().await?;
            repository.get::<serde_json::Value>(&["commits"], &[]).await?;
            1.into_reading()
        })
    });
    let catalog = Catalog::linked().unwrap().with_metrics([late.each::<Repository>()]).unwrap();
    let catalog = catalog.filter(|key| ["commits.hotfix", "late.commits"].contains(&key));
    Engine::new().run(&catalog, &context_with(&stage, &responses)).await;

    let next = Engine::new().run(&catalog, &context_with(&stage, &responses)).await;

    assert_eq!(lines(&next)[1], "late.* about 1 request: 1 for one repository");
}

#[tokio::test]
async fn metrics_that_share_their_requests_are_estimated_together() {
    let (github, names) = fake(FakeGitHub::builder());
    for (keys, requests) in [
        (["ci.tests_passing_on_main", "ci.red_seconds"], 2),
        (["ci.workflow_passing", "ci.workflows_failing"], 2),
        (["ci.red_seconds", "ci.workflow_passing"], 4),
    ] {
        let catalog = Catalog::linked().unwrap().filter(move |key| keys.contains(&key));
        let run = Engine::new().run(&catalog, &stage(&github, &names, "").context()).await;
        assert_eq!(
            lines(&run),
            [format!("ci.* about {} requests: {requests} for each of 12 repositories", requests * 12)]
        );
    }
}

#[tokio::test]
async fn metrics_with_other_needs_are_added_to_the_estimate_of_their_group() {
    let (github, names) = fake(FakeGitHub::builder());
    let estimate = async |max_requests: u32, keys: &'static [&str]| {
        let stage = stage(&github, &names, &format!("max_requests = {max_requests}"));
        let catalog = Catalog::linked().unwrap().filter(|key| keys.contains(&key));
        let run = Engine::new().run(&catalog, &stage.context()).await;
        (lines(&run), skipped(&run).0.len())
    };
    let shared = &["commits.hotfix", "commits.landed", "commits.reverts"];
    let with_other_needs =
        &["commits.direct_pushes", "commits.force_pushes", "commits.hotfix", "commits.reverts"];

    assert_eq!(
        estimate(12, shared).await,
        (vec!["commits.* about 12 requests: 1 for each of 12 repositories".to_owned()], 0)
    );
    let (lines, skipped) = estimate(47, with_other_needs).await;
    assert!(
        lines[0].contains("commits.* needs about 48 requests to GitHub (4 for each of 12 repositories)"),
        "{lines:?}"
    );
    assert_eq!(skipped, 4);
}
