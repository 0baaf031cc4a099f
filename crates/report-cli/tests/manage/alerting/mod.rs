//! What the reporter's monitors do when something is wrong. The monitors are those that the real program has pushed, and
//! the points those that it has delivered, replayed at other times; the fake of Datadog evaluates the ones over the
//! others, minute by minute.

mod harness;
mod schedules;

use system_health_test_support::datadog::Status::{Alert, NoData, Ok};

use self::harness::{Datadog, MINUTE, Told, failing, failing_in_part, good, partial};

const EVERY: i64 = 15 * MINUTE;
const SETTINGS: &str = "notify = ['@slack-ops']";
const FAILING: &str = "collector_success";
const STOPPED: &str = "run_duration_seconds";
const UNDELIVERED: &str = "points";

/// The times of runs, in intervals from the first one.
fn at(runs: impl IntoIterator<Item = i64>) -> Vec<i64> {
    runs.into_iter().map(|run| run * EVERY).collect()
}

fn told(time: i64, metric: &'static str, status: system_health_test_support::datadog::Status) -> Told {
    Told { time, metric: metric.to_owned(), about: String::new(), status }
}

#[test]
fn in_a_full_outage_only_the_dead_man_can_tell() {
    let datadog = Datadog::new(SETTINGS);
    datadog.replay(good(), &at(0..5));
    // Four runs get nothing out, and a fifth one delivers all of them: what they say of themselves, too.
    for run in 5..9 {
        datadog.replay_late(&partial("left"), run * EVERY, 9 * EVERY);
    }
    datadog.replay(good(), &at(9..12));

    let told_of = datadog.evaluate(12 * EVERY);

    assert_eq!(
        told_of,
        [told(4 * EVERY + 53 * MINUTE, STOPPED, NoData), told(9 * EVERY + MINUTE, STOPPED, Ok)],
        "the third missed run was due at {}, the fourth at {}",
        7 * EVERY,
        8 * EVERY
    );
}

#[test]
fn points_that_are_not_delivered_in_three_runs_in_a_row_are_told() {
    for result in ["left", "lost", "refused"] {
        for bad in [1, 2] {
            let datadog = Datadog::new(SETTINGS);
            datadog.replay(good(), &at(0..3));
            datadog.replay(&partial(result), &at(3..3 + bad));
            datadog.replay(good(), &at(3 + bad..10));
            assert_eq!(datadog.evaluate(10 * EVERY), [], "{bad} runs, {result}");
        }
        let datadog = Datadog::new(SETTINGS);
        datadog.replay(good(), &at(0..3));
        datadog.replay(&partial(result), &at(3..9));
        datadog.replay(good(), &at(9..12));

        let (alert, recovery) = (5 * EVERY + MINUTE, 9 * EVERY + MINUTE);
        let expected = [told(alert, UNDELIVERED, Alert), told(recovery, UNDELIVERED, Ok)];
        assert_eq!(datadog.evaluate(12 * EVERY), expected, "{result}");
    }
}

#[test]
fn one_failure_of_a_new_metric_is_not_told_and_three_are() {
    let one = Datadog::new(SETTINGS);
    one.replay(failing(), &at([0]));
    one.replay(good(), &at(1..8));
    assert_eq!(one.evaluate(8 * EVERY), []);

    // One repository of a thousand is a failure as well.
    for bad in [failing().clone(), failing_in_part()] {
        let three = Datadog::new(SETTINGS);
        three.replay(&bad, &at(0..6));
        three.replay(good(), &at(6..9));
        let of = |time, status| {
            ["commits.hotfix", "commits.reverts"]
                .map(|about| Told { about: about.to_owned(), ..told(time, FAILING, status) })
        };
        assert_eq!(
            three.evaluate(9 * EVERY),
            [of(2 * EVERY + MINUTE, Alert), of(6 * EVERY + MINUTE, Ok)].concat()
        );
    }
}

#[test]
fn failures_with_a_good_run_among_them_are_not_told() {
    let datadog = Datadog::new(SETTINGS);
    for run in 0..12 {
        datadog.replay(if run % 3 == 2 { good() } else { failing() }, &at([run]));
    }

    assert_eq!(datadog.evaluate(12 * EVERY), []);
}

#[test]
fn an_alert_does_not_end_because_the_reporter_stops() {
    let datadog = Datadog::new(SETTINGS);
    datadog.replay(failing(), &at(0..4));

    let told_of = datadog.evaluate(20 * EVERY);

    let statuses: Vec<_> = told_of.iter().map(|told| (told.metric.as_str(), told.status)).collect();
    assert_eq!(statuses, [(FAILING, Alert), (FAILING, Alert), (STOPPED, NoData)]);
}

#[test]
fn each_of_two_reporters_has_its_own_alert() {
    let datadog = Datadog::new(SETTINGS);
    datadog.replay(good(), &at(0..12));
    datadog.replay(&harness::of_reporter(good(), "other"), &at(0..4));

    assert_eq!(datadog.evaluate(12 * EVERY), [told(3 * EVERY + 53 * MINUTE, STOPPED, NoData)]);
    assert_eq!(datadog.last_group(), ["reporter:other"]);
}

#[test]
fn a_reporter_that_never_reported_is_found_by_verify_alone() {
    let datadog = Datadog::new(SETTINGS);

    assert_eq!(datadog.evaluate(1000 * MINUTE), []);
    let checks = datadog.verify().with_status(1).json();
    let stopped =
        checks.as_array().unwrap().iter().find(|check| check["query"].to_string().contains(STOPPED));
    assert_eq!(stopped.unwrap()["found"], "no_data", "{checks}");
}
