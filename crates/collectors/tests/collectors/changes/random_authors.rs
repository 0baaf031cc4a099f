//! Random commits: `commits.active_authors` must agree with a slow reference that joins the commits of an author one by one.

use std::time::Duration;

use proptest::prelude::*;
use system_health_test_support::github::{Commit, FakeGitHub};

use super::{github, now};
use crate::stage::{Stage, collected, days};

/// Each author's account, name and email address. The account owns the address. `ghost` means that GitHub knows no account.
const AUTHORS: [(&str, &str, &str); 14] = [
    ("ada", "Ada", "ada@example.com"),
    ("ada", "Ada Lovelace", "ada@example.org"),
    ("ada", "Ada", "12+ada@users.noreply.github.com"),
    ("ada", "ada", "ada@users.noreply.github.com"),
    ("ada", "Ada", ""),
    ("ghost", "Ada", ""),
    ("ghost", "Ben", "ben@example.com"),
    ("ghost", "Ben", "ben@example.org"),
    // A person may sometimes use the name of a bot.
    ("ghost", "acme-ci", "ben@example.org"),
    ("ghost", "acme-ci", ""),
    ("ghost", "deploy[bot]", "deploy@example.com"),
    ("ghost", "", ""),
    ("acme-ci", "CI", "ci@example.com"),
    ("renovate[bot]", "Renovate", "29139614+renovate[bot]@users.noreply.github.com"),
];
const BOTS: [&str; 3] = ["acme-ci", "deploy[bot]", "renovate[bot]"];
/// Maximum age of a commit that counts, in seconds. Ages are counted from tomorrow, so that some commits are in the future, as
/// with a wrong clock. So this is one day more than the window of 7 days.
const OLDEST: u64 = 8 * 86_400;

#[derive(Debug, Clone)]
struct TestCommit {
    account: &'static str,
    name: &'static str,
    /// As in [`AUTHORS`], or in upper case.
    address: String,
    /// Whether GitHub names the account.
    has_account: bool,
    /// Whether it is pushed to `topic`, which is merged at the end.
    is_on_topic: bool,
    /// In seconds, counted from tomorrow.
    age: u64,
}

prop_compose! {
    fn random_commit()(
        (account, name, address) in prop::sample::select(&AUTHORS[..]),
        is_upper: bool,
        has_account: bool,
        is_on_topic: bool,
        age in prop_oneof![4 => 0..2 * OLDEST, 1 => OLDEST..OLDEST + 2],
    ) -> TestCommit {
        let address = if is_upper { address.to_uppercase() } else { address.to_owned() };
        TestCommit { account, name, address, has_account, is_on_topic, age }
    }
}

impl TestCommit {
    fn to_commit(&self) -> Commit {
        let account = if self.has_account { self.account } else { "ghost" };
        let at = now() + days(1) - Duration::from_secs(self.age);
        Commit::new("Sell socks").at(at).by(account, self.name, &self.address)
    }

    /// The account that GitHub or the address names.
    fn account(&self) -> Option<&str> {
        let is_named = self.has_account || self.address.to_lowercase().ends_with("noreply.github.com");
        Some(self.account).filter(|account| is_named && *account != "ghost")
    }

    fn has_same_author(&self, other: &Self) -> bool {
        let is_only_a_name = |commit: &Self| commit.account().is_none() && commit.address.is_empty();
        self.account().is_some() && self.account() == other.account()
            || !self.address.is_empty() && self.address.eq_ignore_ascii_case(&other.address)
            || is_only_a_name(self) && is_only_a_name(other) && self.name == other.name
    }
}

fn expected(commits: &[TestCommit]) -> usize {
    let mut groups: Vec<Vec<&TestCommit>> = commits.iter().map(|commit| vec![commit]).collect();
    let pair_to_join = |groups: &[Vec<&TestCommit>]| {
        let mut pairs = (0..groups.len()).flat_map(|one| (0..one).map(move |other| (one, other)));
        let is_same = |(one, other): &(usize, usize)| {
            groups[*one].iter().any(|commit| groups[*other].iter().any(|next| commit.has_same_author(next)))
        };
        pairs.find(is_same)
    };
    while let Some((one, other)) = pair_to_join(&groups) {
        let joined = groups.remove(one);
        groups[other].extend(joined);
    }
    let is_person = |group: &&Vec<&TestCommit>| {
        let has_bot_account =
            group.iter().any(|commit| commit.account().is_some_and(|login| BOTS.contains(&login)));
        let is_nobody = |commit: &&TestCommit| {
            commit.account().is_none() && commit.address.is_empty() && commit.name.is_empty()
        };
        !has_bot_account && !group.iter().all(|commit| BOTS.contains(&commit.name) || is_nobody(commit))
    };
    groups.iter().filter(is_person).count()
}

/// Pushes the commits, and merges the branch `topic` at the end. Returns the commits that count. Those on `topic` count only if
/// `counts_merged` is true.
fn push(github: &FakeGitHub, commits: &[TestCommit], counts_merged: bool) -> Vec<TestCommit> {
    let shop = github.repository("acme/shop");
    shop.commit(Commit::new("First").age(days(100)))
        .commit(Commit::new("Base").age(days(100)).branch("topic"));
    for commit in commits {
        let branch = if commit.is_on_topic { "topic" } else { "main" };
        shop.commit(commit.to_commit().branch(branch));
    }
    let (account, name, address) = ("eve", "Eve", "eve@example.com".to_owned());
    let merge = TestCommit { account, name, address, has_account: true, is_on_topic: false, age: OLDEST / 2 };
    shop.commit(merge.to_commit().after(["main", "topic"]));
    let counts = |commit: &&TestCommit| commit.age <= OLDEST && (counts_merged || !commit.is_on_topic);
    commits.iter().chain([&merge]).filter(counts).cloned().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_number_of_authors_agrees_with_the_reference(
        commits in prop::collection::vec(random_commit(), 0..14),
        counts_merged: bool,
    ) {
        let github = github();
        let counted = push(&github, &commits, counts_merged);
        let settings = format!(
            "[github]\napi_url = \"{}\"\nbots = [\"acme-ci\"]\n[repository]\nname = \"acme/shop\"\nbranch = \"main\"\n\
             [commits]\nhistory = \"{}\"",
            github.url(),
            if counts_merged { "all" } else { "first-parent" },
        );
        let stage = Stage::empty().token().settings(&settings).started_at(now());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let lines = runtime.block_on(collected(&stage, "commits.active_authors"));
        prop_assert_eq!(lines, [format!("{} branch:main", expected(&counted))]);
    }
}
