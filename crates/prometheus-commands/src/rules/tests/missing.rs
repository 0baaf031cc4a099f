//! Alerts about missing values.

use super::{assert_fires, rules, series};

const NOTIFY: &str = "on_missing_data = 'show_and_notify_no_data'";
const TABLE: &str = "[monitors.metrics.\"commits.*\"]";

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn missing_values_alert_only_if_the_settings_say_so() {
    let series = series("commits_hotfix", "");
    // A failed run removes the value from a Pushgateway.
    let values = "1x29 stale _x60 1x30";
    let fires: &[&str] = &["CommitsHotfixHasNoValue"];

    let notified = rules(&format!("{TABLE}\n{NOTIFY}"));
    let expected: &[(u32, &[&str])] = &[(10, &[]), (58, &[]), (62, fires), (89, fires), (92, &[])];
    assert_fires(&notified, "Commits", &[(&series, values)], expected);
    assert_fires(&rules(""), "Commits", &[(&series, values)], &[(62, &[])]);
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn a_group_without_values_alerts_beside_others_with_values() {
    let rules = rules(&format!("{TABLE}\n{NOTIFY}\ngroup_by = ['repository']"));
    let a = series("commits_hotfix", "repository=\"a\"");
    let b = series("commits_hotfix", "repository=\"b\"");
    let series = [(&*a, "1x120"), (&*b, "1x29 stale")];

    let fires: &[&str] = &["CommitsHotfixHasNoValue{repository=\"b\"}"];
    assert_fires(&rules, "Commits", &series, &[(10, &[]), (58, &[]), (62, fires), (120, fires)]);
    // There never was a value.
    assert_fires(&rules, "Commits", &[], &[(1, &["CommitsHotfixHasNoValue"])]);
}
