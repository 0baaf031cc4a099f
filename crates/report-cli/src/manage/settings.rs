//! What the settings say of monitors, put together with what each metric says of itself.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use globset::{Glob, GlobMatcher};
use system_health_datadog::{
    Alerting, Schedule, Scope, WantedMonitor, goal_monitor, is_watched_by_reporter_monitors,
    reporter_monitors,
};
use system_health_registry::{Catalog, Metric, check_recovery};

use crate::settings::{MetricMonitorSettings, MonitorSettings};

/// What Datadog takes for the time without data, and enough for all else.
const DAY: Duration = Duration::from_hours(24);
/// The longest window that Datadog takes.
const WEEK: Duration = Duration::from_hours(7 * 24);

/// The monitors of a catalog: one for each goal, and those of the reporter if it says anything of itself.
pub(super) fn monitors(
    catalog: &Catalog,
    scope: &Scope,
    settings: &MonitorSettings,
) -> anyhow::Result<Vec<WantedMonitor>> {
    check(settings)?;
    let schedule = Schedule { every: settings.every, missed: settings.missed };
    let sayings = Sayings::new(catalog, settings, schedule)?;
    let mut monitors = Vec::new();
    for metric in catalog.metrics().iter().filter(|metric| !is_watched_by_reporter_monitors(metric.key())) {
        let alerting = sayings.alerting(metric)?;
        monitors.extend(alerting.and_then(|alerting| goal_monitor(metric, scope, &alerting)));
    }
    let of_reporter = |key: &str| {
        let metric = catalog.metrics().iter().find(|metric| metric.key() == key)?;
        let said = sayings.of(metric);
        let general = Alerting { group_by: settings.reporter_by.clone(), ..sayings.general() };
        said.enabled.then(|| Alerting {
            notify: said.notify.clone().unwrap_or(general.notify),
            renotify: said.renotify.or(general.renotify),
            ..general
        })
    };
    monitors.extend(reporter_monitors(scope, schedule, of_reporter));
    Ok(monitors)
}

/// Refuses what Datadog's monitors cannot do.
/// See <https://docs.datadoghq.com/api/latest/monitors/#create-a-monitor>.
fn check(settings: &MonitorSettings) -> anyhow::Result<()> {
    ensure!(settings.missed > 0, "`missed` in [monitors] is 0; it has to be at least 1 run");
    let patience = settings.every.saturating_mul(settings.missed.max(2));
    ensure!(
        is_whole_minutes(settings.every) && patience <= DAY,
        "`every` in [monitors] is {}; it has to be whole minutes, and all missed runs together at most a day",
        humantime::format_duration(settings.every)
    );
    check_time("renotify", settings.renotify, DAY).context("[monitors]")?;
    check_tags("group_by", &settings.group_by).context("[monitors]")?;
    check_tags("reporter_by", &settings.reporter_by).context("[monitors]")?;
    for (pattern, said) in &settings.metrics {
        let checked = check_time("window", said.window, WEEK)
            .and_then(|()| check_time("no_data", said.no_data, DAY))
            .and_then(|()| check_time("renotify", said.renotify, DAY))
            .and_then(|()| check_tags("group_by", said.group_by.as_deref().unwrap_or_default()));
        checked.with_context(|| place(pattern))?;
    }
    Ok(())
}

fn check_time(name: &str, time: Option<Duration>, most: Duration) -> anyhow::Result<()> {
    let Some(time) = time else { return Ok(()) };
    ensure!(
        is_whole_minutes(time) && time <= most,
        "`{name}` is {}; it has to be whole minutes, and at most {}",
        humantime::format_duration(time),
        humantime::format_duration(most)
    );
    Ok(())
}

fn is_whole_minutes(time: Duration) -> bool {
    !time.is_zero() && time.as_secs().is_multiple_of(60) && time.subsec_nanos() == 0
}

fn check_tags(name: &str, tags: &[String]) -> anyhow::Result<()> {
    let is_fit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-./".contains(&byte);
    for tag in tags {
        ensure!(
            tag.starts_with(|first: char| first.is_ascii_lowercase()) && tag.bytes().all(is_fit),
            "`{tag}` in `{name}` is no name of a tag; write one such as \"repository\", without a value"
        );
    }
    Ok(())
}

fn place(pattern: &str) -> String {
    format!("[monitors.metrics.\"{pattern}\"]")
}

/// What the settings say of all metrics, and of some.
struct Sayings<'a> {
    settings: &'a MonitorSettings,
    schedule: Schedule,
    /// The most exact first.
    of_some: Vec<(&'a str, GlobMatcher, &'a MetricMonitorSettings)>,
    nothing: MetricMonitorSettings,
}

impl<'a> Sayings<'a> {
    /// A pattern that does nothing is refused: someone believes that it does something.
    fn new(catalog: &Catalog, settings: &'a MonitorSettings, schedule: Schedule) -> anyhow::Result<Self> {
        let is_watched =
            |metric: &&Metric| metric.goal().is_some() || is_watched_by_reporter_monitors(metric.key());
        let keys: Vec<&str> = catalog.metrics().iter().filter(is_watched).map(Metric::key).collect();
        let mut of_some = Vec::new();
        for (pattern, said) in &settings.metrics {
            let matcher = Glob::new(pattern).with_context(|| place(pattern))?.compile_matcher();
            let found: Vec<&&str> = keys.iter().filter(|key| matcher.is_match(key)).collect();
            ensure!(
                !found.is_empty(),
                "{} matches no metric with a monitor; there are {}",
                place(pattern),
                keys.join(", ")
            );
            let is_of_reporter = found.iter().all(|key| is_watched_by_reporter_monitors(key));
            let has_more = said.window.is_some()
                || said.recovery.is_some()
                || said.no_data.is_some()
                || said.group_by.is_some();
            ensure!(
                !(is_of_reporter && has_more),
                "{}: the reporter's own monitors take `enabled`, `notify` and `renotify` alone; `every`, `missed` \
                 and `reporter_by` in [monitors] say the rest",
                place(pattern)
            );
            of_some.push((pattern.as_str(), matcher, said));
        }
        let is_pattern = |text: &str| text.contains(['*', '?', '[', '{']);
        of_some.sort_by_key(|(pattern, ..)| (is_pattern(pattern), usize::MAX - pattern.len()));
        Ok(Self { settings, schedule, of_some, nothing: MetricMonitorSettings::default() })
    }

    /// What is said of a metric.
    fn of(&self, metric: &Metric) -> &MetricMonitorSettings {
        let found = self.of_some.iter().find(|(_, matcher, _)| matcher.is_match(metric.key()));
        found.map_or(&self.nothing, |(.., said)| said)
    }

    /// What goes for all monitors.
    fn general(&self) -> Alerting {
        Alerting {
            notify: self.settings.notify.clone(),
            window: self.schedule.window(),
            recovery: None,
            no_data: None,
            group_by: self.settings.group_by.clone(),
            renotify: self.settings.renotify,
        }
    }

    /// What goes for the monitor of a metric's goal; nothing if it should have none.
    fn alerting(&self, metric: &Metric) -> anyhow::Result<Option<Alerting>> {
        let (said, general, key) = (self.of(metric), self.general(), metric.key());
        if !said.enabled || metric.goal().is_none() {
            return Ok(None);
        }
        if let Some(recovery) = said.recovery {
            check_recovery(recovery, metric.goal())
                .with_context(|| format!("`recovery` of {key} in [monitors.metrics]"))?;
        }
        let own: Vec<String> = metric.notify().iter().map(ToString::to_string).collect();
        let alerting = Alerting {
            notify: said.notify.clone().or((!own.is_empty()).then_some(own)).unwrap_or(general.notify),
            window: said.window.or(metric.window()).unwrap_or(general.window),
            recovery: said.recovery.or(metric.recovery()),
            no_data: said.no_data,
            group_by: said.group_by.clone().unwrap_or(general.group_by),
            renotify: said.renotify.or(general.renotify),
        };
        let (window, every) = (alerting.window, self.schedule.every);
        ensure!(
            window > every,
            "the monitor of {key} looks at {}, and a run comes every {} only; its `window` has to be longer, or \
             `every` in [monitors] is wrong",
            humantime::format_duration(window),
            humantime::format_duration(every)
        );
        ensure!(
            alerting.no_data.is_none_or(|no_data| no_data >= window * 2),
            "`no_data` of {key} has to be at least twice its window of {}, as Datadog recommends",
            humantime::format_duration(window)
        );
        Ok(Some(alerting))
    }
}
