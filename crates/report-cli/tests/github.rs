//! `report` with a token: all metrics come from GitHub, and failures of GitHub are errors.

use std::{fs, time::Duration};

use system_health_test_support::{
    github::{
        Commit,
        Conclusion::{Cancelled, Failure, Success},
        FakeGitHub, Run,
    },
    scene::Scene,
    server::{Answer, Fault},
};

const TOKEN: &str = "ghp_0123456789012345678901234567890123ab";
/// Names the branch, so that it is not requested. Selects jobs, so that the jobs of the workflow run are requested.
const SETTINGS: &str = "[repository]\nbranch = 'main'\n[ci]\njobs = ['unit tests']\n";

fn scene(github: &FakeGitHub) -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report"))
        .variable("GITHUB_API_URL", github.url())
        .variable("GITHUB_TOKEN", TOKEN)
        .variable("GITHUB_REPOSITORY", "acme/shop")
        .file("system-health.toml", SETTINGS)
}

/// A healthy repository: 250 commits, one of them a hotfix, and a run that passed.
fn healthy() -> FakeGitHub {
    let github = FakeGitHub::builder().token(TOKEN).start();
    github
        .repository("acme/shop")
        .commits(249)
        .commit(Commit::new("HOTFIX the checkout").age(Duration::from_hours(6 * 24)))
        .run(Run::new("checks.yml").conclusion(Success).job("unit tests", Success));
    github
}

#[test]
fn all_metrics_come_from_github_with_five_requests() {
    let github = healthy();

    let ended = scene(&github).run(&[]).with_status(0);

    assert_eq!(ended.metric("commits.hotfix")["samples"][0]["value"], 1.0);
    assert_eq!(ended.metric("commits.reverts")["samples"][0]["value"], 0.0);
    let tests = &ended.metric("ci.tests_passing_on_main")["samples"][0];
    assert_eq!(tests["value"], 1.0);
    for tag in ["branch:main", "repository:acme/shop", "workflow:checks.yml"] {
        assert!(tests["tags"].as_array().unwrap().contains(&tag.into()), "{tests}");
    }
    let link = ended.metric("commits.hotfix")["samples"][0]["link"].clone();
    assert_eq!(link, "https://github.com/acme/shop/commits/main");
    assert!(
        tests["link"].as_str().unwrap().starts_with("https://github.com/acme/shop/actions/runs/"),
        "{tests}"
    );
    assert_eq!(github.requests().len(), 5, "{:#?}", github.requests());
    ended.says("GitHub");
}

#[test]
fn values_in_markdown_link_to_github() {
    let markdown = scene(&healthy()).run(&["--format", "markdown"]).with_status(0).stdout();

    let link = "| `commits.reverts` `acme/shop` | [0](https://github.com/acme/shop/commits/main) commit | `< 5` | met ";
    assert!(markdown.lines().any(|line| line.starts_with(link)), "{markdown}");
}

#[test]
fn a_failure_of_any_endpoint_is_an_error_and_not_a_value() {
    let html = Answer::text(200, "text/html", "<html>Please log in</html>");
    for (endpoint, keys) in [
        ("/commits", &["commits.hotfix", "commits.reverts"][..]),
        ("&page=3", &["commits.hotfix", "commits.reverts"]),
        ("/runs?", &["ci.tests_passing_on_main"]),
        ("/jobs", &["ci.tests_passing_on_main"]),
    ] {
        let faults: [(Fault, &str); 4] = [
            (Answer::text(500, "text/plain", "oops").into(), "500"),
            (html.clone().into(), ""),
            (Answer::text(200, "application/json", "[{\"sha\": 1").into(), ""),
            (Fault::Disconnect, ""),
        ];
        for (fault, word) in faults {
            let github = healthy();
            github.fail(endpoint, fault.clone());

            // The deadline allows a few attempts, but not all of them.
            let settings = format!("{SETTINGS}[commits]\nhistory = 'all'\n");
            let scene = scene(&github).file("system-health.toml", &settings);
            let ended = scene.run(&["--deadline", "5s"]).with_status(1);

            for metric in ended.json()["metrics"].as_array().unwrap() {
                let key = metric["key"].as_str().unwrap();
                let expected = if keys.contains(&key) { "error" } else { "value" };
                assert_eq!(metric["state"], expected, "{key} with {fault:?} at {endpoint}: {ended}");
                let error = metric["error"].as_str().unwrap_or(word);
                assert!(error.contains(word), "{error}");
            }
        }
    }
}

#[test]
fn the_metric_of_a_hanging_request_fails_and_the_others_have_values() {
    let github = healthy();
    github.fail("/jobs", Fault::Hang);

    let ended = scene(&github).run(&["--deadline", "5s"]).with_status(1);

    assert_eq!(ended.metric("ci.tests_passing_on_main")["state"], "error");
    assert_eq!(ended.metric("commits.hotfix")["state"], "value");
}

#[test]
fn refusals_by_github_are_quoted() {
    let wrong_token = scene(&FakeGitHub::builder().token("another").start()).run(&[]).with_status(1);
    let unknown = scene(&FakeGitHub::builder().token(TOKEN).start()).run(&[]).with_status(1);

    let error = wrong_token.metric("commits.hotfix")["error"].as_str().unwrap().to_owned();
    assert!(error.contains("401") && error.contains("Bad credentials"), "{error}");
    let error = unknown.metric("commits.hotfix")["error"].as_str().unwrap().to_owned();
    assert!(error.contains("404") && error.contains("acme/shop"), "{error}");
}

#[test]
fn the_outcome_about_the_tests_follows_from_their_workflow_run() {
    let judge = |runs: &[Run]| {
        let github = FakeGitHub::builder().token(TOKEN).start();
        let repository = github.repository("acme/shop");
        for run in runs {
            repository.run(run.clone());
        }
        scene(&github)
            .run(&["--only", "ci.*", "--fail-on", "never"])
            .with_status(0)
            .metric("ci.tests_passing_on_main")
    };
    let run = |conclusion| Run::new("checks.yml").conclusion(conclusion);

    let failed = judge(&[run(Failure).job("unit tests", Failure)]);
    let missing = judge(&[run(Success).job("lint", Success)]);
    let cancelled_job = judge(&[run(Failure).job("unit tests", Cancelled)]);
    let cancelled_run = judge(&[run(Cancelled)]);

    assert_eq!(failed["samples"][0]["value"], 0.0);
    let error = missing["error"].as_str().unwrap();
    assert!(error.contains("`unit tests`") && error.contains("`lint`"), "{error}");
    assert_eq!(cancelled_job["state"], "no_data");
    assert_eq!(cancelled_run["state"], "no_data");
}

#[test]
fn a_run_asks_whether_the_responses_of_the_previous_run_have_changed() {
    let github = healthy();
    let scene = scene(&github);
    let statuses = || github.exchanges().iter().map(|exchange| exchange.status).collect::<Vec<_>>();
    let value = |key: &str| scene.run(&[]).with_status(0).metric(key)["samples"][0]["value"].clone();

    assert_eq!(value("commits.hotfix"), 1.0);
    assert_eq!(value("commits.hotfix"), 1.0);
    // The jobs of a workflow run that has ended are not requested again.
    assert_eq!(statuses(), [200, 200, 200, 200, 200, 304, 304, 304, 304]);

    github.repository("acme/shop").commit("Hotfix the basket");
    assert_eq!(value("commits.hotfix"), 2.0);
    assert!(statuses()[9..].contains(&200), "{:?}", statuses());
    let state = fs::read(scene.folder().join(".state/state.db")).unwrap();
    assert!(!String::from_utf8_lossy(&state).contains(TOKEN));
}

#[cfg(feature = "local")]
#[test]
fn a_dry_run_shows_the_requests_and_a_setting_limits_them() {
    let github = healthy();
    let settings = |max: u32| format!("[local]\nfile = 'points.jsonl'\n[github]\nmax_requests = {max}\n");
    let dry_run = ["--dry-run", "--to", "local", "--format", "table"];

    let enough =
        scene(&github).file("system-health.toml", &settings(9)).run(&dry_run).with_status(0).stdout();

    let (_, shown) =
        enough.split_once("Requests to GitHub that a run makes:\n").unwrap_or_else(|| panic!("{enough}"));
    let lines: Vec<&str> = shown.lines().map(str::trim).take(3).collect();
    assert_eq!(
        lines[..2],
        ["ci.* about 3 requests: 3 for one repository", "commits.* about 2 requests: 2 for one repository"]
    );
    assert!(lines[2].starts_with("in all about 5 requests; "), "{shown}");

    let before = github.requests().len();
    let too_few = scene(&github).file("system-health.toml", &settings(2)).run(&[]).with_status(0);

    let reason = |key: &str| too_few.metric(key)["reason"].as_str().unwrap().to_owned();
    assert!(reason("ci.tests_passing_on_main").starts_with("skipped: ci.* needs about 3 requests to GitHub"));
    assert!(reason("commits.hotfix").starts_with("not sent, because this run has made as many requests as"));
    assert_eq!(github.requests().len(), before + 2);
}
