//! Commits, on GitHub and in a clone. People squash a branch, merge a branch, or push commits that they made earlier.

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use system_health_test_support::github::{Commit, FakeGitHub, Repository};

use super::{DAY, HOUR, NOW, Values, at, backfill, differences, instants, run, seconds};
use crate::{git::Git, stage::Stage};

/// Something that lands on the branch at a second.
#[derive(Debug, Clone)]
struct Step {
    landed: u64,
    kind: Kind,
    message: &'static str,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// One commit with the date of its landing.
    Squash,
    /// A branch is merged, with this many commits that were made earlier.
    Merge(u64),
    /// Two commits are pushed together. The date of the newer one is this many seconds before the date of its parent.
    WithOldCommit(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let kind = prop_oneof![
        Just(Kind::Squash),
        (1..4_u64).prop_map(Kind::Merge),
        (1..5 * DAY).prop_map(Kind::WithOldCommit),
    ];
    let message = prop_oneof![
        Just("Sell socks"),
        Just("hotfix: login"),
        Just("Revert \"Sell socks\""),
        Just("Show reverts in the log"),
    ];
    // Some land exactly at an instant.
    let landed = prop_oneof![4 => NOW - 22 * DAY..NOW, 1 => (2..40_u64).prop_map(|n| NOW / (12 * HOUR) * 12 * HOUR - n * 12 * HOUR)];
    vec((landed, kind, message), 1..40).prop_map(|steps| {
        let step = |(landed, kind, message)| Step { landed, kind, message };
        let mut steps: Vec<Step> = steps.into_iter().map(step).collect();
        steps.sort_by_key(|step| step.landed);
        steps
    })
}

fn push(shop: &Repository, number: usize, step: &Step) {
    let message = format!("{}\n\nStep {number}", step.message);
    let commit = |message: &str, second: u64| Commit::new(message.to_owned()).at(at(second));
    match step.kind {
        Kind::Squash => drop(shop.commit(commit(&message, step.landed))),
        Kind::WithOldCommit(earlier) => {
            shop.commit(commit(&message, step.landed));
            shop.commit(commit("Old\n\nhotfix", step.landed - earlier));
        }
        Kind::Merge(count) => {
            let topic = format!("topic-{number}");
            for index in 0..count {
                let on_topic = commit(&message, step.landed - (count - index) * HOUR).branch(&topic);
                shop.commit(if index == 0 { on_topic.after(["main"]) } else { on_topic });
            }
            shop.commit(commit("Merge", step.landed).after(["main", &*topic]));
        }
    }
}

fn on_github(steps: &[Step], until: u64) -> FakeGitHub {
    let github = FakeGitHub::builder().now(at(until)).start();
    let shop = github.repository("acme/shop");
    shop.commit(Commit::new("First").at(at(NOW - 30 * DAY)));
    for (number, step) in steps.iter().enumerate().filter(|(_, step)| step.landed <= until) {
        push(&shop, number, step);
    }
    github
}

/// Compares the values of a run at each instant with those of a backfill, and returns the differences.
async fn compare_on_github(steps: &[Step], settings: &str) -> Vec<String> {
    let mut runs = Values::new();
    for instant in instants().iter() {
        let github = on_github(steps, seconds(instant));
        runs.extend(run(Stage::on(&github).settings(settings), "commits.", instant).await);
    }
    let github = on_github(steps, NOW);
    let computed = backfill(Stage::on(&github).settings(settings), "commits.").await;
    assert!(github.requests().len() <= 4, "the list is read once: {:#?}", github.requests());
    differences(&runs, &computed)
}

/// A repository with the tip of `main` after each step.
fn in_repository(steps: &[Step]) -> (Git, Vec<(u64, String)>) {
    let git = Git::with_app();
    let tree = git.run("app", &["hash-object", "-t", "tree", "-w", "/dev/null"]);
    let commit = |message: &str, second: u64, parents: &[&str]| {
        let mut arguments = vec!["commit-tree", tree.as_str(), "-m", message];
        for parent in parents {
            arguments.extend(["-p", *parent]);
        }
        git.run_at(at(second), "app", &arguments)
    };
    let mut tip = commit("First", NOW - 30 * DAY, &[]);
    let mut tips = vec![(NOW - 30 * DAY, tip.clone())];
    for (number, step) in steps.iter().enumerate() {
        let message = format!("{}\n\nStep {number}", step.message);
        tip = match step.kind {
            Kind::Squash => commit(&message, step.landed, &[&tip]),
            Kind::WithOldCommit(earlier) => {
                let parent = commit(&message, step.landed, &[&tip]);
                commit("Old\n\nhotfix", step.landed - earlier, &[&parent])
            }
            Kind::Merge(count) => {
                let mut topic = tip.clone();
                for index in 0..count {
                    topic = commit(&message, step.landed - (count - index) * HOUR, &[&topic]);
                }
                commit("Merge", step.landed, &[&tip, &topic])
            }
        };
        tips.push((step.landed, tip.clone()));
    }
    (git, tips)
}

/// Does the same as [`compare_on_github`] with a local clone.
async fn compare_in_clone(steps: &[Step], settings: &str) -> Vec<String> {
    let (git, tips) = in_repository(steps);
    let stage = || Stage::empty().directory(&git.path("app")).settings(settings);
    let mut runs = Values::new();
    for instant in instants().iter() {
        let (_, tip) = tips.iter().rev().find(|(landed, _)| *landed <= seconds(instant)).unwrap();
        git.run("app", &["update-ref", "refs/heads/main", tip]);
        runs.extend(run(stage(), "commits.", instant).await);
    }
    git.run("app", &["update-ref", "refs/heads/main", &tips.last().unwrap().1]);
    differences(&runs, &backfill(stage(), "commits.").await)
}

#[test]
fn a_backfill_of_commits_has_the_values_of_runs_at_its_instants() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 3, failure_persistence: None, ..Config::default() });
    let result = runner.run(&(steps(), any::<bool>()), |(steps, counts_merged)| {
        let history = if counts_merged { "all" } else { "first-parent" };
        let settings =
            format!("[commits]\nhistory = \"{history}\"\n[metrics.windows]\n\"commits.hotfix\" = \"36h\"");
        let on_github = runtime.block_on(compare_on_github(&steps, &settings));
        let in_clone = runtime.block_on(compare_in_clone(&steps, &settings));
        if on_github.is_empty() && in_clone.is_empty() {
            Ok(())
        } else {
            Err(TestCaseError::fail(format!("GitHub: {on_github:#?}\nclone: {in_clone:#?}")))
        }
    });
    result.unwrap();
}

/// Here, a backfill differs from a run: a list of commits does not show when a commit was pushed.
#[tokio::test]
async fn a_commit_that_was_pushed_late_counts_from_its_own_date() {
    let github = FakeGitHub::builder().now(at(NOW)).start();
    let shop = github.repository("acme/shop");
    shop.commit(Commit::new("First").at(at(NOW - 30 * DAY)));
    shop.commit(Commit::new("Made on Monday, pushed on Friday").at(at(NOW - 5 * DAY)));

    let values = backfill(Stage::on(&github), "commits.landed").await;

    let first = values.iter().find(|(_, lines)| lines[0].starts_with("1 ")).unwrap().0.0;
    assert!((NOW - 5 * DAY..NOW - 4 * DAY).contains(&first), "{values:#?}");
}
