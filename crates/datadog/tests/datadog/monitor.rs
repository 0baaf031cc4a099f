//! Monitors of different catalogs, validated against Datadog's own API description and against the goals.

use std::time::Duration;

use serde_json::{Value, json};
use system_health_datadog::{MonitorScope, WantedMonitor, goal_monitor, reporter_monitors};
use system_health_registry::{
    Aggregate, Facts, Goal, Kind, Monitoring, Tag,
    alerting::{Alerting, OnMissingData, Schedule, is_watched_by_reporter_monitors},
};
use system_health_test_support::datadog::contract::{self, Message};

use crate::catalogs::{catalogs, described, metric, with_goal};

const SCHEDULE: Schedule =
    Schedule { every: Duration::from_mins(15), longest_gap: Duration::from_mins(15), missed: 3 };

fn scope() -> MonitorScope {
    MonitorScope::from_tags(&["service:shop", "env:test", "team:web"].map(|tag| Tag::parse(tag).unwrap()))
}

pub(crate) fn alerting() -> Alerting {
    Alerting {
        notify: vec!["@slack-ops".to_owned()],
        window: SCHEDULE.window(),
        recovery: None,
        on_missing_data: OnMissingData::ShowAndNotifyNoData,
        group_by: vec!["repository".to_owned()],
        renotify: Some(Duration::from_hours(4)),
        priority: Some(2),
    }
}

fn as_json(monitor: &WantedMonitor) -> Value {
    monitor.json().unwrap()
}

fn monitor_json(metric: &Facts) -> Value {
    as_json(&goal_monitor(metric, &scope(), &Alerting { group_by: vec![], ..alerting() }).unwrap().unwrap())
}

#[test]
#[ignore = "needs Datadog's API description: run cargo xtask test"]
fn every_monitor_matches_datadogs_api_description() {
    let goal_monitors = |alerting: Alerting| {
        let catalogs = catalogs().into_iter();
        let metrics = catalogs.flat_map(|catalog| catalog.metrics().to_vec());
        metrics.filter_map(move |metric| goal_monitor(&metric, &scope(), &alerting).unwrap())
    };
    let recovering = Alerting {
        recovery: Some(1.5),
        on_missing_data: OnMissingData::ShowNoData,
        renotify: None,
        priority: None,
        ..alerting()
    };
    let monitors: Vec<Value> = goal_monitors(alerting())
        .chain(goal_monitors(recovering))
        .chain(reporter_monitors(&scope(), SCHEDULE, true, |_| Some(alerting())).unwrap())
        .map(|monitor| as_json(&monitor))
        .collect();
    let message = |monitor: &Value| Message::request("POST", "/api/v1/monitor", monitor.clone());
    let mut messages: Vec<_> = monitors.iter().map(message).collect();
    let good = messages.len();
    for (pointer, name, wrong) in [
        ("", "querry", json!("typo")),
        ("", "type", json!("query alarm")),
        ("", "priority", json!("2")),
        ("/options", "on_missing_dat", json!("resolve")),
        ("/options", "on_missing_data", json!("show_data")),
        ("/options/thresholds", "critical_recover", json!(1)),
    ] {
        let mut broken = monitors[0].clone();
        broken.pointer_mut(pointer).unwrap()[name] = wrong;
        messages.push(message(&broken));
    }

    assert!(good > 100);
    for (number, problems) in contract::problems(&messages).iter().enumerate() {
        assert_eq!(problems.is_empty(), number < good, "{number}: {problems:?}");
    }
}

/// Whether a monitor alerts if the only point in its window has this value.
fn alerts(monitor: &Value, value: f64) -> bool {
    let query = monitor["query"].as_str().unwrap();
    let (_, query) = query.split_once("):").unwrap();
    let (query, threshold) = query.rsplit_once(' ').unwrap();
    let (expression, comparator) = query.rsplit_once(' ').unwrap();
    assert_eq!(threshold.parse::<f64>().ok(), monitor["options"]["thresholds"]["critical"].as_f64());
    let term = |term: &str| {
        let term = term.trim_start_matches("abs(").trim_end_matches(')');
        let (query, offset) = match term.rsplit_once(' ') {
            Some((query_and_sign, number)) => {
                let (query, sign) = query_and_sign.rsplit_once(' ').unwrap();
                let number: f64 = number.parse().unwrap();
                (query, if sign == "+" { number } else { -number })
            }
            None => (term, 0.0),
        };
        assert!(query.contains(":odd.") && query.ends_with("{env:test,service:shop}"), "{query}");
        if expression.starts_with("abs(") { (value + offset).abs() } else { value + offset }
    };
    let result: f64 = match expression.split_once(" * abs(") {
        Some((one, other)) => term(one) * term(other),
        None => expression.split(" + abs(").map(term).sum(),
    };
    let threshold: f64 = threshold.parse().unwrap();
    match comparator {
        "<" => result < threshold,
        "<=" => result <= threshold,
        ">" => result > threshold,
        ">=" => result >= threshold,
        other => panic!("{other}"),
    }
}

#[test]
fn a_monitor_alerts_when_its_goal_is_missed() {
    for goal in ["< 5", "<= 5", "> 0.5", ">= -0.5", "== 0", "== 2", "== -1.5", "!= 3", "!= -1.5", "!= 0"] {
        let goal: Goal = goal.parse().unwrap();
        let monitor = monitor_json(&metric("odd.value").with_goal(goal));
        for value in [goal.target() - 1.0, goal.target(), goal.target() + 1.0] {
            assert_eq!(alerts(&monitor, value), !goal.is_met_by(value), "{goal}: {value}: {monitor}");
        }
    }
}

#[test]
fn the_goal_the_kind_and_the_aggregate_determine_the_query() {
    let query = |metric: Facts| monitor_json(&metric)["query"].as_str().unwrap().to_owned();
    let filter = "{env:test,service:shop}";
    let count = Kind::Count { interval: Duration::from_mins(15) };

    assert_eq!(query(with_goal("a.b", "< 5")), format!("max(last_30m):max:a.b{filter} >= 5"));
    assert_eq!(query(with_goal("a.b", "> 5")), format!("min(last_30m):min:a.b{filter} <= 5"));
    assert_eq!(
        query(with_goal("a.b", "== 5")),
        format!("max(last_30m):abs(max:a.b{filter} - 5) + abs(min:a.b{filter} - 5) > 0")
    );
    assert_eq!(
        query(with_goal("a.b", "== 5").with_aggregate(Aggregate::Sum)),
        format!("max(last_30m):abs(sum:a.b{filter} - 5) > 0")
    );
    assert_eq!(
        query(with_goal("a.b", "< 5").with_kind(count)),
        format!("max(last_30m):sum:a.b{filter} >= 5")
    );
    assert_eq!(
        query(with_goal("a.b", "!= 0")),
        format!("min(last_30m):abs(max:a.b{filter}) * abs(min:a.b{filter}) <= 0")
    );
}

#[test]
fn handles_and_variables_in_texts_are_escaped() {
    let metric = described("mail.waiting", "Mails to @all that {{wait}}.")
        .with_goal("< 5".parse().unwrap())
        .with_unit("@email")
        .with_monitoring(Monitoring {
            owner: Some("team-mail".to_owned()),
            runbook: Some("https://example.com/@mail".to_owned()),
            ..Monitoring::default()
        });

    let message = monitor_json(&metric)["message"].as_str().unwrap().to_owned();

    let (words, mark) = message.rsplit_once("\n\n").unwrap();
    assert!(mark.starts_with("Managed by system-health ("), "{mark}");
    assert_eq!(
        words,
        "{{#is_alert}}`mail.waiting` is {{value}} @\u{200b}emails and should be < 5.{{/is_alert}}\n\
         {{#is_no_data}}`mail.waiting` has had no value for 30 minutes.{{/is_no_data}}\n\
         {{#is_recovery}}`mail.waiting` meets its goal again: it should be < 5.{{/is_recovery}}\n\
         \n\
         Mails to @\u{200b}all that {\u{200b}{wait}}.\n\
         \n\
         Runbook: https://example.com/%40mail\n\
         \n\
         Owner: team-mail\n\
         \n\
         @slack-ops"
    );
}

#[test]
fn units_are_plural_unless_the_number_is_one() {
    for (goal, alert) in [
        ("< 5", "`a.b` is {{value}} points and should be < 5."),
        ("== 0", "`a.b` is not 0 points; it should be == 0."),
        ("== 1", "`a.b` is not 1 point; it should be == 1."),
        ("!= 1", "`a.b` is 1 point and should be != 1."),
        ("!= 2", "`a.b` is 2 points and should be != 2."),
    ] {
        let message =
            monitor_json(&with_goal("a.b", goal).with_unit("point"))["message"].as_str().unwrap().to_owned();

        assert!(message.starts_with(&format!("{{{{#is_alert}}}}{alert}{{{{/is_alert}}}}")), "{message}");
    }
}

#[test]
fn the_reporters_monitors_query_its_own_metrics_in_groups() {
    let by =
        |tags: &[&str]| Alerting { group_by: tags.iter().map(ToString::to_string).collect(), ..alerting() };
    let queries = |alerting: Alerting| -> Vec<Value> {
        let monitors = reporter_monitors(&scope(), SCHEDULE, true, |_| Some(alerting.clone())).unwrap();
        assert!(monitors.iter().all(|monitor| is_watched_by_reporter_monitors(monitor.metric())));
        monitors.iter().map(|monitor| as_json(monitor)["query"].clone()).collect()
    };
    let reporter = "system_health.reporter";
    let (filter, undelivered) = ("{env:test,service:shop}", "{env:test,service:shop,!result:accepted}");

    assert_eq!(
        queries(by(&[])),
        [
            format!("min(last_53m):min:{reporter}.run_duration_seconds{filter} < 0"),
            format!(
                "sum(last_38m):1001 * clamp_max(1000000 * (1 - min:{reporter}.collector_success{filter} by {{metric}}), 1) - \
                 1000 >= 3"
            ),
            format!(
                "sum(last_38m):1001 * clamp_max(1000000 * (1 - min:{reporter}.collector_success{filter} by \
                 {{metric_source}}), 1) - 1000 >= 3"
            ),
            format!("sum(last_38m):1001 * clamp_max(sum:{reporter}.points{undelivered}, 1) - 1000 >= 3"),
        ]
    );
    assert_eq!(
        queries(by(&["reporter"])),
        [
            format!("min(last_53m):min:{reporter}.run_duration_seconds{filter} by {{reporter}} < 0"),
            format!(
                "sum(last_38m):1001 * clamp_max(1000000 * (1 - min:{reporter}.collector_success{filter} by \
                 {{metric,reporter}}), 1) - 1000 >= 3"
            ),
            format!(
                "sum(last_38m):1001 * clamp_max(1000000 * (1 - min:{reporter}.collector_success{filter} by \
                 {{metric_source,reporter}}), 1) - 1000 >= 3"
            ),
            format!(
                "sum(last_38m):1001 * clamp_max(sum:{reporter}.points{undelivered} by {{reporter}}, 1) - 1000 >= 3"
            ),
        ]
    );
}

#[test]
fn only_the_monitor_of_a_stopped_reporter_notifies_of_missing_data() {
    let options = |metric: &str| {
        let monitors =
            reporter_monitors(&scope(), SCHEDULE, false, |key| key.ends_with(metric).then(alerting)).unwrap();
        let [monitor] = &monitors[..] else { panic!("{monitors:?}") };
        as_json(monitor)["options"].clone()
    };

    assert_eq!(options("run_duration_seconds")["on_missing_data"], "show_and_notify_no_data");
    for counted in ["collector_success", ".points"] {
        let options = options(counted);
        assert_eq!(options["on_missing_data"], "show_no_data");
        assert_eq!(options["thresholds"], json!({"critical": 3.0, "critical_recovery": 0.0}));
    }
}
