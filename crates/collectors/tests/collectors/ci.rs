//! Which run decides whether the tests pass, with every request to a fake GitHub. Random histories are
//! judged beside the code.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};
use system_health_registry::{Evidence, Sample, Unavailable};
use system_health_test_support::{
    github::{
        Conclusion::{
            ActionRequired, Cancelled, Failure, Neutral, Skipped, Stale, StartupFailure, Success, TimedOut,
        },
        FakeGitHub, Job, Repository, Run,
    },
    server::Answer,
};

use crate::stage::{Stage, days, line};

const TAGS: &str = "[branch:main, repository:acme/shop, workflow:checks.yml]";

/// The reading over these runs, the newest being the last, where `checks.yml` and `ci.yml` exist.
async fn reading(settings: &str, runs: impl IntoIterator<Item = Run>) -> String {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.workflow("checks.yml").workflow("ci.yml");
    for run in runs {
        shop.run(run);
    }
    shown(&Stage::on(&github).settings(settings).tests().await)
}

fn shown(reading: &Result<Sample, Unavailable>) -> String {
    line(reading).replace(TAGS, "[…]")
}

/// The paths of all requests, without the part that all have in common.
fn requests(github: &FakeGitHub) -> Vec<String> {
    let path = |target: &str| {
        target.split_once("/acme/shop/").map_or(target.to_owned(), |(_, rest)| rest.to_owned())
    };
    github.requests().iter().map(|request| path(&request.target)).collect()
}

fn evidence(reading: &Result<Sample, Unavailable>) -> &Evidence {
    match reading {
        Ok(sample) => sample.evidence(),
        Err(Unavailable::NoData(no_data)) => no_data.evidence(),
        Err(Unavailable::Error(error)) => panic!("{error}"),
    }
}

/// The evidence in lines: `+ title: reason`, or `-` for what did not count.
fn evidence_lines(reading: &Result<Sample, Unavailable>) -> Vec<String> {
    let sign = |counted| if counted { '+' } else { '-' };
    let items = evidence(reading).items().iter();
    items.map(|item| format!("{} {}: {}", sign(item.counted()), item.title(), item.reason())).collect()
}

fn checks() -> Run {
    Run::new("checks.yml")
}

fn passed() -> Run {
    checks().job("test", Success)
}

fn failed() -> Run {
    checks().conclusion(Failure).job("test", Failure)
}

/// A run that only skipped jobs and others that passed.
fn docs() -> Run {
    checks().job("test", Skipped).job("docs", Success)
}

/// A run for a pull request from another branch of the repository.
fn pull_request() -> Run {
    checks().branch("feature").event("pull_request")
}

fn jobs(patterns: &str) -> String {
    format!("[ci]\njobs = [{patterns}]")
}

#[tokio::test]
async fn each_situation_has_its_reading() {
    let main_to_production = failed().event("pull_request");
    let fail_fast = checks().conclusion(Failure).job("test (linux)", Failure).job("test (mac)", Cancelled);
    let tolerated = checks().job("test", Success).job("nightly toolchain", Failure);
    let deploy_failed = checks().conclusion(Failure).job("test", Success).job("deploy", Failure);
    let unexpanded = checks().job("test (${{ matrix.os }})", Skipped).job("lint", Success);
    let matrix = |mac| checks().job("test (linux)", Success).job("test (mac)", mac).job("lint", Success);
    let too_old = passed().age(days(731));
    let test = jobs("'test'");
    let tests = jobs("'test*'");
    for (situation, settings, runs, expected) in [
        ("the newest run failed and is being re-run", "", vec![passed(), failed().re_run()], "0"),
        ("the same with selected jobs", &*test, vec![passed(), failed().re_run()], "0"),
        ("a documentation commit skips the job", &test, vec![failed(), docs()], "0"),
        ("a documentation commit after a good one", &test, vec![passed(), docs()], "1"),
        ("fail-fast cancels the other leg", &tests, vec![matrix(Success), fail_fast.clone()], "0"),
        ("fail-fast without selected jobs", "", vec![passed(), fail_fast], "0"),
        ("a pull request from main to production", "", vec![passed(), main_to_production], "1"),
        ("a tolerated failure", "", vec![failed(), tolerated], "1"),
        ("a skipped matrix after a bad one", &tests, vec![matrix(Failure), unexpanded.clone()], "0"),
        (
            "a skipped matrix after a good one",
            &jobs("'test (mac)', 'lint'"),
            vec![matrix(Success), unexpanded],
            "1",
        ),
        ("a deploy job failed", &tests, vec![failed(), deploy_failed], "1"),
        (
            "a pattern matches no job",
            &jobs("'tset*', 'lint'"),
            vec![matrix(Success)],
            "error: `jobs` in [ci]: `tset*` matches no job in any inspected run; the nearest names are `test (mac)`, \
             `test (linux)`, `lint`",
        ),
        (
            "the newest run is two years old",
            "",
            vec![too_old],
            "no data: run #1 on the branch `main`, which decides, is 731 days old; `max_age` in [ci] is 14 days",
        ),
    ] {
        let reading = reading(settings, runs).await.replace(" […]", "");
        assert_eq!(reading, expected, "{situation}");
    }
}

#[tokio::test]
async fn the_newest_run_that_decided_something_counts() {
    let timed_out = checks().conclusion(TimedOut).job("test", TimedOut);
    assert_eq!(reading("", [failed(), passed()]).await, "1 […]");
    assert_eq!(reading("", [passed(), failed()]).await, "0 […]");
    assert_eq!(reading("", [passed(), timed_out]).await, "0 […]");
    assert_eq!(reading("", [passed(), checks().conclusion(StartupFailure)]).await, "0 […]");
    for undecided in [Cancelled, Skipped, Neutral, Stale, ActionRequired] {
        assert_eq!(reading("", [failed(), checks().conclusion(undecided)]).await, "0 […]", "{undecided:?}");
    }
    assert_eq!(reading("", [failed(), checks().in_progress()]).await, "0 […]");
    assert_eq!(reading("", [failed(), checks().queued()]).await, "0 […]");
}

#[tokio::test]
async fn within_a_run_the_newest_attempt_that_decided_something_counts() {
    for settings in ["", &jobs("'test'")] {
        let again = || failed().re_run();
        for (run, expected) in [
            (again(), "0 […]"),
            (again().conclusion(Success).job("test", Success), "1 […]"),
            // The attempt that was cancelled says nothing, but the one before it does.
            (again().conclusion(Cancelled).job("test", Cancelled), "0 […]"),
            (again().conclusion(Cancelled).job("test", Cancelled).re_run(), "0 […]"),
            (
                again()
                    .conclusion(Cancelled)
                    .job("test", Cancelled)
                    .re_run()
                    .conclusion(Success)
                    .job("test", Success),
                "1 […]",
            ),
            // No attempt said anything, so the run before counts.
            (checks().conclusion(Cancelled).job("test", Cancelled).re_run(), "1 […]"),
        ] {
            assert_eq!(reading(settings, [passed(), run.clone()]).await, expected, "{settings} {run:?}");
        }
    }
}

#[tokio::test]
async fn jobs_that_were_not_re_run_keep_their_results() {
    let run = checks().conclusion(Failure).job("lint", Success).job("test", Failure).re_run();
    let fixed = run.clone().conclusion(Success).job("test", Success);
    let settings = jobs("'lint', 'test'");
    assert_eq!(reading(&settings, [fixed]).await, "1 […]");
    let broken = checks().conclusion(Failure).job("lint", Failure).job("test", Failure).re_run();
    assert_eq!(reading(&settings, [broken.conclusion(Failure).job("test", Success)]).await, "0 […]");
}

#[tokio::test]
async fn only_the_requests_that_are_needed_are_made() {
    let list = "actions/workflows/checks.yml/runs?per_page=100";
    let jobs_of = |run: u64| format!("actions/runs/{run}/jobs?filter=all&per_page=100");
    for (settings, runs, expected) in [
        ("", vec![passed().id(7)], vec![list.to_owned()]),
        ("", vec![failed().id(7), checks().conclusion(Cancelled)], vec![list.to_owned()]),
        ("", vec![failed().id(7).re_run()], vec![list.to_owned(), "actions/runs/7/attempts/1".to_owned()]),
        (&*jobs("'test'"), vec![failed().id(6), passed().id(7)], vec![list.to_owned(), jobs_of(7)]),
        (&jobs("'test'"), vec![failed().id(7), docs().id(8)], vec![list.to_owned(), jobs_of(8), jobs_of(7)]),
        (&jobs("'test'"), vec![failed().id(7), passed().in_progress()], vec![list.to_owned(), jobs_of(7)]),
    ] {
        let github = FakeGitHub::start();
        let shop = github.repository("acme/shop");
        for run in runs {
            shop.run(run);
        }
        Stage::on(&github).settings(settings).tests().await.unwrap();
        assert_eq!(requests(&github), expected, "{settings}");
    }
}

/// A repository in which pull requests have pushed the branch's runs off the newest page of all runs.
fn busy(shop: &Repository, on_main: impl IntoIterator<Item = Run>) {
    for run in on_main {
        shop.run(run);
    }
    for _ in 0..100 {
        shop.run(pull_request());
    }
}

#[tokio::test]
async fn in_a_busy_repository_the_filtered_list_is_checked_against_the_tip() {
    let all = "actions/workflows/checks.yml/runs?per_page=100";
    let filtered = "actions/workflows/checks.yml/runs?branch=main&per_page=100";
    let commits = "commits?sha=main&per_page=100";
    for (newest, expected) in [(passed(), "1 […]"), (failed(), "0 […]")] {
        let github = FakeGitHub::start();
        let shop = github.repository("acme/shop");
        shop.commits(3);
        busy(&shop, [passed(), newest.head_sha(shop.tip("main"))]);

        assert_eq!(shown(&Stage::on(&github).tests().await), expected);
        assert_eq!(requests(&github), [all, filtered, commits]);
    }
}

#[tokio::test]
async fn yesterdays_green_does_not_become_todays_1() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commits(3).run(passed().head_sha(shop.tip("main")).age(days(1))).stop_search_index();
    shop.commit("Break everything");
    let tip = shop.tip("main");
    busy(&shop, [failed().head_sha(&tip)]);

    let reading = Stage::on(&github).tests().await;

    assert_eq!(
        line(&reading),
        format!(
            "no data: the newest runs of checks.yml on all branches do not decide, and GitHub's list of those on the \
             branch `main` may be stale: it has no run for the newest commit {}",
            &tip[..7]
        )
    );
    assert_eq!(evidence(&reading).counted(), 0);
}

#[tokio::test]
async fn a_filtered_list_without_a_run_that_is_known_is_stale() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commits(1).run(passed().head_sha(shop.tip("main"))).stop_search_index();
    for _ in 0..99 {
        shop.run(pull_request());
    }
    shop.run(checks().conclusion(Cancelled));

    let reading = shown(&Stage::on(&github).tests().await);

    assert!(
        reading.starts_with("no data: ") && reading.ends_with("may be stale: it lacks run #101"),
        "{reading}"
    );
    assert_eq!(requests(&github).len(), 2, "the tip could not prove the list");
}

#[tokio::test]
async fn a_run_in_both_lists_proves_that_nothing_is_missing_between_them() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.run(failed());
    for _ in 0..99 {
        shop.run(pull_request());
    }
    shop.run(checks().conclusion(Cancelled));

    assert_eq!(shown(&Stage::on(&github).tests().await), "0 […]");
    assert_eq!(requests(&github).len(), 2, "no request for the tip");
}

#[tokio::test]
async fn a_state_that_only_the_filtered_list_tells_is_not_believed() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commits(1).run(passed().age(days(1)));
    let tip = shop.tip("main");
    shop.run(checks().id(7).head_sha(&tip).in_progress()).stop_search_index();
    busy(&shop, [failed().id(7).head_sha(&tip)]);

    assert_eq!(shown(&Stage::on(&github).tests().await), "0 […]");
    assert!(requests(&github).contains(&"actions/runs/7".to_owned()));
}

#[tokio::test]
async fn a_run_of_the_merge_queue_counts_once_its_commit_is_on_the_branch() {
    let queue =
        |sha: &str| checks().event("merge_group").branch("gh-readonly-queue/main/pr-7-0123abc").head_sha(sha);
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commits(2).run(failed()).run(queue(&shop.tip("main")).conclusion(Success));
    assert_eq!(shown(&Stage::on(&github).tests().await), "1 […]");
    assert_eq!(requests(&github).len(), 2);

    // One that was refused by the queue, one of another branch, and one whose push is listed.
    shop.run(queue("5e1f").conclusion(Failure));
    shop.run(queue(&shop.tip("main")).branch("gh-readonly-queue/next/pr-8-0123abc").conclusion(Failure));
    assert_eq!(shown(&Stage::on(&github).tests().await), "1 […]");
    shop.run(queue("abcd").conclusion(Failure)).run(checks().head_sha("abcd").in_progress());
    assert_eq!(shown(&Stage::on(&github).tests().await), "0 […]");
    assert_eq!(requests(&github).last().unwrap(), "actions/workflows/checks.yml/runs?per_page=100");

    let settings = "[ci]\nevents = ['push']";
    assert_eq!(shown(&Stage::on(&github).settings(settings).tests().await), "0 […]");
}

#[tokio::test]
async fn settings_name_the_events_that_count() {
    let runs = || [passed(), failed().event("pull_request"), failed().event("issue_comment")];
    assert_eq!(reading("", runs()).await, "1 […]");
    assert_eq!(reading("[ci]\nevents = ['push', 'pull_request']", runs()).await, "0 […]");
    for event in ["schedule", "workflow_dispatch", "repository_dispatch", "workflow_run"] {
        assert_eq!(reading("", [passed(), failed().event(event)]).await, "0 […]", "{event}");
    }
}

#[tokio::test]
async fn the_age_is_that_of_the_attempt_or_job_that_decided() {
    let re_run_today = || checks().conclusion(Cancelled).age(days(30)).re_run().conclusion(Success);
    assert_eq!(reading("", [re_run_today().started(days(1))]).await, "1 […]");
    // The attempt that decided is as old as the run, although it is being re-run today.
    let old = reading("", [failed().age(days(30)).re_run().started(days(0))]).await;
    assert!(old.ends_with("is 30 days old; `max_age` in [ci] is 14 days"), "{old}");

    let settings = jobs("'test', 'docs'");
    let skipped_since = |age| [passed().age(days(age)).job("docs", Success), docs().age(days(1))];
    assert_eq!(reading(&settings, skipped_since(13)).await, "1 […]");
    assert_eq!(
        reading(&settings, skipped_since(20)).await,
        "no data: the job `test` of run #1 on the branch `main`, which decides, is 20 days old; `max_age` in [ci] is \
         14 days"
    );
    assert_eq!(reading(&format!("{settings}\nmax_age = '30d'"), skipped_since(20)).await, "1 […]");
    let hours = reading("[ci]\nmax_age = '1h'", [passed().age(Duration::from_mins(150))]).await;
    assert!(hours.ends_with("is 2 hours old; `max_age` in [ci] is 1 hours"), "{hours}");
}

#[tokio::test]
async fn a_cancelled_job_never_becomes_a_number_by_itself() {
    let settings = jobs("'test*'");
    let cancelled =
        || checks().conclusion(Cancelled).job("test (linux)", Success).job("test (mac)", Cancelled);
    let before = |mac| checks().job("test (linux)", Success).job("test (mac)", mac);
    assert_eq!(
        reading(&settings, [cancelled()]).await,
        "no data: the only run of checks.yml on the branch `main` did not decide: none of them decided the selected jobs"
    );
    assert_eq!(reading(&settings, [before(Success), cancelled()]).await, "1 […]");
    assert_eq!(reading(&settings, [before(Failure), cancelled()]).await, "0 […]");
}

#[tokio::test]
async fn a_skipped_job_waits_for_the_run_that_decided_it_and_a_removed_one_does_not_decide() {
    let settings = jobs("'test*', 'lint'");
    let run = |mac| checks().job("test (linux)", Success).job("test (mac)", mac).job("lint", Success);
    let without_mac = checks().job("test (linux)", Success).job("lint", Success);
    let skipped = checks().job("test (${{ matrix.os }})", Skipped).job("lint", Success);
    // The leg was removed after it failed.
    assert_eq!(reading(&settings, [run(Failure), without_mac.clone()]).await, "1 […]");
    assert_eq!(reading(&settings, [run(Failure), without_mac, skipped.clone()]).await, "1 […]");
    // Only the cancelled run was between.
    let cancelled = checks().conclusion(Cancelled).job("test (mac)", Cancelled).job("lint", Cancelled);
    assert_eq!(reading(&settings, [run(Failure), cancelled, skipped.clone()]).await, "0 […]");
    // Nothing older exists, so there is no result to keep.
    assert_eq!(reading(&settings, [skipped]).await, "1 […]");
    assert_eq!(
        reading(&jobs("'test'"), [docs()]).await,
        "no data: the only run of checks.yml on the branch `main` did not decide: the selected jobs were skipped in all \
         of them"
    );
    let workflow = |test| checks().job("call / test", test).job("lint", Success);
    let settings = jobs("'call / test', 'lint'");
    let skipped = checks().job("call", Skipped).job("lint", Success);
    assert_eq!(reading(&settings, [workflow(Failure), skipped.clone()]).await, "0 […]");
    assert_eq!(reading(&settings, [workflow(Success), skipped]).await, "1 […]");
}

#[tokio::test]
async fn a_job_that_is_gone_from_the_newest_run_is_no_data() {
    let renamed = checks().job("unit tests", Success).job("deploy", Skipped);
    assert_eq!(
        reading(&jobs("'unit'"), [checks().job("unit", Success), renamed]).await,
        "no data: the newest 2 runs of checks.yml on the branch `main` did not decide: the newest has no job that matches \
         `unit`; the nearest names are `unit tests`, `deploy`"
    );
}

#[tokio::test]
async fn at_most_twenty_runs_are_inspected() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.run(failed());
    for _ in 0..20 {
        shop.run(docs());
    }
    let reading = Stage::on(&github).settings(&jobs("'test', 'docs'")).tests().await;

    // A failure may be further back, so this is not 1.
    assert_eq!(
        line(&reading),
        "no data: the newest 21 runs of checks.yml on the branch `main` did not decide: `test` was skipped and no older \
         one decided it"
    );
    assert_eq!(requests(&github).len(), 21);
}

#[tokio::test]
async fn the_evidence_names_every_run_and_job() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    for run in [
        passed().id(6),
        failed().id(7).head_sha("aaaaaaa1").re_run(),
        checks().id(8).head_sha("aaaaaaa2").conclusion(Cancelled),
        failed().id(9).head_sha("aaaaaaa3").event("pull_request"),
        failed().id(10).head_sha("aaaaaaa4").fork("mallory/shop"),
        checks().id(11).head_sha("aaaaaaa5").queued(),
    ] {
        shop.run(run);
    }

    let reading = Stage::on(&github).tests().await;

    let lines = evidence_lines(&reading);
    assert_eq!(
        lines[..6],
        [
            "- run #6 (push, aaaaaaa): Change something: it has not ended",
            "- run #5 (pull_request, aaaaaaa): Change something: it ran for a fork",
            "- run #4 (pull_request, aaaaaaa): Change something: `pull_request` is not one of the events that test the \
             branch",
            "- run #3 (push, aaaaaaa): Change something: cancelled: this decides nothing",
            "- run #2, attempt 2 (push, aaaaaaa): Change something: it is being re-run: the attempt before counts",
            "+ run #2 (push, aaaaaaa): Change something: failure",
        ]
    );
    assert!(lines[6].starts_with("- run #1 (push, ") && lines[6].ends_with("it is older than what decided"));
    assert_eq!(evidence(&reading).items()[5].link(), Some("https://github.com/acme/shop/actions/runs/7"));

    let github = FakeGitHub::start();
    github.repository("acme/shop").run(passed().head_sha("aaaaaaa1")).run(docs().head_sha("aaaaaaa2"));
    let reading = Stage::on(&github).settings(&jobs("'test', 'docs'")).tests().await;
    assert_eq!(
        evidence_lines(&reading),
        [
            "+ run #2 (push, aaaaaaa): Change something: `test` was skipped: older runs have to decide",
            "+ job `docs` of run #2: passed",
            "+ run #1 (push, aaaaaaa): Change something: the selected jobs passed",
            "+ job `test` of run #1: passed",
        ]
    );
}

#[tokio::test]
async fn the_value_links_to_the_run_that_decided() {
    let github = FakeGitHub::start();
    github.repository("acme/shop").run(passed().id(7)).run(checks().id(8).conclusion(Cancelled));

    let sample = Stage::on(&github).tests().await.unwrap();

    assert_eq!(sample.link(), Some("https://github.com/acme/shop/actions/runs/7"));
}

/// A run with what is needed and nothing else.
fn bare_run(id: u64, status: &str, conclusion: Option<&str>) -> Value {
    json!({"id": id, "event": "push", "head_branch": "main", "head_sha": "abc", "status": status,
        "conclusion": conclusion, "repository": {"id": 1}, "head_repository": {"id": 1},
        "created_at": "2026-06-15T12:00:00Z"})
}

async fn reading_of(runs: Value) -> Result<Sample, Unavailable> {
    let github = FakeGitHub::start();
    let total = runs.as_array().unwrap().len();
    github.fail("/runs?", Answer::json(200, &json!({"total_count": total, "workflow_runs": runs})));
    // A minute after the run, 2026-06-15T12:00:00Z.
    let now = UNIX_EPOCH + Duration::from_hours(494_868) + Duration::from_mins(1);
    Stage::on(&github).started_at(now).tests().await
}

#[tokio::test]
async fn a_run_without_a_page_has_its_value_all_the_same() {
    for page in [Value::Null, json!("runs/7")] {
        let mut run = bare_run(7, "completed", Some("success"));
        run["html_url"] = page.clone();

        let sample = reading_of(json!([run])).await.unwrap();

        assert_eq!((sample.value().to_string(), sample.link()), ("1".into(), None), "{page}");
    }
}

#[tokio::test]
async fn without_a_decision_there_is_no_data() {
    for (runs, reason) in [
        (vec![], "checks.yml has no run on the branch `main` with an event that tests it"),
        (
            vec![failed().event("pull_request")],
            "checks.yml has no run on the branch `main` with an event that tests it",
        ),
        (vec![checks().queued()], "the only run of checks.yml on the branch `main` did not decide"),
        (
            vec![checks().conclusion(Skipped), checks().conclusion(Cancelled)],
            "the newest 2 runs of checks.yml on the branch `main` did not decide",
        ),
    ] {
        assert_eq!(reading("", runs).await, format!("no data: {reason}"));
    }
}

#[tokio::test]
async fn runs_of_forks_other_branches_and_other_workflows_do_not_count() {
    let other_branch = failed().branch("next");
    let other_workflow = Run::new("deploy.yml").conclusion(Failure).job("test", Failure);
    let forks = std::iter::repeat_n(failed().fork("mallory/shop").event("push"), 31);
    let mut deleted = bare_run(8, "completed", Some("failure"));
    deleted["head_repository"] = Value::Null;

    let reading = reading("", [passed(), other_branch, other_workflow].into_iter().chain(forks)).await;
    let with_deleted = reading_of(json!([deleted, bare_run(7, "completed", Some("success"))])).await;

    assert_eq!(reading, "1 […]");
    assert_eq!(shown(&with_deleted), "1 […]");
}

#[tokio::test]
async fn all_jobs_of_the_latest_attempt_count() {
    let settings = jobs("'*'");
    let many = checks().conclusion(Failure).jobs(120, Success).job("last", Failure);
    let again = failed().re_run().conclusion(Success).job("test", Success);
    assert_eq!(reading(&settings, [many]).await, "0 […]");
    assert_eq!(reading(&settings, [again]).await, "1 […]");
}

#[tokio::test]
async fn a_workflow_file_that_cannot_be_used_fails_the_selected_jobs() {
    for conclusion in [StartupFailure, Failure] {
        let settings = jobs("'test'");
        assert_eq!(reading(&settings, [passed(), checks().conclusion(conclusion)]).await, "0 […]");
        assert_eq!(reading(&settings, [passed(), checks().conclusion(conclusion).re_run()]).await, "0 […]");
    }
    assert_eq!(reading(&jobs("'test'"), [failed(), checks().conclusion(Cancelled)]).await, "0 […]");
}

#[tokio::test]
async fn a_workflow_that_is_not_there_is_an_error_that_names_it() {
    let reading = reading("[ci]\nworkflow = \"nope.yml\"", []).await;
    assert!(
        reading.starts_with(
            "error: there is no workflow `nope.yml` in acme/shop that can be seen; `workflow` in [ci] is the name of a \
             file in .github/workflows: GET /repos/acme/shop/actions/workflows/nope.yml/runs: GitHub answered 404"
        ),
        "{reading}"
    );
}

#[tokio::test]
async fn an_unknown_word_is_an_error() {
    for (status, conclusion, error) in [
        ("completed", Some("exploded"), "run 7 has the unknown conclusion `exploded`"),
        ("completed", None, "run 7 is completed but has no conclusion"),
        ("paused", None, "run 7 has the unknown status `paused`"),
    ] {
        let runs = json!([bare_run(7, status, conclusion), bare_run(6, "completed", Some("success"))]);
        assert_eq!(shown(&reading_of(runs).await), format!("error: {error}"));
    }
    let github = FakeGitHub::start();
    github.repository("acme/shop").run(passed());
    github.fail(
        "/jobs",
        Answer::json(200, &json!({"total_count": 1, "jobs": [{"name": "test", "conclusion": "odd"}]})),
    );
    assert_eq!(
        line(&Stage::on(&github).settings(&jobs("'test'")).tests().await),
        "error: cannot judge run #1: the job `test` has the unknown conclusion `odd`"
    );
}

#[tokio::test]
async fn a_run_or_a_job_that_lacks_what_decides_is_an_error() {
    let run = bare_run(7, "completed", Some("failure"));
    for field in ["status", "conclusion", "head_repository", "head_branch", "event", "head_sha", "created_at"]
    {
        let mut run = run.clone();
        run.as_object_mut().unwrap().remove(field);

        let reading = shown(&reading_of(json!([run])).await);

        assert!(reading.contains(&format!("missing field `{field}`")), "{reading}");
    }
    let github = FakeGitHub::start();
    github.repository("acme/shop").run(passed());
    github.fail("/jobs", Answer::json(200, &json!({"total_count": 1, "jobs": [{"name": "test"}]})));
    let reading = line(&Stage::on(&github).settings(&jobs("'test'")).tests().await);
    assert!(reading.contains("missing field `conclusion`"), "{reading}");
}

#[tokio::test]
async fn jobs_that_are_announced_but_not_listed_are_an_error() {
    let github = FakeGitHub::start();
    github.repository("acme/shop").run(passed().id(7));
    let answer = json!({"total_count": 2, "jobs": [{"name": "test", "conclusion": "success"}]});
    github.fail("/jobs", Answer::json(200, &answer));

    assert_eq!(
        line(&Stage::on(&github).settings(&jobs("'test'")).tests().await),
        "error: GitHub listed 1 of the 2 jobs of run 7 in acme/shop"
    );
}

#[tokio::test]
async fn a_failure_on_any_endpoint_is_an_error_and_no_number() {
    let test = jobs("'test'");
    for (endpoint, settings, run) in [
        ("/runs?per_page", "", passed()),
        ("/runs?branch", "", checks().conclusion(Cancelled)),
        ("/commits?", "", passed()),
        ("/attempts/1", "", failed().re_run().with_job(Job::in_progress("test"))),
        ("/jobs?", &*test, passed()),
    ] {
        let github = FakeGitHub::start();
        let shop = github.repository("acme/shop");
        shop.commits(1);
        let is_in_sight = !endpoint.contains("commits") && !endpoint.contains("branch");
        busy(&shop, [run.clone()]);
        if is_in_sight {
            shop.run(run);
        }
        github.fail(endpoint, Answer::json(418, &json!({"message": "teapot"})));

        let reading = line(&Stage::on(&github).settings(settings).tests().await);

        assert!(reading.starts_with("error: cannot "), "{endpoint}: {reading}");
        assert!(reading.ends_with("GitHub answered 418 I'm a teapot: teapot"), "{endpoint}: {reading}");
    }
}
