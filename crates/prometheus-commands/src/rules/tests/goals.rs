//! When alerts about goals fire. By default, the reporter runs every 15 minutes, and windows are 30 minutes long.

use super::{assert_fires, rules, series};

/// The first letters of the alerts about goals.
const GOALS: &str = "[BCDJW]";

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn a_gauge_alerts_after_it_has_missed_its_goal_for_the_window() {
    let rules = rules("[monitors.metrics.\"commits.*\"]\ngroup_by = ['repository']");
    let a = series("commits_hotfix", "repository=\"a\"");
    let b = series("commits_hotfix", "repository=\"b\"");
    let other = "commits_hotfix{env=\"test\",service=\"system-health\",repository=\"c\"}";
    let series = [(&*a, "3x29 5x59 4x30"), (&*b, "4x120"), (other, "9x120")];

    let fires: &[&str] = &["CommitsHotfixMissesGoal{repository=\"a\"}"];
    assert_fires(&rules, GOALS, &series, &[(59, &[]), (60, fires), (89, fires), (90, &[])]);
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn samples_that_are_further_apart_than_prometheus_looks_back_alert_too() {
    let series = series("commits_hotfix", "");
    // A sample every 15 minutes, as remote write delivers them.
    let values = "7 _x14 7 _x14 7 _x14 7 _x14 2 _x14 2";

    let fires: &[&str] = &["CommitsHotfixMissesGoal"];
    assert_fires(&rules(""), "C", &[(&series, values)], &[(29, &[]), (30, fires), (59, fires), (60, &[])]);
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn a_short_miss_alerts_for_a_count_but_not_for_a_gauge() {
    let (gauge, count) = (series("commits_hotfix", ""), series("deploys_failed", ""));
    let series = [(&*gauge, "0x14 9x14 0x90"), (&*count, "0x14 9x14 0x90")];

    let fires: &[&str] = &["DeploysFailedMissesGoal"];
    assert_fires(
        &rules(""),
        GOALS,
        &series,
        &[(14, &[]), (15, fires), (40, fires), (59, fires), (60, &[]), (90, &[])],
    );
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn series_before_and_after_a_tag_changes_do_not_count_together() {
    let (old, new) = (series("deploys_failed", "version=\"1\""), series("deploys_failed", "version=\"2\""));
    let other = series("deploys_failed", "version=\"3\"");

    assert_fires(
        &rules(""),
        GOALS,
        &[(&old, "3x19 stale"), (&new, "_x20 3x60")],
        &[(20, &[]), (25, &[]), (45, &[])],
    );
    // Two series at the same time are summed.
    assert_fires(
        &rules(""),
        GOALS,
        &[(&new, "3x60"), (&other, "3x60")],
        &[(20, &["DeploysFailedMissesGoal"])],
    );
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn a_firing_alert_ends_at_the_recovery_threshold() {
    let series = series("build_duration_seconds", "");
    let fires: &[&str] = &["BuildDurationMsMissesGoal"];

    let expected: &[(u32, &[&str])] = &[(29, &[]), (35, fires), (50, fires), (59, fires), (60, &[])];
    assert_fires(&rules(""), GOALS, &[(&series, "0.3x39 0.22x19 0.2x30")], expected);
    // A value between the threshold and the target does not start an alert, and the target itself meets the goal.
    assert_fires(&rules(""), GOALS, &[(&series, "0.22x60")], &[(60, &[])]);
    assert_fires(&rules(""), GOALS, &[(&series, "0.25x60")], &[(60, &[])]);
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn each_comparison_alerts_exactly_if_the_goal_is_missed() {
    for (metric, alert, met, missed) in [
        ("coverage_ratio", "CoverageMissesGoal", &["0.8", "1"][..], &["0.7999", "0"][..]),
        ("ci_checks", "CiChecksMissesGoal", &["2"], &["1.999", "3", "0"]),
        ("ci_mode", "CiModeMissesGoal", &["2", "3.001", "-3"], &["3"]),
        ("commits_hotfix", "CommitsHotfixMissesGoal", &["4.999", "-1"], &["5", "6"]),
    ] {
        let series = series(metric, "");
        for value in met {
            assert_fires(&rules(""), GOALS, &[(&series, &format!("{value}x60"))], &[(60, &[])]);
        }
        for value in missed {
            assert_fires(&rules(""), GOALS, &[(&series, &format!("{value}x60"))], &[(60, &[alert])]);
        }
    }
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn an_exact_goal_is_missed_if_only_the_average_meets_it() {
    let (one, other) = (series("ci_checks", "queue=\"a\""), series("ci_checks", "queue=\"b\""));
    // The average is 2.
    assert_fires(&rules(""), GOALS, &[(&one, "1x60"), (&other, "3x60")], &[(60, &["CiChecksMissesGoal"])]);
    assert_fires(&rules(""), GOALS, &[(&one, "2x60"), (&other, "2x60")], &[(60, &[])]);
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn a_goal_of_two_metrics_needs_both_values_at_the_same_time() {
    let rules = rules("[goals.\"jobs.ratio\"]\ngoal = 'jobs.errors / jobs.runs < 0.1'");
    let (errors, runs) = (series("jobs_errors", ""), series("jobs_runs", ""));
    let fires: &[&str] = &["JobsRatioMissesGoal"];

    for (errors_values, runs_values, expected) in [
        ("1x60", "10x60", fires),
        ("1x60", "11x60", &[]),
        ("1x60", "0x60", &[]),
        ("0x60", "0x60", &[]),
        // The errors of an earlier run are not divided by the runs of a later one.
        ("9x9 stale", "_x20 10x40", &[]),
    ] {
        let series = [(&*errors, errors_values), (&*runs, runs_values)];
        assert_fires(&rules, "Jobs", &series, &[(35, expected)]);
    }
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn the_target_of_a_goal_of_two_metrics_is_in_their_own_unit() {
    let rules = rules("[goals.\"wait.growth\"]\ngoal = 'wait.new_ms - wait.old_ms <= 250'");
    let (old, new) = (series("wait_old_seconds", ""), series("wait_new_seconds", ""));

    for (old_value, new_value, expected) in
        [("0.1", "0.35", &[][..]), ("0.05", "0.3", &[]), ("0.1", "0.351", &["WaitGrowthMissesGoal"])]
    {
        let series = [(&*old, format!("{old_value}x60")), (&*new, format!("{new_value}x60"))];
        let series = [(series[0].0, series[0].1.as_str()), (series[1].0, series[1].1.as_str())];
        assert_fires(&rules, "Wait", &series, &[(60, expected)]);
    }
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn a_sum_of_converted_values_meets_a_goal_that_it_equals() {
    let labels = |repository| format!("repository=\"{repository}\"");
    let [one, other] = ["a", "b"].map(|name| series("build_waits_seconds", &labels(name)));
    let fires: &[&str] = &["BuildWaitsMsMissesGoal"];

    // 0.1 + 0.2 is 0.30000000000000004.
    for (second, expected) in [("0.2x60", &[][..]), ("0.201x60", fires)] {
        assert_fires(&rules(""), "Build", &[(&one, "0.1x60"), (&other, second)], &[(60, expected)]);
    }
}
