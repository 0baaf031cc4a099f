//! Random histories of builds, read page by page, against a count over the whole history.

use std::time::Duration;

use proptest::{collection::vec, prelude::*};
use system_health_collectors::aws::codebuild::{CodeBuildBuilds, build_duration_seconds_samples, builds};
use tokio::runtime::Builder;

use super::{
    fake::FakeAws,
    run::{REGION, before, context_with, lines, window},
};

const STATUSES: [&str; 5] = ["SUCCEEDED", "FAILED", "FAULT", "STOPPED", "TIMED_OUT"];
/// In seconds. A build takes at most 44 hours.
const MAX_DURATION: u64 = 44 * 3600;
const DAY: u64 = 24 * 3600;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn counts_are_those_of_the_whole_history(
        // The status, how long ago the build started, and how long it takes, in seconds.
        mut history in vec((0..STATUSES.len(), 0..12 * DAY, 0..=MAX_DURATION), 0..40),
    ) {
        history.sort_by_key(|(_, started, _)| *started);
        let aws = FakeAws::start();
        let build = |(status, started, took): &(usize, u64, u64)| {
            let start = before(Duration::from_secs(*started));
            if took > started {
                ("IN_PROGRESS", start, None)
            } else {
                (STATUSES[*status], start, Some(start + Duration::from_secs(*took)))
            }
        };
        let history: Vec<_> = history.iter().map(build).collect();
        aws.project(REGION, "shop", &history);

        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let list: CodeBuildBuilds = runtime.block_on(context_with(&aws.url(), "").get()).unwrap();

        let count = |wanted: &str| {
            let ended = |end| window().contains(end);
            history.iter().filter(|(status, _, end)| *status == wanted && end.is_some_and(ended)).count()
        };
        let counted = lines(builds(list.clone(), window()));
        for status in STATUSES {
            let line = format!("{} [project:shop, region:us-east-1, status:{}]", count(status), status.to_lowercase());
            let is_always_listed = ["SUCCEEDED", "FAILED"].contains(&status);
            prop_assert_eq!(counted.contains(&line), count(status) > 0 || is_always_listed, "{} in {:?}", line, counted);
        }
        prop_assert_eq!(
            lines(build_duration_seconds_samples(list, window())),
            [format!("{} [project:shop, region:us-east-1]", count("SUCCEEDED"))]
        );
    }
}
