//! What the rules look like.

use serde_json::json;
use system_health_test_support::prometheus::{check_file, test_rules};

use super::{rules, series};

/// The rule of an alert.
fn rule(rules: &str, alert: &str) -> String {
    let start = rules.find(&format!("      - alert: {alert}\n")).unwrap();
    let rest = &rules[start..];
    let ends = ["      - alert: ", "  - name"].into_iter().filter_map(|next| rest[1..].find(next));
    let end = ends.min().map_or(rest.len(), |end| end + 1);
    rest[..end].to_owned()
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn a_goal_is_a_rule_with_labels_and_links() {
    insta::assert_snapshot!(rule(&rules("[monitors]\npriority = 1"), "CommitsHotfixMissesGoal"), @r#"
    - alert: CommitsHotfixMissesGoal
      expr: 'last_over_time(max(commits_hotfix{env="production",service="system-health"})[30m:1m]) >= 5'
      for: 30m
      labels:
        env: "production"
        metric: "commits.hotfix"
        owner: "team-web"
        service: "system-health"
        severity: "critical"
        team: "web"
      annotations:
        dashboard_url: "https://grafana.example.com/d/system-health"
        description: "The number of commits.hotfix."
        runbook_url: "https://wiki.example.com/hotfix"
        summary: "commits.hotfix is {{ $value | humanize }} and should be < 5"
    "#);
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn a_goal_of_two_metrics_is_a_rule_with_both_metrics() {
    let rules = rules("[goals.\"jobs.ratio\"]\ngoal = 'jobs.errors / jobs.runs < 0.1'\nowner = 'team-ci'");
    insta::assert_snapshot!(rule(&rules, "JobsRatioMissesGoal"), @r#"
    - alert: JobsRatioMissesGoal
      expr: 'max_over_time((sum(jobs_errors{env="production",service="system-health"}) / (sum(jobs_runs{env="production",service="system-health"}) != 0))[30m:1m]) >= 0.1'
      labels:
        env: "production"
        metric: "jobs.ratio"
        owner: "team-ci"
        service: "system-health"
        severity: "warning"
      annotations:
        dashboard_url: "https://grafana.example.com/d/system-health"
        description: "jobs.errors: Errors.\njobs.runs: Runs."
        summary: "jobs.errors / jobs.runs is {{ $value | humanize }} and should be < 0.1"
    "#);
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn an_alert_says_what_is_wrong_in_words() {
    let series = series("build_duration_seconds", "");
    let alert = json!({
        "exp_labels": {
            "env": "production",
            "metric": "build.duration_ms",
            "service": "system-health",
            "severity": "warning",
        },
        "exp_annotations": {
            "summary": "build.duration_ms is 1m 30s and should be <= 250 ms",
            "description": "The number of build.duration_ms.",
            "dashboard_url": "https://grafana.example.com/d/system-health",
        },
    });
    let test = json!({
        "interval": "1m",
        "input_series": [{"series": series, "values": "90x60"}],
        "alert_rule_test": [
            {"eval_time": "60m", "alertname": "BuildDurationMsMissesGoal", "exp_alerts": [alert]},
        ],
    });
    let result = test_rules(&rules(""), json!({"evaluation_interval": "1m", "tests": [test]}));
    assert_eq!(result.status, Some(0), "{}", result.output);
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn the_value_of_a_group_replaces_the_label_of_the_rule() {
    let rules = rules("[monitors.metrics.\"deploys.*\"]\ngroup_by = ['severity']");
    let [high, low] = ["high", "low"].map(|name| series("deploys_failed", &format!("severity=\"{name}\"")));
    let alert = |severity: &str| {
        json!({
            "exp_labels": {
                "env": "production",
                "metric": "deploys.failed",
                "service": "system-health",
                "severity": severity,
            },
            "exp_annotations": {
                "summary": format!("deploys.failed is 9 and should be < 4 ({severity})"),
                "description": "The number of deploys.failed.",
                "dashboard_url": "https://grafana.example.com/d/system-health",
            },
        })
    };
    let alerts = [alert("high"), alert("low")];
    let test = json!({
        "interval": "1m",
        "input_series": [{"series": high, "values": "9x60"}, {"series": low, "values": "9x60"}],
        "alert_rule_test": [
            {"eval_time": "30m", "alertname": "DeploysFailedMissesGoal", "exp_alerts": alerts},
        ],
    });
    let result = test_rules(&rules, json!({"evaluation_interval": "1m", "tests": [test]}));
    assert_eq!(result.status, Some(0), "{}\n{rules}", result.output);
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn promtool_finds_mistakes_in_expressions_and_templates() {
    let rules = rules("");
    for (part, mistake) in [("[30m:1m]", "[30:1m]"), ("{{ $value |", "{{ $valu |"), ("for: 30m", "for: soon")]
    {
        assert!(rules.contains(part), "{part}");
        assert_ne!(check_file("rules", &rules.replacen(part, mistake, 1)).status, Some(0), "{mistake}");
    }
}
