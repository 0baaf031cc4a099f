use insta::assert_snapshot;
use system_health_registry::{Facts, IntoReading, Metric, location};

use super::*;
use crate::output::fixture;

fn shown(report: &Report, width: Option<usize>) -> String {
    fixture::plain(TableReport { width, ..TableReport::new(report, &[]) })
}

#[tokio::test(start_paused = true)]
async fn a_thousand_subjects_are_one_row_and_a_list_of_problems() {
    let report = fixture::run_thousand().await;

    assert_snapshot!(shown(&report, Some(80)), @"
    METRIC           VALUE  UNIT    GOAL  TIME
    account.members     41  person  -     0 ms
    orders.open          7  -       -     0 ms

    METRIC
      SUBJECTS  SAMPLES  NO DATA  ERRORS  FAILED ITEMS  MIN  MEDIAN  MAX  UNIT    GOAL
    ci.tests_passing_on_main
          1000      683        5     312             0    0       1    1  -       == 1  30 missed
    commits.hotfix
          1000      678        0     322             0    0       1   49  commit  < 5  45 missed
    commits.reverts
          1000      688        0     312             1    0       0    2  commit  -

    Goals missed
      ci.tests_passing_on_main == 1: 30 of 683 samples
        0  acme/app-0322, acme/app-0345, acme/app-0368, acme/app-0391,
           acme/app-0414, acme/app-0437, acme/app-0460, acme/app-0483,
           acme/app-0506, acme/app-0529, acme/app-0552, acme/app-0575,
           acme/app-0598, acme/app-0621, acme/app-0644, acme/app-0667,
           acme/app-0690, acme/app-0713, acme/app-0736, acme/app-0759 and 10 more
      commits.hotfix < 5: 45 of 678 samples
        49 commit  acme/app-0749
        48 commit  acme/app-0748
        47 commit  acme/app-0747
        46 commit  acme/app-0746
        45 commit  acme/app-0745
        … and 40 other samples, 5 to 44 commit

    No data
      ci.tests_passing_on_main of 5 repositories: the repository has no workflow
        acme/app-0000, acme/app-0001, acme/app-0002, acme/app-0003, acme/app-0004

    Errors
      commits.hotfix, commits.reverts of 312 repositories: connection refused
        acme/app-0005, acme/app-0006, acme/app-0007, acme/app-0008, acme/app-0009,
        acme/app-0010, acme/app-0011, acme/app-0012, acme/app-0013, acme/app-0014,
        acme/app-0015, acme/app-0016, acme/app-0017, acme/app-0018, acme/app-0019,
        acme/app-0020, acme/app-0021, acme/app-0022, acme/app-0023, acme/app-0024
        and 292 more
      ci.tests_passing_on_main of 312 repositories: GET
        https://api.github.com/repos/…/actions/runs: connection refused
        acme/app-0005, acme/app-0006, acme/app-0007, acme/app-0008, acme/app-0009,
        acme/app-0010, acme/app-0011, acme/app-0012, acme/app-0013, acme/app-0014,
        acme/app-0015, acme/app-0016, acme/app-0017, acme/app-0018, acme/app-0019,
        acme/app-0020, acme/app-0021, acme/app-0022, acme/app-0023, acme/app-0024
        and 292 more
      commits.hotfix of acme/app-0990: the answer is cut off after 990 bytes
      commits.hotfix of acme/app-0991: the answer is cut off after 991 bytes
      commits.hotfix of acme/app-0992: the answer is cut off after 992 bytes
      commits.hotfix of 7 repositories: 7 other reasons, a different one for each
        repository, such as: the answer is cut off after 993 bytes
        acme/app-0993, acme/app-0994, acme/app-0995, acme/app-0996, acme/app-0997,
        acme/app-0998, acme/app-0999

    Failed items
      commits.reverts of acme/app-0317 branch:gone: 404 Not Found

    Sources
      prometheus: error: cannot ask http://prometheus:9090: connection refused
      warehouse: 1 of 2 metrics refused, see acme (db.rs:7)
        the key `commits.hotfix` is used elsewhere; rename one of the metrics

    --format json shows all; the command `explain KEY --subject NAME` shows what is
    behind one value.
    ");
}

#[tokio::test(start_paused = true)]
async fn each_of_a_few_subjects_has_its_own_row() {
    let wanted = |number: &usize| (300..320).contains(number);
    let report = fixture::run_some(fixture::metrics(), wanted).await;

    assert_snapshot!(shown(&report, None), @"
    METRIC                    SUBJECT        VALUE  UNIT    GOAL       TIME  TAGS
    account.members           -                 41  person  -          0 ms
    ci.tests_passing_on_main  acme/app-0317      1  -       == 1  met  0 ms
    ci.tests_passing_on_main  acme/app-0318      1  -       == 1  met  0 ms
    ci.tests_passing_on_main  acme/app-0319      1  -       == 1  met  0 ms
    commits.hotfix            acme/app-0317      2  commit  < 5  met   0 ms
    commits.hotfix            acme/app-0318      0  commit  < 5  met   0 ms
    commits.hotfix            acme/app-0319      1  commit  < 5  met   0 ms
    commits.reverts           acme/app-0317      2  commit  -          0 ms  branch:main
    commits.reverts           acme/app-0318      0  commit  -          0 ms
    commits.reverts           acme/app-0319      0  commit  -          0 ms

    Errors
      commits.hotfix, commits.reverts of 17 repositories: connection refused
        acme/app-0300, acme/app-0301, acme/app-0302, acme/app-0303, acme/app-0304, acme/app-0305, acme/app-0306, acme/app-0307, acme/app-0308, acme/app-0309, acme/app-0310, acme/app-0311, acme/app-0312, acme/app-0313, acme/app-0314, acme/app-0315, acme/app-0316
      ci.tests_passing_on_main of 17 repositories: GET https://api.github.com/repos/…/actions/runs: connection refused
        acme/app-0300, acme/app-0301, acme/app-0302, acme/app-0303, acme/app-0304, acme/app-0305, acme/app-0306, acme/app-0307, acme/app-0308, acme/app-0309, acme/app-0310, acme/app-0311, acme/app-0312, acme/app-0313, acme/app-0314, acme/app-0315, acme/app-0316

    Failed items
      commits.reverts of acme/app-0317 branch:gone: 404 Not Found
    ");
    assert_snapshot!(shown(&report, Some(60)), @"
    METRIC
      SUBJECT        VALUE  UNIT    GOAL       TIME  TAGS
    account.members
      -                 41  person  -          0 ms
    ci.tests_passing_on_main
      acme/app-0317      1  -       == 1  met  0 ms
      acme/app-0318      1  -       == 1  met  0 ms
      acme/app-0319      1  -       == 1  met  0 ms
    commits.hotfix
      acme/app-0317      2  commit  < 5  met   0 ms
      acme/app-0318      0  commit  < 5  met   0 ms
      acme/app-0319      1  commit  < 5  met   0 ms
    commits.reverts
      acme/app-0317      2  commit  -          0 ms  branch:main
      acme/app-0318      0  commit  -          0 ms
      acme/app-0319      0  commit  -          0 ms

    Errors
      commits.hotfix, commits.reverts of 17 repositories:
        connection refused
        acme/app-0300, acme/app-0301, acme/app-0302,
        acme/app-0303, acme/app-0304, acme/app-0305,
        acme/app-0306, acme/app-0307, acme/app-0308,
        acme/app-0309, acme/app-0310, acme/app-0311,
        acme/app-0312, acme/app-0313, acme/app-0314,
        acme/app-0315, acme/app-0316
      ci.tests_passing_on_main of 17 repositories: GET
        https://api.github.com/repos/…/actions/runs: connection
        refused
        acme/app-0300, acme/app-0301, acme/app-0302,
        acme/app-0303, acme/app-0304, acme/app-0305,
        acme/app-0306, acme/app-0307, acme/app-0308,
        acme/app-0309, acme/app-0310, acme/app-0311,
        acme/app-0312, acme/app-0313, acme/app-0314,
        acme/app-0315, acme/app-0316

    Failed items
      commits.reverts of acme/app-0317 branch:gone: 404 Not
        Found
    ");
}

#[tokio::test(start_paused = true)]
async fn the_error_is_shown_once_if_subjects_cannot_be_listed() {
    let report = fixture::run(fixture::metrics(), [], None).await;

    assert_snapshot!(shown(&report, Some(80)), @"
    METRIC           VALUE  UNIT    GOAL  TIME
    account.members     41  person  -     0 ms

    Errors
      ci.tests_passing_on_main, commits.hotfix, commits.reverts: cannot list the
        repositories of acme: 401 Unauthorized
    ");
}

#[tokio::test(start_paused = true)]
async fn many_samples_without_a_subject_are_one_row() {
    let facts = Facts::new("queue.waiting", "A test.").with_goal("!= 0".parse().unwrap());
    let metric = fixture::without_subject(facts, || {
        let sample = |number: u32| Sample::new(number % 2)?.with_tag("queue", &format!("日本-{number}"));
        (0..101).map(sample).collect::<Result<Vec<_>, _>>().into_reading()
    });
    let report = fixture::run([metric], [], None).await;

    assert_snapshot!(shown(&report, Some(80)), @"
    METRIC         SUBJECTS  SAMPLES  MIN  MEDIAN  MAX  UNIT  GOAL
    queue.waiting         -      101    0       0    1  -     != 0  51 missed

    Goals missed
      queue.waiting != 0: 51 of 101 samples
        0  queue:日本-0, queue:日本-2, queue:日本-4, queue:日本-6, queue:日本-8,
           queue:日本-10, queue:日本-12, queue:日本-14, queue:日本-16,
           queue:日本-18, queue:日本-20, queue:日本-22, queue:日本-24,
           queue:日本-26, queue:日本-28, queue:日本-30, queue:日本-32,
           queue:日本-34, queue:日本-36, queue:日本-38 and 31 more

    --format json shows all; the command `explain KEY` shows what is behind some
    values.
    ");
}

#[tokio::test(start_paused = true)]
async fn if_all_items_failed_each_of_them_is_shown_once() {
    let report = fixture::run_with_failed_items().await;

    assert_snapshot!(shown(&report, None), @"
    No metric has a value.

    Errors
      queue.age_seconds: queue:mail: connection refused
      queue.length: 2 items failed, and no other item has a value

    Failed items
      queue.length of queue:mail: connection refused
      queue.length of queue:print: 404 Not Found
    ");
}

#[tokio::test(start_paused = true)]
async fn only_fifty_reasons_of_thousands_of_failed_metrics_are_shown() {
    let metrics = (0..3_000).map(|number| {
        let facts = Facts::new(format!("many.metric_{number:04}"), "A test.");
        Metric::new(facts, location!(), move |_| {
            Box::pin(async move {
                let text = if number < 2_000 { "gone".to_owned() } else { format!("odd {number}") };
                Err(text)?
            })
        })
    });
    let report = fixture::run(metrics, [], None).await;

    let shown = shown(&report, Some(80));

    let lines: Vec<&str> = shown.lines().collect();
    // The names of 20 metrics take six lines.
    assert_eq!(lines.len(), 3 + 1 + 6 + 49 + 1, "{shown}");
    assert_eq!(lines[3], "  2000 metrics: gone");
    assert_eq!(lines[59], "  … and 951 more, for 951 other reasons: see --format json");
}

#[tokio::test(start_paused = true)]
async fn samples_are_named_by_the_tags_that_differ() {
    let facts = Facts::new("ci.passing", "A test.").with_goal("== 1".parse().unwrap());
    let metric = fixture::without_subject(facts, || {
        let sample = |number: u32| {
            let value = u32::from(!(10..15).contains(&number));
            Sample::new(value)?
                .with_tag("repository", &format!("acme/{number:03}"))?
                .with_tag("branch", "main")
        };
        (0..1_000).map(sample).collect::<Result<Vec<_>, _>>().into_reading()
    });
    let report = fixture::run([metric], [], None).await;

    let shown = shown(&report, Some(60));

    for number in 10..15 {
        assert!(shown.contains(&format!("repository:acme/{number:03}")), "{shown}");
    }
    assert!(!shown.contains("branch:main"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn a_goal_of_two_metrics_has_a_row() {
    let report = fixture::run_with_goal().await;

    assert_snapshot!(shown(&report, None), @"
    METRIC          VALUE  UNIT  GOAL                               TIME
    ci.errors           4  -     -                                  0 ms
    ci.runs            20  -     -                                  0 ms
    ci.error_ratio    0.2  -     ci.errors / ci.runs < 0.1  missed  0 ms
    ");
}
