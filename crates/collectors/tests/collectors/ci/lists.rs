//! Which requests are made, and what happens if GitHub's list of runs is stale.

use system_health_test_support::github::{
    Conclusion::{Cancelled, Failure, Success},
    FakeGitHub,
};

use super::{
    add_runs_and_fill_newest_page, checks, docs, evidence, evidence_lines, failed, jobs_setting, passed,
    pull_request, requests, shown,
};
use crate::stage::{Stage, days, line};

#[tokio::test]
async fn only_the_requests_that_are_needed_are_made() {
    let list = "actions/workflows/checks.yml/runs?per_page=100";
    let jobs_of = |run: u64| format!("actions/runs/{run}/jobs?filter=all&per_page=100");
    for (settings, runs, expected) in [
        ("", vec![passed().id(7)], vec![list.to_owned()]),
        ("", vec![failed().id(7), checks().conclusion(Cancelled)], vec![list.to_owned()]),
        ("", vec![failed().id(7).re_run()], vec![list.to_owned(), "actions/runs/7/attempts/1".to_owned()]),
        (&*jobs_setting("'test'"), vec![failed().id(6), passed().id(7)], vec![list.to_owned(), jobs_of(7)]),
        (
            &jobs_setting("'test'"),
            vec![failed().id(7), docs().id(8)],
            vec![list.to_owned(), jobs_of(8), jobs_of(7)],
        ),
        (
            &jobs_setting("'test'"),
            vec![failed().id(7), checks().id(8).queued()],
            vec![list.to_owned(), jobs_of(8), jobs_of(7)],
        ),
        (
            &jobs_setting("'test'"),
            vec![failed().id(7), passed().id(8).in_progress()],
            vec![list.to_owned(), jobs_of(8), jobs_of(7)],
        ),
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

#[tokio::test]
async fn in_a_busy_repository_the_filtered_list_is_checked_against_the_tip() {
    let all_runs = "actions/workflows/checks.yml/runs?per_page=100";
    let filtered = "actions/workflows/checks.yml/runs?branch=main&per_page=100";
    let commits = "commits?sha=main&per_page=100";
    for (newest, expected) in [(passed(), "1 […]"), (failed(), "0 […]")] {
        let github = FakeGitHub::start();
        let shop = github.repository("acme/shop");
        shop.commits(3);
        add_runs_and_fill_newest_page(
            &shop,
            [passed(), newest.id(20_000_000_000).head_sha(shop.tip("main"))],
        );

        assert_eq!(shown(&Stage::on(&github).tests().await), expected);
        assert_eq!(requests(&github), [all_runs, filtered, commits, "actions/runs/20000000000"]);
    }
}

#[tokio::test]
async fn a_stale_list_of_the_branch_is_no_data() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commits(3).run(passed().head_sha(shop.tip("main")).age(days(1))).stop_search_index();
    shop.commit("Break everything");
    let tip = shop.tip("main");
    add_runs_and_fill_newest_page(&shop, [failed().head_sha(&tip)]);

    let reading = Stage::on(&github).tests().await;

    assert_eq!(
        line(&reading),
        format!(
            "no data: the newest runs of checks.yml on all branches do not decide, and GitHub's list of those on the \
             branch `main` may be stale: the list has no run for the newest commit {}",
            &tip[..10]
        )
    );
    assert_eq!(evidence(&reading).counted(), 0);
    let lines = evidence_lines(&reading);
    assert!(
        lines.len() == 1
            && lines[0].starts_with("- run #1 (push, ")
            && lines[0]
                .ends_with(": only GitHub's list of the branch contains it, and that list may be stale"),
        "{lines:?}"
    );
}

#[tokio::test]
async fn a_filtered_list_that_lacks_a_known_run_is_stale() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commits(1).run(passed().head_sha(shop.tip("main"))).stop_search_index();
    for _ in 0..99 {
        shop.run(pull_request());
    }
    shop.run(checks().conclusion(Cancelled));

    let reading = shown(&Stage::on(&github).tests().await);

    assert!(
        reading.starts_with("no data: ") && reading.ends_with("may be stale: the list lacks run #101"),
        "{reading}"
    );
    assert_eq!(
        requests(&github).len(),
        2,
        "the tip is not requested, because it could not prove that the list is complete"
    );
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
    assert_eq!(
        requests(&github).len(),
        3,
        "the lists and the run that decides, without a request for the tip"
    );
}

#[tokio::test]
async fn a_run_that_only_the_filtered_list_contains_is_read_again() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commits(1).run(passed().age(days(1)));
    let tip = shop.tip("main");
    shop.run(checks().id(7).head_sha(&tip).in_progress()).stop_search_index();
    add_runs_and_fill_newest_page(&shop, [failed().id(7).head_sha(&tip)]);

    assert_eq!(shown(&Stage::on(&github).tests().await), "0 […]");
    assert!(requests(&github).contains(&"actions/runs/7".to_owned()));
}

#[tokio::test]
async fn a_re_run_that_the_filtered_list_does_not_show_yet_counts() {
    for settings in ["", &jobs_setting("'test'")] {
        for (listed, re_run, expected) in [
            (passed(), passed().re_run().conclusion(Failure).job("test", Failure), "0 […]"),
            (failed(), failed().re_run().conclusion(Success).job("test", Success), "1 […]"),
            (
                checks().conclusion(Cancelled),
                checks().conclusion(Cancelled).re_run().conclusion(Failure).job("test", Failure),
                "0 […]",
            ),
        ] {
            let github = FakeGitHub::start();
            let shop = github.repository("acme/shop");
            let tip = shop.commits(1).tip("main");
            shop.run(passed().age(days(1))).run(listed.id(7).head_sha(&tip)).stop_search_index();
            add_runs_and_fill_newest_page(&shop, [re_run.clone().id(7).head_sha(&tip)]);

            assert_eq!(
                shown(&Stage::on(&github).settings(settings).tests().await),
                expected,
                "{settings} {re_run:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_list_of_the_branch_without_runs_that_count_is_no_data() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    let tip = shop.commits(1).tip("main");
    let queue = checks().event("merge_group").branch("gh-readonly-queue/main/pr-7-0123abc").head_sha(tip);
    add_runs_and_fill_newest_page(&shop, [queue]);

    assert_eq!(
        line(&Stage::on(&github).tests().await),
        "no data: the newest runs of checks.yml on all branches do not decide, and GitHub's list of those on the branch \
         `main` shows none that counts: the list may be stale, and it never contains runs of the merge queue"
    );
    assert_eq!(
        requests(&github).len(),
        2,
        "the tip is not requested, because it could not prove that the list is complete"
    );
}

#[tokio::test]
async fn a_run_of_the_merge_queue_counts_only_if_its_commit_is_on_the_branch() {
    let queue =
        |sha: &str| checks().event("merge_group").branch("gh-readonly-queue/main/pr-7-0123abc").head_sha(sha);
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commits(2).run(failed()).run(queue(&shop.tip("main")).conclusion(Success));
    assert_eq!(shown(&Stage::on(&github).tests().await), "1 […]");
    assert_eq!(requests(&github).len(), 2);
    let only_pushes = "[ci]\nevents = ['push']";
    assert_eq!(shown(&Stage::on(&github).settings(only_pushes).tests().await), "0 […]");

    // Runs for a commit that the queue refused and for another branch do not count.
    shop.run(queue("5e1f").conclusion(Failure));
    shop.run(queue(&shop.tip("main")).branch("gh-readonly-queue/next/pr-8-0123abc").conclusion(Failure));
    assert_eq!(shown(&Stage::on(&github).tests().await), "1 […]");
    // If there is a run for a push of the same commit, the commit is on the branch, and no list of commits is requested.
    shop.run(queue("abcd").conclusion(Failure)).run(checks().head_sha("abcd").in_progress());
    assert_eq!(shown(&Stage::on(&github).tests().await), "0 […]");
    assert_eq!(requests(&github).last().unwrap(), "actions/workflows/checks.yml/runs?per_page=100");
}
