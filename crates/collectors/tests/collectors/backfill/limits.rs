//! If a value cannot be computed for an instant, the result is an error or no data, and never a number that is too low.

use std::time::Duration;

use system_health_test_support::{
    github::{Commit, FakeGitHub, Run},
    server::Answer,
};

use super::{DAY, HOUR, NOW, at, backfill, instants, reasons_without_values};
use crate::{git::Git, stage::Stage};

fn instant_count() -> usize {
    instants().len()
}

#[tokio::test]
async fn instants_that_a_long_list_does_not_reach_are_errors() {
    let github = FakeGitHub::builder().now(at(NOW)).start();
    let shop = github.repository("acme/shop");
    // Three pages of 100 reach back 300 hours. The earliest instants need older commits and runs.
    for hour in (0..600).rev() {
        shop.commit(Commit::new(format!("Hour {hour}")).at(at(NOW - hour * HOUR)));
        shop.run(Run::new("ci.yml").age(Duration::from_secs(hour * HOUR)));
    }
    let stage = || {
        let (url, token) = (github.url(), "ghp_0123456789secret");
        Stage::empty().variable("GITHUB_TOKEN", token).settings(&format!(
            "[repository]\nname = \"acme/shop\"\nbranch = \"main\"\n[github]\napi_url = \"{url}\"\nmax_pages = 3\n\
             [metrics]\nwindow = \"2d\"\n[ci]\nrerun_lookback = \"1d\""
        ))
    };

    for prefix in ["commits.landed", "ci.success_ratio_samples"] {
        let errors = reasons_without_values(stage(), prefix).await;
        let [(reason, failed)] = &errors.iter().collect::<Vec<_>>()[..] else { panic!("{errors:#?}") };
        assert!(reason.contains(": error: ") && reason.contains("max_pages"), "{reason}");
        assert!(!failed.is_empty() && failed.len() < instant_count(), "{failed:?}");
        // The earliest instants fail, and all later ones have values.
        let first: Vec<u64> = instants().iter().map(super::seconds).take(failed.len()).collect();
        assert_eq!(**failed, first, "{prefix}");
    }
}

#[tokio::test]
async fn a_failed_request_is_an_error_of_every_instant() {
    let github = FakeGitHub::builder().now(at(NOW)).start();
    github.repository("acme/shop").commit("First");
    github.fail("/commits", Answer::text(404, "text/plain", "gone"));

    let errors = reasons_without_values(Stage::on(&github), "commits.landed").await;

    let [(reason, failed)] = &errors.iter().collect::<Vec<_>>()[..] else { panic!("{errors:#?}") };
    assert!(reason.starts_with("commits.landed: error: cannot list the commits"), "{reason}");
    assert_eq!(failed.len(), instant_count());
}

#[tokio::test]
async fn labels_are_not_used_because_they_have_no_times() {
    let github = FakeGitHub::builder().now(at(NOW)).start();
    github.repository("acme/shop").commit(Commit::new("First").at(at(NOW - 30 * DAY)));
    let stage = Stage::on(&github).settings("[commits]\nhotfix_labels = [\"hotfix\"]");

    let reasons = reasons_without_values(stage, "commits.").await;

    let [(reason, instants)] = &reasons.iter().collect::<Vec<_>>()[..] else { panic!("{reasons:#?}") };
    assert!(reason.starts_with("commits.hotfix: no_data: the settings name labels"), "{reason}");
    assert_eq!(instants.len(), instant_count());
}

#[tokio::test]
async fn an_instant_after_the_last_fetch_of_a_clone_has_no_data() {
    let git = Git::with_app();
    git.commit("app", "First", at(NOW - 30 * DAY));
    git.run("app", &["remote", "add", "origin", "https://github.com/acme/shop"]);
    git.run_at(
        at(NOW - 2 * DAY),
        "app",
        &["update-ref", "-m", "fetch: fast-forward", "refs/remotes/origin/main", "main"],
    );
    git.run("app", &["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);

    let reasons = reasons_without_values(Stage::empty().directory(&git.path("app")), "commits.landed").await;

    let [(reason, late)] = &reasons.iter().collect::<Vec<_>>()[..] else { panic!("{reasons:#?}") };
    assert!(reason.contains("before this instant; run `git fetch"), "{reason}");
    assert!(late.iter().all(|instant| *instant > NOW - 2 * DAY) && late.len() == 4, "{late:?}");
}

#[tokio::test]
async fn a_shallow_clone_has_values_for_the_windows_that_it_contains() {
    let git = Git::with_app();
    for day in (0..30).rev() {
        git.commit("app", &format!("Day {day}"), at(NOW - day * DAY - HOUR));
    }
    let url = git.url("app");
    git.run(".", &["clone", "--quiet", "--depth", "12", &url, "clone"]);
    git.run("clone", &["remote", "remove", "origin"]);

    let reasons =
        reasons_without_values(Stage::empty().directory(&git.path("clone")), "commits.landed").await;

    let [(reason, cut)] = &reasons.iter().collect::<Vec<_>>()[..] else { panic!("{reasons:#?}") };
    assert!(reason.contains("git fetch --unshallow"), "{reason}");
    assert!(!cut.is_empty() && cut.len() < instant_count(), "{cut:?}");
}

#[tokio::test]
async fn a_clone_that_contains_only_its_tip_has_no_values() {
    let git = Git::with_app();
    git.commit("app", "hotfix", at(NOW - 30 * DAY));
    git.commit("app", "Tip", at(NOW - DAY - HOUR));
    git.run(".", &["clone", "--quiet", "--depth", "1", &git.url("app"), "clone"]);
    git.run("clone", &["remote", "remove", "origin"]);

    let reasons =
        reasons_without_values(Stage::empty().directory(&git.path("clone")), "commits.landed").await;

    let [(reason, unknown)] = &reasons.iter().collect::<Vec<_>>()[..] else { panic!("{reasons:#?}") };
    assert!(reason.contains("git fetch --unshallow"), "{reason}");
    assert_eq!(unknown.len(), instant_count());
}

#[tokio::test]
async fn a_commit_that_lands_during_the_backfill_does_not_count() {
    let github = FakeGitHub::builder().now(at(NOW)).start();
    let shop = github.repository("acme/shop");
    shop.commit(Commit::new("First").at(at(NOW - 30 * DAY)));
    shop.commit(Commit::new("hotfix").at(at(NOW + HOUR)));

    let values = backfill(Stage::on(&github), "commits.landed").await;

    assert_eq!(values.len(), instant_count());
    assert!(values.values().all(|lines| *lines == ["0 branch:main"]), "{values:?}");
}

#[tokio::test]
async fn before_its_first_commit_a_branch_has_no_data() {
    let github = FakeGitHub::builder().now(at(NOW)).start();
    github.repository("acme/shop").commit(Commit::new("First").at(at(NOW - 3 * DAY)));

    let reasons = reasons_without_values(Stage::on(&github), "commits.landed").await;

    let [(reason, before)] = &reasons.iter().collect::<Vec<_>>()[..] else { panic!("{reasons:#?}") };
    assert_eq!(*reason, "commits.landed: no_data: the branch `main` had no commits yet");
    assert_eq!(before.len(), instant_count() - 6);
    let values = backfill(Stage::on(&github), "commits.landed").await;
    assert_eq!(values.values().filter(|lines| !lines.is_empty()).count(), 6);
}

#[tokio::test]
async fn requests_beyond_the_limit_are_not_sent_and_are_an_error() {
    let github = FakeGitHub::builder().now(at(NOW)).start();
    let shop = github.repository("acme/shop");
    for hour in (0..300).rev() {
        shop.commit(Commit::new(format!("Hour {hour}")).at(at(NOW - hour * HOUR)));
    }
    let url = github.url();
    let settings = format!(
        "[repository]\nname = \"acme/shop\"\nbranch = \"main\"\n[github]\napi_url = \"{url}\"\nmax_requests = 2"
    );
    let stage = Stage::empty().variable("GITHUB_TOKEN", "ghp_0123456789secret").settings(&settings);

    let errors = reasons_without_values(stage, "commits.landed").await;

    let [(reason, failed)] = &errors.iter().collect::<Vec<_>>()[..] else { panic!("{errors:#?}") };
    assert!(reason.contains(": error: ") && reason.contains("max_requests"), "{reason}");
    assert_eq!((failed.len(), github.counted_requests()), (instant_count(), 2));
}
