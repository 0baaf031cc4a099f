//! Monitors of goals that combine two metrics.

use std::time::Duration;

use serde_json::{Value, json};
use system_health_datadog::{MonitorScope, WantedMonitor, two_metric_goal_monitor};
use system_health_registry::{
    Aggregate, Facts, Kind, Monitoring, Tag, TwoMetricGoal,
    alerting::{Alerting, OnMissingData, TwoMetricGoalFacts},
};
use system_health_test_support::datadog::contract::{self, Message};

use crate::catalogs::{described, metric, with_goal};

const SCOPE: &str = "{env:test,service:shop}";

fn scope() -> MonitorScope {
    MonitorScope::from_tags(&["service:shop", "env:test"].map(|tag| Tag::parse(tag).unwrap()))
}

fn alerting() -> Alerting {
    Alerting {
        notify: vec!["@slack-ops".to_owned()],
        window: Duration::from_mins(30),
        recovery: None,
        on_missing_data: OnMissingData::default(),
        group_by: vec![],
        renotify: None,
        priority: None,
    }
}

/// The monitor of a goal over two metrics. The keys in `goal` are ignored.
fn monitor(goal: &str, left: &Facts, right: &Facts, alerting: &Alerting) -> WantedMonitor {
    let goal: TwoMetricGoal = goal.parse().unwrap();
    let combination = TwoMetricGoalFacts {
        name: "a.ratio",
        left,
        operator: goal.operator(),
        right,
        goal: goal.goal(),
        description: None,
        runbook: None,
        owner: None,
    };
    two_metric_goal_monitor(&combination, &scope(), alerting).unwrap()
}

fn query(goal: &str, left: &Facts, right: &Facts) -> String {
    let monitor = monitor(goal, left, right, &alerting()).json().unwrap();
    monitor["query"].as_str().unwrap().to_owned()
}

#[test]
fn the_query_compares_the_worst_result() {
    let (errors, runs) = (metric("a.errors"), metric("a.runs"));
    let formula =
        |operator: &str| format!("avg:a.errors{SCOPE}.fill(null) {operator} avg:a.runs{SCOPE}.fill(null)");
    for (goal, expected) in [
        ("a / b < 0.1", format!("max(last_30m):{} >= 0.1", formula("/"))),
        ("a / b <= 0.1", format!("max(last_30m):{} > 0.1", formula("/"))),
        ("a - b > -2", format!("min(last_30m):{} <= -2", formula("-"))),
        ("a + b >= 2", format!("min(last_30m):{} < 2", formula("+"))),
        ("a - b == 0", format!("max(last_30m):abs({}) > 0", formula("-"))),
        ("a + b == 3", format!("max(last_30m):abs({} - 3) > 0", formula("+"))),
        ("a - b != -3", format!("min(last_30m):abs({} + 3) <= 0", formula("-"))),
    ] {
        assert_eq!(query(goal, &errors, &runs), expected, "{goal}");
    }
}

#[test]
fn both_sides_are_grouped_like_the_monitor() {
    let by = Alerting { group_by: vec!["repository".to_owned(), "branch".to_owned()], ..alerting() };

    let monitor = monitor("a / b < 1", &metric("a.errors"), &metric("a.runs"), &by).json().unwrap();

    let side = |key| format!("avg:{key}{SCOPE} by {{repository,branch}}.fill(null)");
    assert_eq!(monitor["query"], format!("max(last_30m):{} / {} >= 1", side("a.errors"), side("a.runs")));
}

#[test]
fn the_default_aggregates_of_both_sides_match() {
    let count = Kind::Count { interval: Duration::from_mins(15) };
    let rate = Kind::Rate { interval: Duration::from_mins(15) };
    let gauge = || metric("a.g");
    for (left, right, aggregates) in [
        (gauge(), gauge(), ["avg", "avg"]),
        // The goal of a metric itself does not affect the aggregate.
        (with_goal("a.g", "< 5"), gauge(), ["avg", "avg"]),
        (gauge().with_kind(count), gauge().with_kind(rate), ["sum", "sum"]),
        // If one side is summed over all series, an average over all series on the other side would not match.
        (gauge().with_kind(count), gauge(), ["sum", "sum"]),
        (gauge(), gauge().with_aggregate(Aggregate::Sum), ["sum", "sum"]),
        (gauge().with_aggregate(Aggregate::Max), gauge(), ["max", "avg"]),
        (gauge().with_kind(count).with_aggregate(Aggregate::Max), gauge(), ["max", "avg"]),
        (gauge().with_aggregate(Aggregate::Min), gauge().with_kind(rate), ["min", "sum"]),
    ] {
        let [left_side, right_side] =
            aggregates.map(|aggregate| format!("{aggregate}:a.g{SCOPE}.fill(null)"));
        let expected = format!("max(last_30m):{left_side} / {right_side} >= 1");
        assert_eq!(query("a / b < 1", &left, &right), expected);
    }
}

#[test]
fn the_message_describes_both_metrics_and_names_their_owners() {
    let errors = described("a.errors", "Runs that @fail.").with_unit("run").with_monitoring(Monitoring {
        owner: Some("team-ci".to_owned()),
        runbook: Some("https://example.com/errors".to_owned()),
        ..Monitoring::default()
    });
    let runs = described("a.runs", "All runs.")
        .with_unit("run")
        .with_monitoring(Monitoring { owner: Some("team-{{build}}".to_owned()), ..Monitoring::default() });
    let goal: TwoMetricGoal = "a.errors / a.runs < 0.1".parse().unwrap();
    let combination = TwoMetricGoalFacts {
        name: "a.ratio",
        left: &errors,
        operator: goal.operator(),
        right: &runs,
        goal: goal.goal(),
        description: Some("One in ten at most."),
        runbook: Some("https://example.com/ratio"),
        owner: Some("team-web"),
    };
    let notifying = Alerting { on_missing_data: OnMissingData::ShowAndNotifyNoData, ..alerting() };

    let monitor = two_metric_goal_monitor(&combination, &scope(), &notifying).unwrap().json().unwrap();

    assert_eq!(monitor["name"], "a.ratio: a.errors / a.runs should be < 0.1 (env:test,service:shop)");
    assert_eq!(
        monitor["tags"],
        json!(["managed_by:system-health", "metric:a.ratio", "env:test", "service:shop"])
    );
    let (words, _) = monitor["message"].as_str().unwrap().rsplit_once("\n\n").unwrap();
    assert_eq!(
        words,
        "{{#is_alert}}`a.errors / a.runs` is {{value}} and should be < 0.1.{{/is_alert}}\n\
         {{#is_no_data}}`a.errors / a.runs` has had no value for 30 minutes: a metric had none, or `a.runs` was 0.{{/is_no_data}}\n\
         {{#is_recovery}}`a.errors / a.runs` meets its goal again: it should be < 0.1.{{/is_recovery}}\n\
         \n\
         One in ten at most.\n\
         \n\
         Runbook: https://example.com/ratio\n\
         \n\
         Owner: team-web\n\
         \n\
         `a.errors`: Runs that @\u{200b}fail.\n\
         \n\
         Runbook: https://example.com/errors\n\
         \n\
         Owner: team-ci\n\
         \n\
         `a.runs`: All runs.\n\
         \n\
         Owner: team-{\u{200b}{build}}\n\
         \n\
         @slack-ops"
    );
}

#[test]
fn a_sum_has_the_unit_of_its_parts_and_a_ratio_has_none() {
    let (one, other) = (metric("a.one").with_unit("run"), metric("a.other").with_unit("run"));
    for (goal, alert) in [
        ("a + b < 5", "`a.one + a.other` is {{value}} runs and should be < 5."),
        ("a - b == 0", "`a.one - a.other` is not 0 runs; it should be == 0."),
        ("a / b < 5", "`a.one / a.other` is {{value}} and should be < 5."),
    ] {
        let monitor = monitor(goal, &one, &other, &alerting()).json().unwrap();
        let message = monitor["message"].as_str().unwrap();

        assert!(message.starts_with(&format!("{{{{#is_alert}}}}{alert}{{{{/is_alert}}}}")), "{message}");
        // If the goal has no description, the descriptions of the metrics come first.
        assert!(message.contains("{{/is_alert_recovery}}\n\n`a.one`: What a reader"), "{message}");
    }
}

#[test]
fn the_monitor_has_the_tags_of_both_metrics() {
    let (one, other) =
        (metric("a.one").with_tags(["team:web", "x:1"]), metric("a.other").with_tags(["team:web", "x:2"]));

    let monitor = monitor("a / b < 5", &one, &other, &alerting()).json().unwrap();

    let tags: Vec<&str> = monitor["tags"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(tags[4..], ["team:web", "x:1", "x:2"]);
}

#[test]
#[ignore = "needs Datadog's API description: run cargo xtask test"]
fn every_monitor_matches_datadogs_api_description() {
    let (one, other) = (metric("a.one").with_unit("run"), metric("a.other"));
    let full = Alerting { recovery: Some(0.05), priority: Some(2), ..alerting() };
    let mut messages = Vec::new();
    for operator in ["/", "-", "+"] {
        for comparison in ["<", "<=", ">", ">=", "==", "!="] {
            let goal = format!("a {operator} b {comparison} 0.1");
            let monitor = monitor(&goal, &one, &other, &full).json().unwrap();
            messages.push(Message::request("POST", "/api/v1/monitor", monitor));
        }
    }
    let good = messages.len();
    let mut broken = messages[0].body.clone();
    broken["options"]["thresholds"]["critical"] = json!("0.1");
    messages.push(Message::request("POST", "/api/v1/monitor", broken));

    for (number, problems) in contract::problems(&messages).iter().enumerate() {
        assert_eq!(problems.is_empty(), number < good, "{number}: {problems:?}");
    }
}
