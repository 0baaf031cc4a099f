//! Random histories: lead times against a slow reference that knows all ancestors of each commit.

use std::collections::{BTreeSet, HashMap};

use proptest::{prelude::*, test_runner::TestRunner};
use system_health_test_support::github::{Commit, Deployment, FakeGitHub};

use super::{collect, days, hours, now, one_repository};

/// A commit of a history. The branches are indexes into [`BRANCHES`].
#[derive(Debug, Clone)]
struct Pushed {
    branch: usize,
    /// The branch that the commit merges.
    merges: Option<usize>,
    /// How many hours before the commit it was authored.
    authored_before: u64,
}

/// The commits, and the deployments of some of them.
#[derive(Debug, Clone)]
struct History {
    commits: Vec<Pushed>,
    deployed: Vec<usize>,
}

const BRANCHES: [&str; 3] = ["main", "topic", "release"];

fn histories() -> impl Strategy<Value = History> {
    let pushed = (0..3_usize, prop::option::of(0..3_usize), 0..200_u64)
        .prop_map(|(branch, merges, authored_before)| Pushed { branch, merges, authored_before });
    let commits = prop::collection::vec(pushed, 1..25);
    // GitHub cannot compare commits without a common ancestor.
    let commits = commits.prop_map(|mut commits| {
        commits[0].branch = 0;
        commits
    });
    (commits, prop::collection::vec(0..25_usize, 1..10))
        .prop_map(|(commits, deployed)| History { commits, deployed })
}

/// The lead times in hours, sorted. A commit belongs to the first deployment that contains it. Merges do not count, nor do the
/// commits of the first deployment, nor commits that were authored after their deployment.
fn reference(
    ancestors: &[BTreeSet<usize>],
    is_merge: &[bool],
    authored_ages: &[u64],
    deployed: &[usize],
) -> Vec<u64> {
    let mut times = Vec::new();
    for commit in (0..ancestors.len()).filter(|commit| !is_merge[*commit]) {
        let first = deployed.iter().position(|head| ancestors[*head].contains(&commit));
        let Some(first) = first.filter(|first| *first > 0) else { continue };
        // The deployments are an hour apart, the last one now.
        let deployed_ago = (deployed.len() - 1 - first) as u64;
        if authored_ages[commit] >= deployed_ago {
            times.push(authored_ages[commit] - deployed_ago);
        }
    }
    times.sort_unstable();
    times
}

#[test]
fn count_and_median_of_lead_times_are_those_of_the_reference() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(60));
    let result = runner.run(&histories(), |history| {
        runtime.block_on(check(history));
        Ok(())
    });
    result.unwrap();
}

async fn check(history: History) {
    let github = FakeGitHub::builder().now(now()).start();
    let shop = github.repository("acme/shop");
    let mut tips: HashMap<usize, usize> = HashMap::new();
    let (mut ids, mut ancestors, mut is_merge, mut authored_ages) =
        (vec![], Vec::<BTreeSet<usize>>::new(), vec![], vec![]);
    let commits = history.commits.len() as u64;
    for (number, pushed) in history.commits.iter().enumerate() {
        let age = 100 + commits - number as u64;
        let first_parent = tips.get(&pushed.branch).or_else(|| tips.get(&0)).copied();
        let merged = pushed.merges.and_then(|branch| tips.get(&branch).copied());
        let merged = merged.filter(|merged| first_parent.is_some_and(|parent| parent != *merged));
        let branch_of = |commit: usize| {
            let branch = tips.iter().find(|(_, tip)| **tip == commit).map(|(branch, _)| *branch);
            BRANCHES[branch.unwrap()]
        };
        let parents: Vec<usize> = first_parent.into_iter().chain(merged).collect();
        let parent_branches: Vec<_> = parents.iter().map(|parent| branch_of(*parent)).collect();
        let branch = BRANCHES[pushed.branch];
        let authored_age = age + pushed.authored_before;
        let commit = Commit::new(format!("Change {number}")).branch(branch).after(parent_branches);
        shop.commit(commit.age(hours(age)).authored_at(now() - hours(authored_age)));
        ids.push(shop.tip(branch));
        let mut own_ancestors = BTreeSet::from([number]);
        own_ancestors.extend(parents.iter().flat_map(|parent| ancestors[*parent].clone()));
        ancestors.push(own_ancestors);
        is_merge.push(parents.len() > 1);
        authored_ages.push(authored_age);
        tips.insert(pushed.branch, number);
    }
    let deployed: Vec<usize> = history.deployed.iter().map(|number| number % ids.len()).collect();
    for (number, commit) in deployed.iter().enumerate() {
        let age =
            if number == 0 { days(8) } else { hours(u64::try_from(deployed.len() - 1 - number).unwrap()) };
        shop.deployment(Deployment::new("production", &ids[*commit]).success(age));
    }

    let count = collect(&one_repository(&github, ""), "commits").await.unwrap();

    let expected = reference(&ancestors, &is_merge, &authored_ages, &deployed);
    let quantiles = collect(&one_repository(&github, ""), "lead_time").await;
    assert_eq!(count.samples()[0].value().to_string(), expected.len().to_string(), "{history:?}");
    let median =
        quantiles.ok().map(|reading| (reading.samples()[0].value().number().unwrap() / 1_800.0).to_string());
    // The median in half hours. For an even number of times, it is the mean of the two times in the middle.
    let middle = |times: &[u64]| {
        let last = times.len().checked_sub(1)?;
        Some((times[last / 2] + times[last.div_ceil(2)]).to_string())
    };
    assert_eq!(median, middle(&expected), "{history:?}");
}
