//! Missed runs of a regular schedule are counted exactly, even if runs are late. Pauses up to `longest_gap` do not count.

use system_health_test_support::datadog::Status::{NoData, Ok};

use super::harness::{Datadog, HOUR, MINUTE, Notification, good};

const DAY: i64 = 24 * HOUR;
const METRIC: &str = "run_duration_seconds";

/// The times of the notifications that the reporter has stopped, and that it runs again. `None` without notifications.
fn stopped_and_back(notifications: &[Notification]) -> Option<(i64, i64)> {
    match notifications {
        [] => None,
        [stopped, back] => {
            assert_eq!((stopped.status, back.status), (NoData, Ok), "{notifications:?}");
            assert!(notifications.iter().all(|it| it.metric == METRIC), "{notifications:?}");
            Some((stopped.time, back.time))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_stop_is_reported_after_the_set_number_of_missed_runs() {
    // Minutes by which the runs before and after the pause are late.
    let (all_delays, some_delays) = ([(0, 0), (4, 4), (4, 0), (0, 4)], [(0, 4), (4, 0)]);
    for (every, name, evaluation_interval, missed, lateness) in [
        (15 * MINUTE, "15m", MINUTE, &[1, 2, 3][..], &all_delays[..]),
        (10 * MINUTE, "10m", MINUTE, &[3], &some_delays),
        (12 * HOUR, "12h", 10 * MINUTE, &[3], &some_delays),
        (24 * HOUR, "24h", 30 * MINUTE, &[3], &some_delays),
    ] {
        for (missed, (before, after)) in
            missed.iter().flat_map(|missed| lateness.iter().map(move |late| (missed, late)))
        {
            for pause in [missed - 1, *missed] {
                let datadog = Datadog::new(&format!("every = '{name}'\nmissed = {missed}\nnotify = ['@x']"));
                let run = |run: i64, late: i64| datadog.replay(good(), &[run * every + late * MINUTE]);
                (0..2).for_each(|number| run(number, *before));
                let back = 2 + pause;
                (back..back + 2).for_each(|number| run(number, *after));

                let notifications = stopped_and_back(&datadog.evaluate((back + 1) * every));

                let case = format!(
                    "every {name}, {pause} of {missed} missed, late by {before} and {after}: {notifications:?}"
                );
                assert_eq!(notifications.is_some(), pause == *missed, "{case}");
                if let Some((stopped, _)) = notifications {
                    let last_missed = (1 + pause) * every;
                    assert!(
                        stopped > last_missed && stopped <= last_missed + every + evaluation_interval,
                        "{case}"
                    );
                }
            }
        }
    }
}

#[test]
fn nights_and_weekends_do_not_count_as_missed_runs() {
    let settings = "every = '15m'\nlongest_gap = '62h'\nnotify = ['@x']";
    // Every quarter of an hour from 8:00 to 18:45, from Monday to Friday.
    let runs = |days: std::ops::Range<i64>| -> Vec<i64> {
        let working = days.filter(|day| day % 7 < 5);
        working.flat_map(|day| (32..76).map(move |quarter| day * DAY + quarter * 15 * MINUTE)).collect()
    };
    let datadog = Datadog::new(settings);
    datadog.replay(good(), &runs(0..9));

    assert_eq!(datadog.evaluate(8 * DAY), []);

    let stopped_reporter = Datadog::new(settings);
    stopped_reporter.replay(good(), &runs(0..5));
    let notifications = stopped_reporter.evaluate(8 * DAY);
    let last = 4 * DAY + 18 * HOUR + 45 * MINUTE;
    let [stopped] = &notifications[..] else { panic!("{notifications:?}") };
    assert_eq!(stopped.status, NoData);
    // The first three runs of Monday are missed. The monitor's window is 62 h 38 min, and the monitor is evaluated every 30 minutes.
    let third = 7 * DAY + 8 * HOUR + 30 * MINUTE;
    assert!(
        stopped.time > third && stopped.time <= last + 62 * HOUR + 38 * MINUTE + 30 * MINUTE,
        "{stopped:?}"
    );
}
