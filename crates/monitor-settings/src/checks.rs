//! Refuses settings that Datadog does not support, and windows that would contain no run.
//! See <https://docs.datadoghq.com/api/latest/monitors/#create-a-monitor>.

use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use system_health_registry::{
    Settings,
    alerting::{OnMissingData, Schedule, reporter_window},
    duration_in_words,
};

use crate::settings::{MetricMonitorSettings, MonitorSettings};

const DAY: Duration = Duration::from_hours(24);
const MAX_WINDOW: Duration = Schedule::MAX_WINDOW;

/// Checks what does not depend on the metrics. `all_settings` knows where each setting was set.
pub(crate) fn check(settings: &MonitorSettings, all_settings: &Settings) -> anyhow::Result<()> {
    let at = |key: &str, checked: anyhow::Result<()>| at(all_settings, key, checked);
    let table = || "[monitors]";
    at("every", check_every(settings.every))?;
    at("longest_gap", check_longest_gap(settings.schedule()))?;
    at("renotify", check_time("renotify", settings.renotify, DAY).with_context(table))?;
    at("group_by", check_tags("group_by", &settings.group_by).with_context(table))?;
    at("reporter_by", check_tags("reporter_by", &settings.reporter_by).with_context(table))?;
    for (pattern, own) in &settings.metrics {
        at_metric(all_settings, pattern, check_own(own).with_context(|| table_name(pattern)))?;
    }
    Ok(())
}

/// Checks one table of [monitors.metrics].
fn check_own(own: &MetricMonitorSettings) -> anyhow::Result<()> {
    check_time("window", own.window, MAX_WINDOW)?;
    check_time("renotify", own.renotify, DAY)?;
    check_on_missing_data(own.on_missing_data.as_deref())?;
    check_tags("group_by", own.group_by.as_deref().unwrap_or_default())
}

/// If there is an error, adds where the key in [monitors] was set.
pub(crate) fn at<T>(all_settings: &Settings, key: &str, checked: anyhow::Result<T>) -> anyhow::Result<T> {
    match all_settings.origin::<MonitorSettings>(key) {
        Some(origin) => checked.with_context(|| origin.to_string()),
        None => checked,
    }
}

/// Adds to an error where a table in [monitors.metrics], or a key of it such as `commits.*.recovery`, was set.
pub(crate) fn at_metric<T>(
    all_settings: &Settings,
    pattern: &str,
    checked: anyhow::Result<T>,
) -> anyhow::Result<T> {
    at(all_settings, &format!("metrics.{pattern}"), checked)
}

fn check_every(every: Duration) -> anyhow::Result<()> {
    ensure!(
        is_whole_minutes(every) && every < MAX_WINDOW,
        "`every` in [monitors] is {}; it must be a whole number of minutes and less than {}, the longest window of a Datadog \
         monitor: each window must contain a run",
        duration_in_words(every),
        duration_in_words(MAX_WINDOW)
    );
    Ok(())
}

fn check_longest_gap(schedule: Schedule) -> anyhow::Result<()> {
    let Schedule { every, longest_gap, .. } = schedule;
    ensure!(
        is_whole_minutes(longest_gap) && longest_gap >= every,
        "`longest_gap` in [monitors] is {}; it must be a whole number of minutes and at least `every`, which is {}",
        duration_in_words(longest_gap),
        duration_in_words(every)
    );
    Ok(())
}

/// Checks that the windows of the reporter's monitors are not too long for Datadog. `keys` are those of the metrics that
/// these monitors watch.
pub(crate) fn check_reporter_windows(
    keys: &[&str],
    schedule: Schedule,
    all_settings: &Settings,
) -> anyhow::Result<()> {
    let is_too_long = |key: &str, schedule: Schedule| {
        reporter_window(key, schedule).is_some_and(|window| window > MAX_WINDOW)
    };
    let too_long: Vec<&str> = keys.iter().copied().filter(|key| is_too_long(key, schedule)).collect();
    let Some(first) = too_long.first() else { return Ok(()) };
    let all_fit = |missed: &u32| {
        let schedule = Schedule { missed: *missed, ..schedule };
        !keys.iter().any(|key| is_too_long(key, schedule))
    };
    let longest_every = MAX_WINDOW * 2 / 3;
    // In whole minutes, as `longest_gap` must be.
    let longest_gap = Duration::from_mins(MAX_WINDOW.saturating_sub(schedule.every / 2).as_secs() / 60);
    let advice = match (1..schedule.missed).take_while(all_fit).last() {
        Some(missed) => format!("with this schedule, `missed` in [monitors] must be at most {missed}"),
        None if schedule.every > longest_every => format!(
            "no value of `missed` is possible; `every` in [monitors] must be at most {}",
            duration_in_words(longest_every)
        ),
        None => format!(
            "no value of `missed` is possible; `longest_gap` in [monitors] must be at most {}",
            duration_in_words(longest_gap)
        ),
    };
    let key = ["missed", "longest_gap", "every"]
        .into_iter()
        .find(|key| all_settings.origin::<MonitorSettings>(key).is_some());
    let error = anyhow!(
        "the monitor of {first} needs a window of {}, and Datadog's monitors have at most {}: {advice}; or disable the \
         monitors whose window is too long, with `enabled = false` in {}",
        duration_in_words(reporter_window(first, schedule).unwrap_or_default()),
        duration_in_words(MAX_WINDOW),
        too_long.iter().map(|key| table_name(key)).collect::<Vec<_>>().join(" and ")
    );
    at(all_settings, key.unwrap_or_default(), Err(error))
}

/// Checks that the window of a goal's monitor contains a run, as long as runs are `every` apart.
pub(crate) fn check_goal_window(name: &str, window: Duration, every: Duration) -> anyhow::Result<()> {
    ensure!(
        window > every,
        "the monitor of {name} has a window of {}, and the reporter runs every {}; increase its `window`, or correct `every` in \
         [monitors]",
        duration_in_words(window),
        duration_in_words(every)
    );
    Ok(())
}

fn check_time(name: &str, time: Option<Duration>, max: Duration) -> anyhow::Result<()> {
    let Some(time) = time else { return Ok(()) };
    ensure!(
        is_whole_minutes(time) && time <= max,
        "`{name}` is {}; it must be a whole number of minutes, and at most {}",
        duration_in_words(time),
        duration_in_words(max)
    );
    Ok(())
}

fn is_whole_minutes(time: Duration) -> bool {
    !time.is_zero() && time.as_secs().is_multiple_of(60) && time.subsec_nanos() == 0
}

fn check_on_missing_data(name: Option<&str>) -> anyhow::Result<()> {
    ensure!(
        name.is_none_or(|name| OnMissingData::parse(name).is_some()),
        "`on_missing_data` is `{}`; it must be one of {}",
        name.unwrap_or_default(),
        OnMissingData::NAMES.join(", ")
    );
    Ok(())
}

fn check_tags(name: &str, tags: &[String]) -> anyhow::Result<()> {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-./".contains(&byte);
    for tag in tags {
        ensure!(
            tag.starts_with(|first: char| first.is_ascii_lowercase()) && tag.bytes().all(is_allowed),
            "`{tag}` in `{name}` is not the name of a tag; write a name such as \"repository\", without a value"
        );
    }
    Ok(())
}

/// The name of the table with the settings of a monitor, or of the monitors that a pattern matches.
pub(crate) fn table_name(name: &str) -> String {
    format!("[monitors.metrics.\"{name}\"]")
}
