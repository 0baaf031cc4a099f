//! `report monitors`.

use serde_json::{Value, json};
use system_health_test_support::datadog::DatadogIntake;

use crate::{assert_matches_api_description, scene, steps, writes};

fn tags(monitor: &Value) -> Vec<&str> {
    monitor["tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap()).collect()
}

/// The monitor of a metric.
fn monitor_of(monitors: &[Value], key: &str) -> Value {
    let tag = format!("metric:{key}");
    monitors.iter().find(|monitor| tags(monitor).contains(&tag.as_str())).unwrap().clone()
}

#[test]
fn monitors_watch_goals_and_the_reporter() {
    let intake = DatadogIntake::start();
    let printed = scene(&intake).run(&["monitors"]).with_status(0).json();

    let monitors = printed.as_array().unwrap();
    let names: Vec<&str> = monitors.iter().map(|monitor| monitor["name"].as_str().unwrap()).collect();
    let scope = "(env:production,service:system-health)";
    assert_eq!(
        names,
        [
            "ci.tests_passing_on_main should be == 1",
            "commits.hotfix should be < 5",
            "commits.reverts should be < 5",
            "system_health.reporter.points_expired should be == 0",
            "The reporter has stopped",
            "A metric fails repeatedly",
            "Points are not delivered",
        ]
        .map(|name| format!("{name} {scope}"))
    );
    let hotfix = monitor_of(monitors, "commits.hotfix");
    assert_eq!(
        hotfix["query"],
        "max(last_30m):max:commits.hotfix{env:production,service:system-health} >= 5"
    );
    assert_eq!(hotfix["options"]["thresholds"], json!({"critical": 5.0, "critical_recovery": 3.0}));
    assert_eq!(hotfix["options"]["require_full_window"], false);
    assert_eq!(
        tags(&hotfix),
        ["managed_by:system-health", "metric:commits.hotfix", "env:production", "service:system-health"]
    );
    let stopped = monitor_of(monitors, "system_health.reporter.run_duration_seconds");
    assert_eq!(
        stopped["query"],
        "min(last_53m):min:system_health.reporter.run_duration_seconds{env:production,service:system-health} by {reporter} < 0"
    );
    assert_eq!(stopped["options"]["on_missing_data"], "show_and_notify_no_data");
    // Metrics about the reporter have no tag `repository`, so they are grouped by `reporter`.
    let expired = monitor_of(monitors, "system_health.reporter.points_expired");
    assert!(expired["query"].as_str().unwrap().contains("} by {reporter})"), "{expired}");
    for monitor in monitors {
        let options = monitor["options"].as_object().unwrap();
        assert!(
            !options.contains_key("notify_no_data") && !options.contains_key("no_data_timeframe"),
            "{monitor}"
        );
        assert!(options.contains_key("on_missing_data"), "{monitor}");
    }
    assert_eq!(intake.server().requests().len(), 0);
}

#[test]
fn a_second_push_writes_nothing() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);

    let created = scene.run(&["monitors", "push"]).with_status(0);
    assert!(steps(&created).iter().all(|(action, _)| action == "created"), "{created}");
    assert_eq!(writes(&intake), ["POST /api/v1/monitor"; 7]);

    let kept = scene.run(&["monitors", "push"]).with_status(0);
    assert!(steps(&kept).iter().all(|(action, _)| action == "kept"), "{kept}");
    let _ = scene.run(&["monitors", "diff"]).with_status(0);
    assert_eq!(writes(&intake).len(), 7);
}

#[test]
#[ignore = "needs Datadog's API description: run cargo xtask test"]
fn requests_match_datadogs_api_description() {
    let intake = DatadogIntake::start();
    let settings = "[monitors]\nnotify = ['@slack-ops']\nrenotify = '4h'\ngroup_by = ['repository']\n\
                    priority = 3\n\
                    [monitors.metrics.'commits.*']\non_missing_data = 'show_and_notify_no_data'\n";
    let scene = scene(&intake).file("system-health.toml", settings);
    let _ = scene.run(&["monitors", "push"]).with_status(0);
    let _ = scene.variable("DD_ENV", "staging").run(&["monitors", "push"]).with_status(0);
    let first = intake.monitors()[0]["id"].as_u64().unwrap();
    intake.edit_monitor(first, |monitor| monitor["priority"] = json!(2));
    let scene = crate::scene(&intake).file("system-health.toml", settings);
    let _ = scene.run(&["monitors", "push", "--force"]).with_status(0);
    assert_eq!(intake.monitors()[0]["priority"], 3);
    let scene = scene.file("system-health.toml", "[monitors]\nnotify = ['@slack-ops']\n");
    let _ = scene.run(&["monitors", "push"]).with_status(0);

    assert_matches_api_description(&intake);
    assert!(intake.monitors()[0]["priority"].is_null());
}

#[test]
fn settings_determine_recipients_windows_and_groups() {
    let intake = DatadogIntake::start();
    let settings = "
        [monitors]
        every = '10m'
        missed = 6
        notify = ['@slack-ops', '@pagerduty-web']
        renotify = '4h'
        priority = 4
        [monitors.metrics.'commits.*']
        notify = ['@commits@example.com']
        window = '1h'
        on_missing_data = 'show_and_notify_no_data'
        priority = 1
        group_by = ['repository', 'branch']
        [monitors.metrics.'commits.reverts']
        recovery = 1
        [monitors.metrics.'ci.tests_passing_on_main']
        enabled = false
        [monitors.metrics.'*.points']
        priority = 2
        notify = ['@slack-reporter']
    ";
    let printed =
        scene(&intake).file("system-health.toml", settings).run(&["monitors"]).with_status(0).json();

    let monitors = printed.as_array().unwrap();
    assert_eq!(monitors.len(), 6);
    let hotfix = monitor_of(monitors, "commits.hotfix");
    assert_eq!(
        hotfix["query"],
        "max(last_60m):max:commits.hotfix{env:production,service:system-health} by {repository,branch} >= 5"
    );
    assert!(hotfix["message"].as_str().unwrap().contains("\n\n@commits@example.com\n\n"), "{hotfix}");
    assert_eq!(hotfix["options"]["on_missing_data"], "show_and_notify_no_data");
    assert!(hotfix["message"].as_str().unwrap().contains("has had no value for 1 hour"), "{hotfix}");
    assert_eq!(hotfix["options"]["renotify_interval"], 240);
    // The settings of the exact key apply, not those of the pattern.
    let reverts = monitor_of(monitors, "commits.reverts");
    assert_eq!(reverts["options"]["thresholds"]["critical_recovery"], 1.0);
    assert!(reverts["query"].as_str().unwrap().starts_with("max(last_20m):"), "{reverts}");
    assert!(reverts["message"].as_str().unwrap().contains("@slack-ops @pagerduty-web"), "{reverts}");
    assert_eq!((&hotfix["priority"], &reverts["priority"]), (&json!(1), &json!(4)));
    assert_eq!(reverts["options"]["on_missing_data"], "show_no_data");
    let undelivered = monitor_of(monitors, "system_health.reporter.points");
    assert_eq!(undelivered["priority"], 2);
    assert!(undelivered["message"].as_str().unwrap().contains("\n\n@slack-reporter\n\n"), "{undelivered}");
    let failing = monitor_of(monitors, "system_health.reporter.collector_success");
    assert_eq!(
        failing["query"],
        "sum(last_55m):1001 * clamp_max(1000000 * (1 - \
         min:system_health.reporter.collector_success{env:production,service:system-health} by {metric,reporter}), 1) - \
         1000 >= 6"
    );
}

#[test]
fn an_error_says_which_setting_is_wrong() {
    let intake = DatadogIntake::start();
    for (settings, words) in [
        ("notify = ['slack-ops']", "`slack-ops` is not a handle"),
        ("every = '90s'", "`every` in [monitors]"),
        (
            "missed = 0",
            "system-health.toml:2:1: `missed` in [monitors]: 0 is not a number of runs; write a whole number",
        ),
        ("missed = 1001", "1001 is not a number of runs; write a whole number from 1 to 1000"),
        ("missed = 'two'", "`missed` in [monitors]: \"two\" is not a number of runs"),
        (
            "metrics.'commit.*'.window = '1h'",
            "[monitors.metrics.\"commit.*\"] matches no metric or goal with a monitor",
        ),
        ("metrics.'*.points'.window = '1h'", "the monitors of the reporter have only"),
        ("metrics.'*.outbox_points'.enabled = false", "matches no metric or goal with a monitor"),
        ("metrics.'commits.*'.window = '5m'", "and the reporter runs every 15 minutes"),
        (
            "every = '7d'",
            "`every` in [monitors] is 7 days; it must be a whole number of minutes and less than 7 days",
        ),
        ("every = '2d'\nmissed = 4", "run_duration_seconds needs a window of 9 days"),
        ("every = '2d'\nmissed = 4", "system-health.toml:3:1: the monitor of"),
        ("every = '2d'\nmissed = 4", "`missed` in [monitors] must be at most 3"),
        (
            "every = '2d'\nmissed = 4",
            "or disable the monitors whose window is too long, with `enabled = false`",
        ),
        ("every = '3d'", "system-health.toml:2:1: the monitor of"),
        ("every = '3d'", "with this schedule, `missed` in [monitors] must be at most 1"),
        ("every = '3d'", "and [monitors.metrics.\"system_health.reporter."),
        (
            "every = '5d'",
            "no value of `missed` is possible; `every` in [monitors] must be at most 4 days 16 hours",
        ),
        (
            "every = '4d'\nlongest_gap = '6d'",
            "no value of `missed` is possible; `longest_gap` in [monitors] must be at most 5 days",
        ),
        ("longest_gap = '8d'", "`longest_gap` in [monitors] must be at most 6 days 23 hours 52 minutes; or"),
        (
            "longest_gap = '5m'",
            "`longest_gap` in [monitors] is 5 minutes; it must be a whole number of minutes and at least `every`",
        ),
        (
            "priority = 6",
            "system-health.toml:2:1: `priority` in [monitors]: 6 is not a priority; write a whole number from 1 (high)",
        ),
        ("priority = 'high'", "`priority` in [monitors]: \"high\" is not a priority; write a whole number"),
        (
            "metrics.'commits.*'.priority = 0",
            "`priority` in [monitors.metrics.\"commits.*\"]: 0 is not a priority",
        ),
        ("missed = 3\nrenotify = '30d'", "system-health.toml:3:1: [monitors]: `renotify` is 30 days"),
        ("group_by = ['a} by {b']", "`a} by {b` in `group_by` is not the name of a tag"),
        ("metrics.'ci.*'.recovery = 1", "an alert about the goal `== 1` ends as soon as it is met"),
        (
            "metrics.'commits.*'.widow = '1h'",
            "there is no key `widow` in [monitors.metrics.\"commits.*\"]; did you mean `window`?",
        ),
        ("metrics.'commits.hotfix'.recovery = 5", "`recovery` of commits.hotfix in [monitors.metrics]"),
        (
            "metrics.'commits.hotfix'.on_missing_data = 'ignore'",
            "system-health.toml:2:9: [monitors.metrics.\"commits.hotfix\"]: `on_missing_data` is `ignore`; it must be one of show_no_data",
        ),
    ] {
        let scene = scene(&intake).file("system-health.toml", &format!("[monitors]\n{settings}\n"));
        scene.run(&["monitors"]).with_status(2).says(words);
    }
}

#[test]
fn the_advice_for_long_schedules_is_valid() {
    let intake = DatadogIntake::start();
    for settings in [
        "every = '3d'\nmissed = 1",
        "every = '2d'\nmissed = 3",
        "every = '112h'\nmissed = 1",
        "every = '4d'\nlongest_gap = '5d'\nmissed = 1",
        "longest_gap = '167h 52m'\nmissed = 1",
        "every = '6d'\nmetrics.'system_health.reporter.*'.enabled = false",
    ] {
        let scene = scene(&intake).file("system-health.toml", &format!("[monitors]\n{settings}\n"));
        let _ = scene.run(&["monitors", "push"]).with_status(0);
    }
}

#[test]
fn monitors_for_development_come_with_a_warning() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake).variable("DD_ENV", "development");

    scene.run(&["monitors"]).with_status(0).says("for another environment, set DD_ENV, or `env` in [report]");
}

#[test]
fn edits_in_datadog_are_overwritten_only_with_force() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    let _ = scene.run(&["monitors", "push"]).with_status(0);
    let id = monitor_of(&intake.monitors(), "commits.hotfix")["id"].as_u64().unwrap();
    intake.edit_monitor(id, |monitor| {
        monitor["options"]["renotify_interval"] = json!(30);
        monitor["message"] = json!(format!("{}\nCall Ada.", monitor["message"].as_str().unwrap()));
    });

    let left = scene.run(&["monitors", "push"]).with_status(1);

    left.says("--force");
    let step = left.json().as_array().unwrap().iter().find(|step| step["action"] == "left").unwrap().clone();
    assert_eq!(step["overwrites"], "it was changed in Datadog since the last push");
    assert!(step["changes"].to_string().contains("- options.renotify_interval: 30"), "{step}");
    assert_eq!(writes(&intake).len(), 7);

    let _ = scene.run(&["monitors", "push", "--force"]).with_status(0);
    assert_eq!(writes(&intake)[7..], [format!("PUT /api/v1/monitor/{id}")]);
    assert_eq!(monitor_of(&intake.monitors(), "commits.hotfix")["options"]["renotify_interval"], 0);
    let _ = scene.run(&["monitors", "push"]).with_status(0);
    assert_eq!(writes(&intake).len(), 8);
}

#[test]
fn properties_that_datadog_adds_do_not_count_as_changes() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    let _ = scene.run(&["monitors", "push"]).with_status(0);
    let id = monitor_of(&intake.monitors(), "commits.hotfix")["id"].as_u64().unwrap();
    let add = |monitor: &mut Value| {
        monitor["added_tomorrow"] = json!({"x": 1});
        monitor["options"]["added_tomorrow"] = json!(true);
        monitor["options"]["thresholds"]["added_tomorrow"] = json!(7);
    };
    intake.edit_monitor(id, add);

    let _ = scene.run(&["monitors", "diff"]).with_status(0);
    let scene = scene.file("system-health.toml", "[monitors.metrics.'commits.hotfix']\nrecovery = 1\n");
    let pushed = scene.run(&["monitors", "push"]).with_status(0);
    assert_eq!(steps(&pushed).iter().filter(|(action, _)| action == "updated").count(), 1, "{pushed}");

    // A change that a person makes besides these additions is found, and overwritten with --force.
    intake.edit_monitor(id, |monitor| {
        add(monitor);
        monitor["priority"] = json!(1);
    });
    let _ = scene.run(&["monitors", "push"]).with_status(1);
    let _ = scene.run(&["monitors", "push", "--force"]).with_status(0);
    intake.edit_monitor(id, add);
    let _ = scene.run(&["monitors", "diff"]).with_status(0);
}

#[test]
fn all_monitors_that_notify_nobody_share_one_warning() {
    let intake = DatadogIntake::start();
    for (settings, warning) in [
        (
            "",
            Some("7 of 7 monitors notify nobody when they alert; list recipients as `notify` in [monitors]"),
        ),
        (
            "[monitors.metrics.'commits.*']\nnotify = ['@slack-ops']\n",
            Some("5 of 7 monitors notify nobody when they alert (ci.tests_passing_on_main, system_health."),
        ),
        ("[monitors]\nnotify = ['@slack-ops']\n", None),
    ] {
        let scene = scene(&intake).file("system-health.toml", settings);
        let pushed = scene.run(&["monitors", "push"]).with_status(0);

        assert_eq!(
            pushed.stderr().matches("notify nobody").count(),
            usize::from(warning.is_some()),
            "{pushed}"
        );
        if let Some(warning) = warning {
            pushed.says(warning);
        }
    }
}

#[test]
fn a_muted_monitor_stays_muted() {
    let intake = DatadogIntake::start();
    let _ = scene(&intake).run(&["monitors", "push"]).with_status(0);
    let id = monitor_of(&intake.monitors(), "commits.hotfix")["id"].as_u64().unwrap();
    intake.edit_monitor(id, |monitor| {
        monitor["options"]["silenced"] = json!({"*": null});
        monitor["options"]["added_tomorrow"] = json!({"x": 1});
        // Datadog refuses these options in combination with those that a push sends.
        monitor["options"]["notify_no_data"] = json!(true);
        monitor["options"]["no_data_timeframe"] = json!(60);
        monitor["options"]["threshold_windows"] = json!({"trigger_window": "last_15m"});
    });
    let _ = scene(&intake).run(&["monitors", "diff"]).with_status(0);
    let scene =
        scene(&intake).file("system-health.toml", "[monitors.metrics.'commits.hotfix']\nrecovery = 1\n");

    let _ = scene.run(&["monitors", "push"]).with_status(0);

    let options = monitor_of(&intake.monitors(), "commits.hotfix")["options"].clone();
    assert_eq!(
        (&options["silenced"], &options["thresholds"]["critical_recovery"]),
        (&json!({"*": null}), &json!(1.0))
    );
    assert_eq!(options["added_tomorrow"], json!({"x": 1}));
    assert_eq!(options["notify_no_data"], false);
    assert!(options.get("no_data_timeframe").or(options.get("threshold_windows")).is_none(), "{options}");
}

#[test]
fn changed_settings_need_no_force() {
    let intake = DatadogIntake::start();
    let _ = scene(&intake).run(&["monitors", "push"]).with_status(0);
    let scene =
        scene(&intake).file("system-health.toml", "[monitors.metrics.'commits.hotfix']\nrecovery = 1\n");

    let diff = scene.run(&["monitors", "diff"]).with_status(1);

    let step =
        diff.json().as_array().unwrap().iter().find(|step| step["action"] == "update").unwrap().clone();
    assert_eq!(step["changes"], json!(["~ options.thresholds.critical_recovery: 3 → 1"]));
    let _ = scene.run(&["monitors", "push"]).with_status(0);
    assert_eq!(writes(&intake).len(), 8);
}

#[test]
fn other_monitors_are_not_changed() {
    let intake = DatadogIntake::start();
    let metric = "metric:commits.hotfix";
    let monitor = |name: &str, tags: &[&str]| {
        json!({"name": name, "type": "query alert", "query": "max(last_5m):max:x{*} > 1", "message": "m",
               "tags": tags, "options": {"thresholds": {"critical": 1.0}}})
    };
    let theirs = [
        monitor("of somebody", &[metric, "env:production", "service:system-health"]),
        monitor(
            "of another environment",
            &["managed_by:system-health", metric, "env:staging", "service:system-health"],
        ),
        monitor(
            "of another service",
            &["managed_by:system-health", metric, "env:production", "service:shop"],
        ),
    ];
    for monitor in &theirs {
        intake.add_monitor(monitor);
    }
    let before = intake.monitors();
    let scene = scene(&intake);

    let _ = scene.run(&["monitors", "push", "--force", "--prune"]).with_status(0);
    assert_eq!(intake.monitors().len(), 10);
    let _ = scene.run(&["monitors", "delete", "--yes"]).with_status(0);

    assert_eq!(intake.monitors(), before);
}

#[test]
fn stale_monitors_are_deleted_only_with_prune() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    let _ = scene.run(&["monitors", "push"]).with_status(0);
    let id = monitor_of(&intake.monitors(), "commits.reverts")["id"].as_u64().unwrap();
    intake.edit_monitor(id, |monitor| {
        monitor["name"] = json!("gone should be < 5");
        let tags = monitor["tags"].as_array_mut().unwrap();
        tags.iter_mut()
            .filter(|tag| **tag == "metric:commits.reverts")
            .for_each(|tag| *tag = json!("metric:gone"));
    });

    let pushed = scene.run(&["monitors", "push"]).with_status(0);
    pushed.says("--prune");
    assert_eq!(steps(&pushed).last().unwrap().0, "stale");
    assert_eq!(intake.monitors().len(), 8);
    let _ = scene.run(&["monitors", "diff"]).with_status(1);

    let left = scene.run(&["monitors", "push", "--prune"]).with_status(1);
    assert_eq!(steps(&left).last().unwrap().0, "left", "somebody changed the monitor");
    let pruned = scene.run(&["monitors", "push", "--prune", "--force"]).with_status(0);
    assert_eq!(steps(&pruned).last().unwrap().0, "deleted");
    assert_eq!(intake.monitors().len(), 7);
}

#[test]
fn single_monitors_can_be_deleted() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    let _ = scene.run(&["monitors", "push"]).with_status(0);

    scene.run(&["monitors", "delete", "commits.hotfix"]).with_status(2).says("--yes");
    let unknown = scene.run(&["monitors", "delete", "commits.hotfx", "--yes"]).with_status(2);
    unknown.says("there is no managed monitor for `commits.hotfx`; did you mean `commits.hotfix`?");
    assert_eq!(intake.monitors().len(), 7);
    let deleted = scene.run(&["monitors", "delete", "commits.hotfix", "--yes"]).with_status(0);

    assert_eq!(steps(&deleted).len(), 1);
    assert_eq!(intake.monitors().len(), 6);
}

#[test]
fn completed_steps_are_shown_if_a_later_step_fails() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    let mut theirs =
        monitor_of(scene.run(&["monitors"]).with_status(0).json().as_array().unwrap(), "commits.hotfix");
    theirs["tags"] = json!([]);
    intake.add_monitor(&theirs);

    let refused = scene.run(&["monitors", "push"]).with_status(3);

    refused.says("Duplicate of an existing monitor");
    assert_eq!(steps(&refused).len(), 1, "{refused}");
    assert_eq!(intake.monitors().len(), 2);
}

#[test]
fn copies_of_monitors_are_reported_and_not_changed() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    let _ = scene.run(&["monitors", "push"]).with_status(0);
    let mut copy = monitor_of(&intake.monitors(), "commits.hotfix");
    copy["name"] = json!("Mine");
    intake.add_monitor(&copy);

    for command in
        [&["monitors", "push"][..], &["monitors", "push", "--prune", "--force"], &["monitors", "diff"]]
    {
        let ended = scene.run(command).with_status(0);
        assert_eq!(steps(&ended).last().unwrap(), &("copy".to_owned(), "Mine".to_owned()), "{ended}");
    }
    assert_eq!(writes(&intake).len(), 7);
    assert_eq!(intake.monitors().len(), 8);
}
