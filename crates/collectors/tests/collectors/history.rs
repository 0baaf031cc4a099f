//! What landed on a branch, in random histories with merges and odd dates: GitHub's list and the clone are
//! compared with a slow and obvious count.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    io::Write as _,
    process::{Command, Stdio},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use proptest::{
    collection::vec,
    prelude::{Strategy, any, prop_oneof},
    test_runner::{Config, TestCaseError, TestRunner},
};
use system_health_test_support::github::{Commit, FakeGitHub};

use crate::{
    git::Git,
    stage::{Stage, days},
};

const WINDOW_HOURS: u64 = 7 * 24;
/// This many commits in a row, older than the window by more than a day, end the walk.
const MAX_OLD_COMMITS: usize = 50;

/// A commit of a random history. Its parents come before it.
#[derive(Debug, Clone)]
struct Node {
    /// In hours.
    age: u64,
    is_hotfix: bool,
    parents: Vec<usize>,
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

impl Node {
    fn committed_at(&self) -> SystemTime {
        now() - Duration::from_hours(self.age)
    }

    /// The message contains the number, because two commits with the same content would be one commit for git.
    fn message(&self, number: usize) -> String {
        let title = if self.is_hotfix { "hotfix: login" } else { "Sell socks" };
        format!("{title}\n\nCommit number {number}")
    }

    fn is_old(&self) -> bool {
        self.age > WINDOW_HOURS + 24
    }

    fn counts(&self) -> bool {
        self.is_hotfix && self.age <= WINDOW_HOURS
    }
}

/// Histories with fewer than `end` commits. The last commit is the tip of `main`.
fn histories(end: usize) -> impl Strategy<Value = Vec<Node>> {
    let age = prop_oneof![3 => 0..WINDOW_HOURS + 30, 1 => 0..WINDOW_HOURS * 20];
    let node = (age, any::<bool>(), 1_usize..5, proptest::option::weighted(0.3, 1_usize..20));
    vec(node, 1..end).prop_map(|nodes| {
        let node = |(number, (age, is_hotfix, first, second)): (usize, (u64, bool, usize, Option<usize>))| {
            let mut parents: Vec<_> = [Some(first), second]
                .into_iter()
                .flatten()
                .filter_map(|back| number.checked_sub(back))
                .collect();
            parents.dedup();
            Node { age, is_hotfix, parents }
        };
        nodes.into_iter().enumerate().map(node).collect()
    })
}

/// Counts the hotfixes among the first parents, up to the end of the walk.
fn landed(history: &[Node]) -> usize {
    let tip = history.last();
    let chain: Vec<_> =
        std::iter::successors(tip, |node| node.parents.first().map(|&parent| &history[parent])).collect();
    let end = (MAX_OLD_COMMITS..=chain.len())
        .find(|&end| chain[end - MAX_OLD_COMMITS..end].iter().all(|node| node.is_old()));
    chain[..end.unwrap_or(chain.len())].iter().filter(|node| node.counts()).count()
}

/// Counts the hotfixes among all commits that can be reached.
fn reachable(history: &[Node]) -> usize {
    let mut reached = BTreeSet::from([history.len() - 1]);
    for number in (0..history.len()).rev() {
        if reached.contains(&number) {
            reached.extend(&history[number].parents);
        }
    }
    reached.into_iter().filter(|&number| history[number].counts()).count()
}

fn branch(history: &[Node], number: usize) -> String {
    if number + 1 == history.len() { "main".to_owned() } else { format!("c{number}") }
}

async fn on_github(history: &[Node], settings: &str) -> String {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    for (number, node) in history.iter().enumerate() {
        let parents = node.parents.iter().map(|&parent| branch(history, parent));
        let commit = Commit::new(node.message(number)).branch(branch(history, number)).after(parents);
        shop.commit(commit.at(node.committed_at()));
    }
    value(Stage::on(&github).settings(settings)).await
}

async fn in_clone(history: &[Node], settings: &str) -> String {
    let git = Git::with_app();
    let mut stream = String::new();
    for (number, node) in history.iter().enumerate() {
        let seconds = node.committed_at().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let (mark, message) = (number + 1, node.message(number));
        let length = message.len();
        write!(
            stream,
            "reset refs/heads/main\ncommit refs/heads/main\nmark :{mark}\ncommitter C <c@example.com> {seconds} +0000\n\
             data {length}\n{message}\n"
        )
        .unwrap();
        for (index, parent) in node.parents.iter().enumerate() {
            let word = if index == 0 { "from" } else { "merge" };
            writeln!(stream, "{word} :{}", parent + 1).unwrap();
        }
    }
    let mut import = Command::new("git")
        .args(["fast-import", "--quiet"])
        .current_dir(git.path("app"))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    import.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
    assert!(import.wait().unwrap().success());
    value(Stage::empty().directory(&git.path("app")).settings(settings)).await
}

async fn value(stage: Stage) -> String {
    stage.started_at(now()).hotfixes().await.unwrap().value().to_string()
}

fn check(end: usize, setting: &str, expected: fn(&[Node]) -> usize) {
    assert_eq!(days(7), Duration::from_hours(WINDOW_HOURS));
    let settings = format!("[commits]\nhistory = \"{setting}\"");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let result = runner.run(&histories(end), |history| {
        let expected = expected(&history).to_string();
        let counts = runtime
            .block_on(async { [on_github(&history, &settings).await, in_clone(&history, &settings).await] });
        if counts == [expected.clone(), expected.clone()] {
            Ok(())
        } else {
            Err(TestCaseError::fail(format!("GitHub and clone count {counts:?}, but {expected} is expected")))
        }
    });
    result.unwrap();
}

#[test]
fn hotfixes_of_the_first_parent_history_are_counted_like_the_reference() {
    check(300, "first-parent", landed);
}

#[test]
fn hotfixes_of_all_history_are_counted_like_the_reference() {
    // Too few commits to end the walk: `reachable` counts all of them.
    check(MAX_OLD_COMMITS, "all", reachable);
}
