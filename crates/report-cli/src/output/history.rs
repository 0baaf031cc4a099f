//! `report history`: what earlier runs found. People get a line for each series, or a plot of one
//! metric with its goal; programs get every value.

use std::{
    collections::BTreeMap,
    fmt,
    time::{Duration, SystemTime},
};

use humantime::format_rfc3339_seconds;
use serde::Serialize;
use system_health_registry::{Catalog, Goal, Tag};
use system_health_state::{Found, HistoryEntry};
use tabled::{builder::Builder, settings};

use super::{
    plot::{Plot, Sparkline, Steps},
    value::{Elapsed, Value},
};

/// The columns of a sparkline, and of a plot.
const OVERVIEW: usize = 32;
const WIDE: usize = 64;

/// What is shown, and of which time.
pub(crate) struct History<'a> {
    /// What runs found, by key and time.
    pub(crate) entries: &'a [HistoryEntry],
    /// The linked metrics, for their goals.
    pub(crate) catalog: &'a Catalog,
    /// One metric, to be shown at large.
    pub(crate) key: Option<&'a str>,
    /// The start.
    pub(crate) since: SystemTime,
    /// The end.
    pub(crate) now: SystemTime,
}

/// The values of one series.
struct Line<'a> {
    key: &'a str,
    unit: Option<&'a str>,
    tags: String,
    values: Vec<(SystemTime, f64)>,
}

impl<'a> History<'a> {
    fn goal(&self, key: &str) -> Option<Goal> {
        self.catalog.metrics().iter().find(|metric| metric.key() == key)?.goal()
    }

    fn lines(&self) -> Vec<Line<'a>> {
        let mut lines = BTreeMap::<(&str, String), Line<'_>>::new();
        for entry in self.entries {
            let Found::Value(samples) = &entry.found else { continue };
            for sample in samples {
                let tags = sample.tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(" ");
                let line = lines.entry((&entry.key, tags.clone())).or_insert_with(|| Line {
                    key: &entry.key,
                    unit: sample.unit.as_deref(),
                    tags,
                    values: Vec::new(),
                });
                line.values.push((entry.time, sample.value));
            }
        }
        lines.into_values().collect()
    }

    fn steps(&self, line: &Line<'_>, count: usize) -> Steps {
        let length = self.now.duration_since(self.since).unwrap_or_default();
        Steps::new(line.values.iter().copied(), self.since, length, count)
    }

    /// When runs of a metric failed, or had no data, and what was said last.
    fn silences(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut silences = BTreeMap::<(&str, &str), (usize, SystemTime, &str)>::new();
        for entry in self.entries {
            let (state, text) = match &entry.found {
                Found::Value(_) => continue,
                Found::NoData(reason) => ("no data", reason),
                Found::Error(error) => ("error", error),
            };
            let silence = silences.entry((&entry.key, state)).or_insert((0, entry.time, text));
            *silence = (silence.0 + 1, entry.time, text);
        }
        for ((key, state), (count, time, text)) in silences {
            let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
            let last = format_rfc3339_seconds(time);
            writeln!(f, "\n{key}: {state} {times}, last at {last}: {text}")?;
        }
        Ok(())
    }

    fn overview(&self, f: &mut fmt::Formatter<'_>, lines: &[Line<'_>]) -> fmt::Result {
        let mut table = Builder::new();
        table.push_record(["METRIC", "HISTORY", "LAST", "UNIT", "GOAL", "AGE", "TAGS"]);
        for line in lines {
            let Some((time, last)) = line.values.last() else { continue };
            let goal = self.goal(line.key).map_or_else(
                || "-".to_owned(),
                |goal| format!("{goal}  {}", if goal.is_met_by(*last) { "met" } else { "missed" }),
            );
            table.push_record([
                line.key.to_owned(),
                Sparkline(&self.steps(line, OVERVIEW)).to_string(),
                Value(*last).to_string(),
                line.unit.unwrap_or("-").to_owned(),
                goal,
                Elapsed(self.now.duration_since(*time).unwrap_or(Duration::ZERO)).to_string(),
                line.tags.clone(),
            ]);
        }
        let mut table = table.build();
        table.with(settings::Style::empty()).with(settings::Padding::new(0, 2, 0, 0));
        table.to_string().lines().try_for_each(|line| writeln!(f, "{}", line.trim_end()))
    }

    fn plots(&self, f: &mut fmt::Formatter<'_>, lines: &[Line<'_>]) -> fmt::Result {
        for line in lines {
            writeln!(f, "{} [{}] {}", line.key, line.tags, line.unit.unwrap_or_default())?;
            write!(f, "{}", Plot { steps: &self.steps(line, WIDE), goal: self.goal(line.key) })?;
        }
        let (since, now) = (format_rfc3339_seconds(self.since), format_rfc3339_seconds(self.now));
        writeln!(f, "from {since} to {now}")
    }
}

impl fmt::Display for History<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines();
        match (self.key, lines.is_empty()) {
            (_, true) => writeln!(f, "No values since {}.", format_rfc3339_seconds(self.since))?,
            (Some(_), false) => self.plots(f, &lines)?,
            (None, false) => self.overview(f, &lines)?,
        }
        self.silences(f)
    }
}

/// One value, or why there was none.
#[derive(Serialize)]
pub(crate) struct Row<'a> {
    time: String,
    key: &'a str,
    state: &'a str,
    value: Option<f64>,
    unit: Option<&'a str>,
    tags: String,
    reason: Option<&'a str>,
}

impl<'a> Row<'a> {
    /// Every value by itself.
    pub(crate) fn of(entries: &'a [HistoryEntry]) -> Vec<Self> {
        entries.iter().flat_map(Self::of_entry).collect()
    }

    fn of_entry(entry: &'a HistoryEntry) -> Vec<Self> {
        let silent = |state, reason| Row {
            time: format_rfc3339_seconds(entry.time).to_string(),
            key: &entry.key,
            state,
            value: None,
            unit: None,
            tags: String::new(),
            reason,
        };
        match &entry.found {
            Found::NoData(reason) => vec![silent("no_data", Some(reason.as_str()))],
            Found::Error(error) => vec![silent("error", Some(error.as_str()))],
            Found::Value(samples) => samples
                .iter()
                .map(|sample| Row {
                    value: Some(sample.value),
                    unit: sample.unit.as_deref(),
                    tags: sample.tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(","),
                    ..silent("value", None)
                })
                .collect(),
        }
    }

    /// The rows as comma-separated values with a header (RFC 4180).
    pub(crate) fn csv(rows: &[Self]) -> anyhow::Result<String> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        rows.iter().try_for_each(|row| csv.serialize(row))?;
        csv.flush()?;
        Ok(String::from_utf8(csv.into_inner()?)?)
    }
}
