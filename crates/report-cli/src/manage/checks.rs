//! Refuses settings that Datadog's monitors cannot follow.
//! See <https://docs.datadoghq.com/api/latest/monitors/#create-a-monitor>.

use std::{ops::RangeInclusive, time::Duration};

use anyhow::{Context as _, ensure};
use system_health_datadog::{OnMissingData, Schedule};

use super::settings::{schedule, shown};
use crate::settings::MonitorSettings;

const DAY: Duration = Duration::from_hours(24);
const LONGEST_WINDOW: Duration = Schedule::LONGEST_WINDOW;
const PRIORITIES: RangeInclusive<u8> = 1..=5;

/// Checks each setting by itself.
pub(super) fn check(settings: &MonitorSettings) -> anyhow::Result<()> {
    let (every, longest_gap) = (settings.every, schedule(settings).longest_gap);
    ensure!(settings.missed > 0, "`missed` in [monitors] is 0; it has to be at least 1 run");
    ensure!(
        is_whole_minutes(every) && every < LONGEST_WINDOW,
        "`every` in [monitors] is {}; it has to be whole minutes and less than {}: Datadog's monitors look back no \
         further, and what they look at has to hold a run",
        shown(every),
        shown(LONGEST_WINDOW)
    );
    ensure!(
        is_whole_minutes(longest_gap) && longest_gap >= every,
        "`longest_gap` in [monitors] is {}; it has to be whole minutes and at least `every`, which is {}",
        shown(longest_gap),
        shown(every)
    );
    check_time("renotify", settings.renotify, DAY).context("[monitors]")?;
    check_tags("group_by", &settings.group_by).context("[monitors]")?;
    check_tags("reporter_by", &settings.reporter_by).context("[monitors]")?;
    check_priority(settings.priority).context("[monitors]")?;
    for (pattern, some) in &settings.metrics {
        let checked = check_time("window", some.window, LONGEST_WINDOW)
            .and_then(|()| check_time("renotify", some.renotify, DAY))
            .and_then(|()| check_missing(some.on_missing_data.as_deref()))
            .and_then(|()| check_priority(some.priority))
            .and_then(|()| check_tags("group_by", some.group_by.as_deref().unwrap_or_default()));
        checked.with_context(|| place(pattern))?;
    }
    Ok(())
}

/// Checks that the window of one of the reporter's monitors is not too long for Datadog.
pub(super) fn check_reporter_window(key: &str, window: Duration) -> anyhow::Result<()> {
    ensure!(
        window <= LONGEST_WINDOW,
        "the monitor of {key} would have to look back {}, and Datadog's monitors look back {} at most; lower `missed` \
         or `longest_gap` in [monitors], or leave the monitor out with `enabled = false` in {}",
        shown(window),
        shown(LONGEST_WINDOW),
        place(key)
    );
    Ok(())
}

/// Checks that there is a run in the window of a goal's monitor at any time.
pub(super) fn check_goal_window(key: &str, window: Duration, every: Duration) -> anyhow::Result<()> {
    ensure!(
        window > every,
        "the monitor of {key} looks back {}, and the reporter runs every {}; its `window` has to be longer, or `every` \
         in [monitors] is wrong",
        shown(window),
        shown(every)
    );
    Ok(())
}

fn check_time(name: &str, time: Option<Duration>, most: Duration) -> anyhow::Result<()> {
    let Some(time) = time else { return Ok(()) };
    ensure!(
        is_whole_minutes(time) && time <= most,
        "`{name}` is {}; it has to be whole minutes, and at most {}",
        shown(time),
        shown(most)
    );
    Ok(())
}

fn is_whole_minutes(time: Duration) -> bool {
    !time.is_zero() && time.as_secs().is_multiple_of(60) && time.subsec_nanos() == 0
}

fn check_missing(name: Option<&str>) -> anyhow::Result<()> {
    ensure!(
        name.is_none_or(|name| OnMissingData::parse(name).is_some()),
        "`on_missing_data` is `{}`; it has to be one of {}",
        name.unwrap_or_default(),
        OnMissingData::NAMES.join(", ")
    );
    Ok(())
}

fn check_priority(priority: Option<u8>) -> anyhow::Result<()> {
    ensure!(
        priority.is_none_or(|priority| PRIORITIES.contains(&priority)),
        "`priority` is {}; it has to be from 1 (high) to 5 (low)",
        priority.unwrap_or_default()
    );
    Ok(())
}

fn check_tags(name: &str, tags: &[String]) -> anyhow::Result<()> {
    let is_fit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-./".contains(&byte);
    for tag in tags {
        ensure!(
            tag.starts_with(|first: char| first.is_ascii_lowercase()) && tag.bytes().all(is_fit),
            "`{tag}` in `{name}` is not the name of a tag; write one such as \"repository\", without a value"
        );
    }
    Ok(())
}

/// The place of a metric's settings.
pub(super) fn place(pattern: &str) -> String {
    format!("[monitors.metrics.\"{pattern}\"]")
}
