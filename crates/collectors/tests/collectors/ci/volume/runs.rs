//! Which runs count, and how they ended.

use system_health_test_support::github::Conclusion::{
    ActionRequired, Cancelled, Failure, Neutral, Skipped, Stale, StartupFailure, Success, TimedOut,
};

use super::{ci, days, line_over, lines};
use crate::stage::Stage;
use system_health_test_support::github::{FakeGitHub, Run};

#[tokio::test]
async fn runs_are_counted_by_workflow_and_conclusion() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    for run in [
        ci(),
        ci(),
        ci().conclusion(Failure),
        ci().conclusion(Cancelled),
        ci().in_progress(),
        Run::new("nightly.yml").event("schedule").conclusion(TimedOut),
        // This workflow ran before the window, and not in it.
        Run::new("release.yml").age(days(9)),
        // This workflow never ran on the branch.
        Run::new("label.yml").event("pull_request").branch("feature"),
    ] {
        shop.run(run);
    }
    assert_eq!(
        lines("runs", &Stage::on(&github).one_repository()).await,
        [
            "2 conclusion:success workflow:ci.yml",
            "1 conclusion:failure workflow:ci.yml",
            "1 conclusion:cancelled workflow:ci.yml",
            "1 conclusion:none workflow:ci.yml",
            "0 conclusion:success workflow:nightly.yml",
            "0 conclusion:failure workflow:nightly.yml",
            "1 conclusion:timed_out workflow:nightly.yml",
            "0 conclusion:success workflow:release.yml",
            "0 conclusion:failure workflow:release.yml",
        ]
    );
}

#[tokio::test]
async fn only_passed_and_failed_runs_are_in_the_ratio() {
    let undecided = [Cancelled, Skipped, Neutral, Stale, ActionRequired].map(|end| ci().conclusion(end));
    let failed = [Failure, TimedOut, StartupFailure].map(|end| ci().conclusion(end));
    let runs = || undecided.iter().cloned().chain(failed.clone()).chain([ci(), ci().in_progress()]);
    assert_eq!(line_over("success_ratio", runs()).await, "0.25");
    assert_eq!(line_over("success_ratio_samples", runs()).await, "4");
    assert_eq!(line_over("cancelled_runs", runs()).await, "1");
    assert_eq!(line_over("timed_out_runs", runs()).await, "1");
}

#[tokio::test]
async fn without_passed_or_failed_runs_the_ratio_is_no_data() {
    for runs in [vec![], vec![ci().conclusion(Cancelled)]] {
        let ratio = line_over("success_ratio", runs.clone()).await;
        assert!(ratio.starts_with("no data: none passed or failed: "), "{ratio}");
        assert_eq!(line_over("success_ratio_samples", runs.clone()).await, "0");
        assert_eq!(line_over("timed_out_runs", runs).await, "0");
    }
    let none = line_over("runs", []).await;
    assert!(
        none.starts_with("no data: no workflow runs on the branch: 0 runs tested the branch `main`"),
        "{none}"
    );
}

#[tokio::test]
async fn runs_of_forks_other_branches_and_other_events_do_not_count() {
    let others = [
        // A pull request from the `main` of a fork has `main` as its head branch.
        ci().conclusion(Failure).fork("mallory/shop"),
        ci().conclusion(Failure).fork("mallory/shop").event("push"),
        ci().conclusion(Failure).branch("feature"),
        ci().conclusion(Failure).event("pull_request"),
        ci().conclusion(Failure).event("merge_group").branch("gh-readonly-queue/main/pr-7-0123abc"),
    ];
    let runs = || others.iter().cloned().chain([ci()]);
    assert_eq!(line_over("success_ratio", runs()).await, "1");
    assert_eq!(
        line_over("runs", runs()).await,
        "1 conclusion:success workflow:ci.yml; 0 conclusion:failure workflow:ci.yml"
    );
}

#[tokio::test]
async fn the_start_of_the_latest_attempt_decides_whether_a_run_is_in_the_window() {
    for (run, expected) in [
        (ci().age(days(6)), "1"),
        (ci().age(days(7)), "0"),
        // It was created before the window, and re-run in it.
        (ci().age(days(9)).re_run().conclusion(Success).started(days(1)), "1"),
        // It was created in the window. Its first attempt is days older than the second one.
        (ci().age(days(6)).re_run().conclusion(Success).started(days(1)), "1"),
        // It was re-run, but before the window.
        (ci().age(days(9)).re_run().conclusion(Success).started(days(8)), "0"),
        // It was created more than `rerun_lookback` before the window.
        (ci().age(days(11)).re_run().conclusion(Success).started(days(1)), "0"),
    ] {
        assert_eq!(line_over("success_ratio_samples", [run.clone()]).await, expected, "{run:?}");
    }
}

#[tokio::test]
async fn a_run_counts_with_its_latest_attempt() {
    let passed_again = || ci().conclusion(Failure).re_run().conclusion(Success);
    assert_eq!(line_over("success_ratio", [passed_again(), ci()]).await, "1");
    // While it is being re-run, it has neither passed nor failed.
    assert_eq!(line_over("success_ratio_samples", [ci().conclusion(Failure).re_run(), ci()]).await, "1");
    assert_eq!(line_over("rerun_runs", [passed_again(), ci().conclusion(Failure).re_run(), ci()]).await, "2");
}

#[tokio::test]
async fn another_window_and_lookback_can_be_set() {
    let github = FakeGitHub::start();
    github
        .repository("acme/shop")
        .run(ci().age(days(20)))
        .run(ci().age(days(40)).re_run().conclusion(Failure).started(days(3)));
    for (settings, expected) in [
        ("", "0"),
        ("[metrics]\nwindow = '30d'", "1"),
        ("[metrics]\nwindow = '30d'\n[ci]\nrerun_lookback = '30d'", "2"),
    ] {
        let context = Stage::on(&github).settings(settings).one_repository();
        assert_eq!(super::line("success_ratio_samples", &context).await, expected, "{settings}");
    }
}

#[tokio::test]
async fn a_window_may_start_before_1970() {
    let github = FakeGitHub::start();
    github.repository("acme/shop").commits(1);
    let context = Stage::on(&github).settings("[metrics]\nwindow = '36500d'").one_repository();
    assert_eq!(super::line("success_ratio_samples", &context).await, "0");
}
