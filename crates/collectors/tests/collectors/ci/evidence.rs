//! The evidence and the link of a value.

use system_health_test_support::github::{
    Conclusion::{ActionRequired, Cancelled, Neutral, Skipped, Stale, Success},
    FakeGitHub,
};

use super::{checks, docs, evidence, evidence_lines, failed, jobs_setting, passed};
use crate::stage::Stage;

#[tokio::test]
async fn the_evidence_names_every_run_and_job() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    for run in [
        passed().id(6),
        failed().id(7).head_sha("aaaaaaaaaa1").re_run(),
        checks().id(8).head_sha("aaaaaaaaaa2").conclusion(Cancelled),
        failed().id(9).head_sha("aaaaaaaaaa3").event("pull_request"),
        failed().id(10).head_sha("aaaaaaaaaa4").fork("mallory/shop"),
        checks().id(11).head_sha("aaaaaaaaaa5").queued(),
    ] {
        shop.run(run);
    }

    let reading = Stage::on(&github).tests().await;

    let lines = evidence_lines(&reading);
    assert_eq!(
        lines[..6],
        [
            "- run #6 (push, aaaaaaaaaa): Change something: it has not ended",
            "- run #5 (pull_request, aaaaaaaaaa): Change something: it ran for a fork",
            "- run #4 (pull_request, aaaaaaaaaa): Change something: `pull_request` is not one of the events that test the \
             branch",
            "- run #3 (push, aaaaaaaaaa): Change something: it was cancelled, so it decides nothing",
            "- run #2, attempt 2 of 2 (push, aaaaaaaaaa): Change something: it is being re-run: the previous attempt counts",
            "+ run #2, attempt 1 of 2 (push, aaaaaaaaaa): Change something: it failed",
        ]
    );
    assert!(
        lines[6].starts_with("- run #1 (push, ")
            && lines[6].ends_with("it is older than the run that decided")
    );
    let page = "https://github.com/acme/shop/actions/runs/7";
    let pages: Vec<_> = evidence(&reading).items()[4..6].iter().map(|item| item.link()).collect();
    // The page of the run shows the attempt that is running, not the one that decided.
    let decided = format!("{page}/attempts/1");
    assert_eq!(pages, [Some(page), Some(&*decided)]);
    assert_eq!(reading.unwrap().link(), Some(&*decided));

    let github = FakeGitHub::start();
    github.repository("acme/shop").run(passed().head_sha("aaaaaaaaaa1")).run(docs().head_sha("aaaaaaaaaa2"));
    let reading = Stage::on(&github).settings(&jobs_setting("'test', 'docs'")).tests().await;
    assert_eq!(
        evidence_lines(&reading),
        [
            "+ run #2 (push, aaaaaaaaaa): Change something: `test` was skipped: older runs have to decide",
            "+ job `docs` of run #2: passed",
            "+ run #1 (push, aaaaaaaaaa): Change something: the selected jobs passed",
            "+ job `test` of run #1: passed",
        ]
    );
}

#[tokio::test]
async fn a_run_that_decides_nothing_says_why_in_plain_words() {
    for (conclusion, words) in [
        (Skipped, "it was skipped"),
        (Neutral, "it ended as neutral"),
        (Stale, "GitHub stopped waiting for it"),
        (ActionRequired, "it needs an approval"),
    ] {
        let github = FakeGitHub::start();
        github.repository("acme/shop").run(checks().conclusion(conclusion));

        let lines = evidence_lines(&Stage::on(&github).tests().await);

        assert!(lines[0].ends_with(&format!(": {words}, so it decides nothing")), "{lines:?}");
    }
}

#[tokio::test]
async fn a_run_without_a_selected_job_names_a_job_that_is_undecided() {
    let github = FakeGitHub::start();
    github
        .repository("acme/shop")
        .run(checks().job("test", Success).head_sha("aaaaaaaaaa1"))
        .run(checks().job("lint", Neutral).head_sha("aaaaaaaaaa2"));

    let reading = Stage::on(&github).settings(&jobs_setting("'test'")).tests().await;

    assert_eq!(
        evidence_lines(&reading),
        [
            "- run #2 (push, aaaaaaaaaa): Change something: no job matches `test`, and `lint` ended as neutral: older runs \
             have to decide",
            "+ run #1 (push, aaaaaaaaaa): Change something: the selected jobs passed",
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

#[tokio::test]
async fn a_job_that_matches_two_patterns_is_named_once() {
    let github = FakeGitHub::start();
    github
        .repository("acme/shop")
        .run(checks().job("call / docs", Success).head_sha("aaaaaaaaaa1"))
        .run(checks().job("call / test", Success).job("call / docs", Skipped).head_sha("aaaaaaaaaa2"))
        .run(checks().job("call", Skipped).head_sha("aaaaaaaaaa3"));
    let patterns = jobs_setting("'call / *', 'call / test'");

    let reading = Stage::on(&github).settings(&patterns).tests().await;

    assert_eq!(
        evidence_lines(&reading),
        [
            "- run #3 (push, aaaaaaaaaa): Change something: no job matches `call / *`, no job matches `call / test`: older runs have \
             to decide",
            "+ run #2 (push, aaaaaaaaaa): Change something: `call / docs` was skipped: older runs have to decide",
            "+ job `call / test` of run #2: passed",
            "+ run #1 (push, aaaaaaaaaa): Change something: the selected jobs passed",
            "+ job `call / docs` of run #1: passed",
        ]
    );
}
