//! Random histories: the test knows what was done to a branch, and `commits.direct_pushes` must find it out from GitHub's
//! responses.

use proptest::prelude::*;
use system_health_test_support::github::{Commit, FakeGitHub, PullRequest, Repository};

use super::{github, stage};
use crate::stage::{collected, days};

/// One thing that people do to the branch `main`.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// This many commits are pushed without a pull request.
    Push(u64),
    /// A branch with this many commits is merged by a pull request.
    Merge(u64),
    Squash,
    /// This many commits land by one pull request.
    Rebase(u64),
    /// A branch with this many commits is merged by hand, and its pull request is closed.
    MergeByHand(u64),
    /// A pull request to `develop` is merged, and its commit is pushed to `main`.
    PushFromDevelop,
    /// A pull request stays open. Its only commit is on no other branch.
    Open,
    /// A pull request to a branch of a fork is merged there, and its commit is pushed to `main`.
    PushFromFork,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1..4_u64).prop_map(Step::Push),
        (1..4_u64).prop_map(Step::Merge),
        Just(Step::Squash),
        (1..4_u64).prop_map(Step::Rebase),
        (1..4_u64).prop_map(Step::MergeByHand),
        Just(Step::PushFromDevelop),
        Just(Step::Open),
        Just(Step::PushFromFork),
    ]
}

fn merged() -> PullRequest {
    PullRequest::new("Change").age(days(30)).merge(days(1))
}

/// Performs step `number`, `age` days ago, and opens the pull request with this number. The commits of [`Step::Push`] and
/// [`Step::MergeByHand`] do not belong to that pull request. Returns how many commits landed without a pull request.
fn perform(shop: &Repository, number: u64, step: Step, age: u64) -> u64 {
    let commit = |text: &str| Commit::new(text).age(days(age));
    let branch = format!("branch-{number}");
    let topic = |count: u64, is_associated: bool| {
        for index in 0..count {
            let on_topic = commit("On a branch").branch(&branch);
            let on_topic = if index == 0 { on_topic.after(["main"]) } else { on_topic };
            shop.commit(if is_associated { on_topic.pull_request(number) } else { on_topic });
        }
    };
    let pull_request = match step {
        Step::Push(_) | Step::MergeByHand(_) => PullRequest::new("Closed").age(days(30)).close(days(1)),
        Step::Open => PullRequest::new("Open").age(days(30)),
        Step::PushFromDevelop => merged().base("develop"),
        Step::PushFromFork => merged().to_fork("mallory/shop"),
        Step::Merge(_) | Step::Squash | Step::Rebase(_) => merged(),
    };
    shop.pull_request(pull_request);
    match step {
        Step::Push(count) => {
            for _ in 0..count {
                shop.commit(commit("Pushed"));
            }
            count
        }
        Step::Merge(count) => {
            topic(count, true);
            shop.commit(commit("Merge").after(["main", &*branch]).pull_request(number));
            0
        }
        Step::Squash => {
            shop.commit(commit("Squashed").pull_request(number));
            0
        }
        Step::Rebase(count) => {
            for _ in 0..count {
                shop.commit(commit("Rebased").pull_request(number));
            }
            0
        }
        Step::MergeByHand(count) => {
            topic(count, false);
            shop.commit(commit("Merge").after(["main", &*branch]));
            1
        }
        Step::PushFromDevelop | Step::PushFromFork => {
            shop.commit(commit("Pushed").pull_request(number));
            1
        }
        Step::Open => {
            topic(1, true);
            0
        }
    }
}

/// Performs one step on each day, the last one a day ago. Returns how many commits landed without a pull request within seven
/// days.
fn perform_all(github: &FakeGitHub, steps: &[Step]) -> u64 {
    let shop = github.repository("acme/shop");
    shop.commit(Commit::new("First").age(days(100))).commit(Commit::new("Base").branch("develop"));
    let mut direct = 0;
    for ((index, step), number) in steps.iter().enumerate().zip(1..) {
        let age = u64::try_from(steps.len() - index).unwrap();
        let landed_directly = perform(&shop, number, *step, age);
        direct += if age <= 7 { landed_directly } else { 0 };
    }
    direct
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_direct_push_is_found(steps in prop::collection::vec(step(), 0..14), counts_merged: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let github = github();
        let expected = perform_all(&github, &steps);
        let history = if counts_merged { "all" } else { "first-parent" };
        let stage = stage(&github).settings(&format!("[commits]\nhistory = \"{history}\""));
        let lines = runtime.block_on(collected(&stage, "commits.direct_pushes"));
        prop_assert_eq!(lines, [format!("{expected} branch:main")]);
    }
}
