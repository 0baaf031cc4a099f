//! Random activity: `commits.force_pushes`, which reads pages from the newest item on, must agree with a count over everything
//! that was done.

use std::time::Duration;

use proptest::{collection::vec, prelude::*, sample::select};
use system_health_test_support::github::Activity;

use super::{github, now, stage};
use crate::stage::collected;

/// All times are in minutes.
const DAY: u64 = 24 * 60;
/// How long ago the run started. What was done since then does not count.
const RUN_AGE: u64 = 30;

/// Activity of one kind on one branch, once in each minute.
#[derive(Debug, Clone)]
struct Burst {
    kind: &'static str,
    branch: &'static str,
    count: u64,
    /// How long ago the newest activity was.
    age: u64,
}

prop_compose! {
    fn burst()(
        kind in prop_oneof![4 => Just("force_push"), 1 => select(&["push", "branch_deletion", "pr_merge"][..])],
        branch in prop_oneof![4 => Just("main"), 1 => select(&["feature", "mainline", "feature/main"][..])],
        count in 1..90_u64,
        // Some bursts contain the start or the end of the window.
        age in prop_oneof![2 => 0..12 * DAY, 1 => (0..10_u64, select(&[0, RUN_AGE][..])).prop_map(|(days, minutes)| days * DAY + minutes)],
    ) -> Burst {
        Burst { kind, branch, count, age }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_force_push_in_the_window_is_found(bursts in vec(burst(), 0..10), window in 1..10_u64) {
        let github = github();
        let shop = github.repository("acme/shop");
        shop.commits(1);
        let mut expected = 0;
        for burst in &bursts {
            for age in burst.age..burst.age + burst.count {
                shop.activity(Activity::new(burst.kind, burst.branch).age(Duration::from_mins(age)));
                let is_in_window = age >= RUN_AGE && age < RUN_AGE + window * DAY;
                expected += u64::from(is_in_window && (burst.kind, burst.branch) == ("force_push", "main"));
            }
        }
        // While the pages are read, there is another force push, and the items move back in the list.
        let pushed = shop.clone();
        github.after_next_request(move || {
            pushed.activity(Activity::new("force_push", "main").age(Duration::ZERO));
        });
        let stage = stage(&github)
            .settings(&format!("[metrics.windows]\n\"commits.force_pushes\" = \"{window}d\""))
            .started_at(now() - Duration::from_mins(RUN_AGE));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let lines = runtime.block_on(collected(&stage, "commits.force_pushes"));
        prop_assert_eq!(lines, [format!("{expected} branch:main")]);
    }
}
