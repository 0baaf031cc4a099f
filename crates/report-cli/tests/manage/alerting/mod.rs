//! How the reporter's monitors react to problems. The real program pushes the monitors and delivers the points. The points
//! are replayed at other times, and the fake Datadog evaluates the monitors minute by minute.

mod harness;
mod schedules;

use system_health_test_support::datadog::Status::{Alert, NoData, Ok};

use self::harness::{Datadog, MINUTE, Notification, failing, failing_in_part, good, partial};

const EVERY: i64 = 15 * MINUTE;
const SETTINGS: &str = "notify = ['@slack-ops']";
// The self-metric that each of the reporter's monitors watches.
const FAILING: &str = "collector_success";
const STOPPED: &str = "run_duration_seconds";
const UNDELIVERED: &str = "points";

/// The times of runs with these numbers, in seconds after run 0.
fn run_times(runs: impl IntoIterator<Item = i64>) -> Vec<i64> {
    runs.into_iter().map(|run| run * EVERY).collect()
}

fn notification(
    time: i64,
    metric: &'static str,
    status: system_health_test_support::datadog::Status,
) -> Notification {
    Notification { time, metric: metric.to_owned(), about: String::new(), status }
}

#[test]
fn in_an_outage_only_the_monitor_of_a_stopped_reporter_notifies() {
    let datadog = Datadog::new(SETTINGS);
    datadog.replay(good(), &run_times(0..5));
    // Four runs cannot deliver anything. The run after them also delivers their points.
    for run in 5..9 {
        datadog.replay_late(&partial("left"), run * EVERY, 9 * EVERY);
    }
    datadog.replay(good(), &run_times(9..12));

    let notifications = datadog.evaluate(12 * EVERY);

    assert_eq!(
        notifications,
        [
            notification(4 * EVERY + 53 * MINUTE, STOPPED, NoData),
            notification(9 * EVERY + MINUTE, STOPPED, Ok)
        ],
        "the third missed run was due at {}, the fourth at {}",
        7 * EVERY,
        8 * EVERY
    );
}

#[test]
fn undelivered_points_in_three_consecutive_runs_alert() {
    for result in ["left", "lost", "refused"] {
        for bad in [1, 2] {
            let datadog = Datadog::new(SETTINGS);
            datadog.replay(good(), &run_times(0..3));
            datadog.replay(&partial(result), &run_times(3..3 + bad));
            datadog.replay(good(), &run_times(3 + bad..10));
            assert_eq!(datadog.evaluate(10 * EVERY), [], "{bad} runs, {result}");
        }
        let datadog = Datadog::new(SETTINGS);
        datadog.replay(good(), &run_times(0..3));
        datadog.replay(&partial(result), &run_times(3..9));
        datadog.replay(good(), &run_times(9..12));

        let (alert, recovery) = (5 * EVERY + MINUTE, 9 * EVERY + MINUTE);
        let expected = [notification(alert, UNDELIVERED, Alert), notification(recovery, UNDELIVERED, Ok)];
        assert_eq!(datadog.evaluate(12 * EVERY), expected, "{result}");
    }
}

#[test]
fn three_failures_of_a_new_metric_alert_and_one_does_not() {
    let one = Datadog::new(SETTINGS);
    one.replay(failing(), &run_times([0]));
    one.replay(good(), &run_times(1..8));
    assert_eq!(one.evaluate(8 * EVERY), []);

    // A metric that fails for one repository of a thousand counts as failed, too.
    for bad in [failing().clone(), failing_in_part()] {
        let three = Datadog::new(SETTINGS);
        three.replay(&bad, &run_times(0..6));
        three.replay(good(), &run_times(6..9));
        let of_both_metrics = |time, status| {
            ["commits.hotfix", "commits.reverts"]
                .map(|about| Notification { about: about.to_owned(), ..notification(time, FAILING, status) })
        };
        assert_eq!(
            three.evaluate(9 * EVERY),
            [of_both_metrics(2 * EVERY + MINUTE, Alert), of_both_metrics(6 * EVERY + MINUTE, Ok)].concat()
        );
    }
}

#[test]
fn failures_with_good_runs_in_between_do_not_alert() {
    let datadog = Datadog::new(SETTINGS);
    for run in 0..12 {
        datadog.replay(if run % 3 == 2 { good() } else { failing() }, &run_times([run]));
    }

    assert_eq!(datadog.evaluate(12 * EVERY), []);
}

#[test]
fn an_alert_does_not_end_if_the_reporter_stops() {
    let datadog = Datadog::new(SETTINGS);
    datadog.replay(failing(), &run_times(0..4));

    let notifications = datadog.evaluate(20 * EVERY);

    let statuses: Vec<_> = notifications.iter().map(|it| (it.metric.as_str(), it.status)).collect();
    assert_eq!(statuses, [(FAILING, Alert), (FAILING, Alert), (STOPPED, NoData)]);
}

#[test]
fn each_of_two_reporters_has_its_own_alert() {
    let datadog = Datadog::new(SETTINGS);
    datadog.replay(good(), &run_times(0..12));
    datadog.replay(&harness::from_reporter(good(), "other"), &run_times(0..4));

    assert_eq!(datadog.evaluate(12 * EVERY), [notification(3 * EVERY + 53 * MINUTE, STOPPED, NoData)]);
    assert_eq!(datadog.last_group(), ["reporter:other"]);
}

#[test]
fn a_reporter_that_never_ran_is_found_only_by_verify() {
    let datadog = Datadog::new(SETTINGS);

    assert_eq!(datadog.evaluate(1000 * MINUTE), []);
    let checks = datadog.verify().with_status(1).json();
    let stopped =
        checks.as_array().unwrap().iter().find(|check| check["query"].to_string().contains(STOPPED));
    assert_eq!(stopped.unwrap()["found"], "no_data", "{checks}");
}
