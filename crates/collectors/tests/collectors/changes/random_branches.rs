//! Random branches: `branches.active`, which reads pages, must agree with a count over all branches.

use std::{collections::BTreeMap, time::Duration};

use proptest::{collection::vec, prelude::*, sample::select};
use system_health_test_support::github::Commit;

use super::{github, now, stage};
use crate::stage::{collected, days};

/// A prefix, the number of branches with it, and the ages of the commits of each branch, in the order in which they are pushed.
type Bunch = (&'static str, usize, Vec<u64>);

/// The age of the start of the window. A commit of this age does not count, and a younger commit does. Ages are in hours and count
/// back from tomorrow, so a commit that is younger than a day is dated in the future. The window has seven days, and one more day
/// lies between now and tomorrow.
const START: u64 = 8 * 24;
const QUEUE: &str = "gh-readonly-queue/main/pr-7";
const PREFIXES: [&str; 5] = ["topic", "main", "develop", "gh-readonly", QUEUE];

fn ages() -> impl Strategy<Value = Vec<u64>> {
    vec(prop_oneof![3 => 0..2 * START, 1 => START - 1..START + 2], 1..3)
}

fn bunch() -> impl Strategy<Value = Bunch> {
    (select(&PREFIXES[..]), 1..70_usize, ages())
}

/// The number of branches whose last pushed commit is dated after the start of the window. The watched branch, the default branch
/// and the branches of the merge queue do not count.
fn expected(branches: &BTreeMap<String, Vec<u64>>, default: &str) -> usize {
    let is_active = |(name, ages): &(&String, &Vec<u64>)| {
        let is_left_out = *name == "main" || *name == default || name.starts_with(QUEUE);
        !is_left_out && ages[ages.len() - 1] < START
    };
    branches.iter().filter(is_active).count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_active_branch_is_counted(
        bunches in vec(bunch(), 0..7),
        main in ages(),
        develop in ages(),
        default in select(&["main", "develop"][..]),
        deleted in 0..3_usize,
    ) {
        let mut branches = BTreeMap::from([("main".to_owned(), main), ("develop".to_owned(), develop)]);
        for (bunch, (prefix, count, ages)) in bunches.iter().enumerate() {
            branches.extend((0..*count).map(|number| (format!("{prefix}-{bunch}-{number}"), ages.clone())));
        }
        let github = github();
        let shop = github.repository("acme/shop");
        shop.default_branch(default);
        for (name, ages) in &branches {
            for age in ages {
                let at = now() + days(1) - Duration::from_hours(*age);
                shop.commit(Commit::new("Sell socks").branch(name).at(at));
            }
        }
        // If there are two pages or more, branches of the first one are deleted before the second one is read. Then the list is
        // read again.
        if branches.len() > 100 {
            let names = branches.keys().filter(|name| !["main", "develop"].contains(&name.as_str()));
            let names: Vec<String> = names.take(deleted).cloned().collect();
            branches.retain(|name, _| !names.contains(name));
            github.after_next_request(move || {
                for name in &names {
                    shop.delete_branch(name);
                }
            });
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let lines = runtime.block_on(collected(&stage(&github), "branches.active"));
        prop_assert_eq!(lines, [expected(&branches, default).to_string()]);
    }
}
