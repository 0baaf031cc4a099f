//! Random runners: `ci.runners`, which reads pages, must agree with a count over all runners.

use proptest::{collection::vec, prelude::*, sample::select};
use system_health_test_support::github::{
    FakeGitHub,
    Runner::{Busy, Idle, Offline},
};

use super::line;
use crate::stage::Stage;

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_runner_is_counted_once(
        // A status, and how many runners, one after the other, have it.
        groups in vec((select(&[Idle, Busy, Offline][..]), 1..120_usize), 0..6),
    ) {
        let github = FakeGitHub::start();
        let shop = github.repository("acme/shop");
        for (status, count) in &groups {
            for _ in 0..*count {
                shop.runner(*status);
            }
        }
        let [idle, busy, offline] = [Idle, Busy, Offline].map(|status| {
            groups.iter().filter(|(group, _)| *group == status).map(|(_, count)| count).sum::<usize>()
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let line = runtime.block_on(line("runners", &Stage::on(&github).one_repository()));
        prop_assert_eq!(line, format!("{idle} status:idle; {busy} status:busy; {offline} status:offline"));
    }
}
