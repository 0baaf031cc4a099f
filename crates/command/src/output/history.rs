//! `report history`: the results of earlier runs. People get a line for each series. If they name one metric, they
//! get a plot of each of its series, with the goal. If a metric has many series, people get only some of them: first those that
//! miss the goal. Programs get every value.

use std::{
    borrow::Cow,
    cmp::Reverse,
    collections::BTreeMap,
    fmt,
    time::{Duration, SystemTime},
};

use humantime::format_rfc3339_seconds;
use serde::Serialize;
use system_health_registry::{Catalog, Goal, Tag, Value, trace::TraceId};
use system_health_state::{HistoryEntry, PastFailures, PastResult};
use tabled::{builder::Builder, settings};

use super::{
    distribution_summary::DistributionSummary,
    plot::{Plot, Sparkline, TimeSlots},
    text::{count, one_line},
    value::{Elapsed, ExactValue, ShownValue},
};

/// Width of a sparkline, in columns of the terminal.
const SPARKLINE_WIDTH: usize = 32;
/// Width of a plot, in columns of the terminal.
const PLOT_WIDTH: usize = 64;

/// Maximum number of series that are shown for one metric.
const MAX_SERIES: usize = 20;
/// Maximum number of subjects whose problems are shown for one metric.
const MAX_SUBJECTS: usize = 5;

/// The results of earlier runs, and the time range that is shown.
pub(crate) struct HistoryReport<'a> {
    /// The results, by key, subject and time.
    pub(crate) entries: &'a [HistoryEntry],
    /// The linked metrics and those of sources, for their goals.
    pub(crate) catalog: &'a Catalog,
    /// The only metric to show. Its series are shown as plots.
    pub(crate) key: Option<&'a str>,
    /// The start of the time range.
    pub(crate) since: SystemTime,
    /// The end of the time range.
    pub(crate) now: SystemTime,
}

/// The values of one series.
struct PastSeries<'a> {
    key: &'a str,
    unit: Option<&'a str>,
    tags: String,
    values: Vec<(SystemTime, f64)>,
}

/// How often a subject had a problem, and the last reason.
struct PastProblem<'a> {
    subject: &'a str,
    count: usize,
    last: SystemTime,
    text: String,
}

impl PastSeries<'_> {
    /// Whether the last value meets the goal; `None` without a goal or without a value.
    fn meets(&self, goal: Option<Goal>) -> Option<bool> {
        Some(goal?.is_met_by(self.values.last()?.1))
    }
}

impl<'a> HistoryReport<'a> {
    fn goal(&self, key: &str) -> Option<Goal> {
        self.catalog.metrics().iter().find(|metric| metric.key() == key)?.goal()
    }

    fn series(&self) -> Vec<PastSeries<'a>> {
        let mut all_series = BTreeMap::<(&str, String), PastSeries<'_>>::new();
        // Sorted by time only, because several subjects may have written the same series.
        let mut by_time: Vec<&HistoryEntry> = self.entries.iter().collect();
        by_time.sort_by_key(|entry| entry.time);
        for entry in by_time {
            let PastResult::Value { samples, .. } = &entry.result else { continue };
            for sample in samples {
                let tags = sample.tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(" ");
                let series = all_series.entry((&entry.key, tags.clone())).or_insert_with(|| PastSeries {
                    key: &entry.key,
                    unit: None,
                    tags,
                    values: Vec::new(),
                });
                // The unit of the last value, because the metric's unit may have changed.
                series.unit = sample.unit.as_deref();
                let value = match &sample.value {
                    Value::Number(number) => Some(*number),
                    Value::Distribution(values) => values.quantile(0.5),
                };
                series.values.extend(value.map(|value| (entry.time, value)));
            }
        }
        all_series.into_values().collect()
    }

    fn slots(&self, series: &PastSeries<'_>, count: usize) -> TimeSlots {
        let length = self.now.duration_since(self.since).unwrap_or_default();
        TimeSlots::new(series.values.iter().copied(), self.since, length, count)
    }

    /// How often each subject of a metric failed, had no data or had failed items, with the last reason.
    fn problems(&self) -> BTreeMap<(&'a str, &'static str), Vec<PastProblem<'a>>> {
        let mut problems = BTreeMap::<_, Vec<PastProblem<'_>>>::new();
        for entry in self.entries {
            let (state, text) = match &entry.result {
                PastResult::Value { failures: None, .. } => continue,
                PastResult::Value { failures: Some(failures), .. } => {
                    ("items failed", failed_items(failures))
                }
                PastResult::NoData(reason) => ("no data", reason.clone()),
                PastResult::Error(error) => ("error", error.clone()),
            };
            let (subject, last) = (entry.subject.as_str(), entry.time);
            let same_metric = problems.entry((entry.key.as_str(), state)).or_default();
            // The entries of a subject follow each other.
            match same_metric.last_mut().filter(|problem| problem.subject == subject) {
                Some(problem) => *problem = PastProblem { subject, count: problem.count + 1, last, text },
                None => same_metric.push(PastProblem { subject, count: 1, last, text }),
            }
        }
        problems
    }

    fn write_problems(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((key, state), mut problems) in self.problems() {
            writeln!(f)?;
            // Problems that still exist come before those that are over.
            problems.sort_by_key(|problem| Reverse(problem.last));
            let hidden = problems.split_off(problems.len().min(MAX_SUBJECTS));
            for PastProblem { subject, count, last, text } in problems {
                let space = if subject.is_empty() { "" } else { " " };
                let (last, text) = (format_rfc3339_seconds(last), one_line(&text));
                let subject = one_line(subject);
                writeln!(f, "{key}{space}{subject}: {state} {}, last at {last}: {text}", Times(count))?;
            }
            if !hidden.is_empty() {
                let times = Times(hidden.iter().map(|problem| problem.count).sum());
                writeln!(f, "{key}: {state} {times} for {}", count(hidden.len(), "more subject"))?;
            }
        }
        Ok(())
    }

    /// Says how many results were computed by a backfill, and for which times.
    fn write_backfilled(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let backfilled = || self.entries.iter().filter(|entry| entry.backfilled).map(|entry| entry.time);
        let (Some(first), Some(last)) = (backfilled().min(), backfilled().max()) else { return Ok(()) };
        let results = count(backfilled().count(), "result");
        let (first, last) = (format_rfc3339_seconds(first), format_rfc3339_seconds(last));
        writeln!(f, "computed by `backfill`: {results}, from {first} to {last}")
    }

    fn overview(&self, f: &mut fmt::Formatter<'_>, all_series: &[PastSeries<'_>]) -> fmt::Result {
        let mut table = Builder::new();
        table.push_record(["METRIC", "HISTORY", "LAST", "UNIT", "GOAL", "AGE", "TAGS"]);
        for same_metric in all_series.chunk_by(|series, next| series.key == next.key) {
            let goal = self.goal(same_metric[0].key);
            let (shown, note) = most_important(same_metric, goal);
            for series in shown {
                let Some((time, last)) = series.values.last() else { continue };
                let goal = match (goal, series.meets(goal)) {
                    (Some(goal), Some(true)) => format!("{goal}  met"),
                    (Some(goal), _) => format!("{goal}  missed"),
                    (None, _) => "-".to_owned(),
                };
                table.push_record([
                    series.key.to_owned(),
                    Sparkline(&self.slots(series, SPARKLINE_WIDTH)).to_string(),
                    ShownValue(*last).to_string(),
                    series.unit.unwrap_or("-").to_owned(),
                    goal,
                    Elapsed(self.now.duration_since(*time).unwrap_or(Duration::ZERO)).to_string(),
                    series.tags.clone(),
                ]);
            }
            if let Some(note) = note {
                table.push_record([note]);
            }
        }
        let mut table = table.build();
        table.with(settings::Style::empty()).with(settings::Padding::new(0, 2, 0, 0));
        table.to_string().lines().try_for_each(|line| writeln!(f, "{}", line.trim_end()))
    }

    fn plots(&self, f: &mut fmt::Formatter<'_>, all_series: &[PastSeries<'_>]) -> fmt::Result {
        let goal = self.key.and_then(|key| self.goal(key));
        let (shown, note) = most_important(all_series, goal);
        for series in shown {
            writeln!(f, "{} [{}] {}", series.key, series.tags, series.unit.unwrap_or_default())?;
            write!(f, "{}", Plot { slots: &self.slots(series, PLOT_WIDTH), goal })?;
        }
        if let Some(note) = note {
            writeln!(f, "{note}")?;
        }
        let (since, now) = (format_rfc3339_seconds(self.since), format_rfc3339_seconds(self.now));
        writeln!(f, "from {since} to {now}")
    }
}

impl fmt::Display for HistoryReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all_series = self.series();
        match (self.key, all_series.is_empty()) {
            (_, true) => writeln!(f, "No values since {}.", format_rfc3339_seconds(self.since))?,
            (Some(_), false) => self.plots(f, &all_series)?,
            (None, false) => self.overview(f, &all_series)?,
        }
        self.write_backfilled(f)?;
        self.write_problems(f)
    }
}

/// How often something happened: `once` or `3 times`.
struct Times(usize);

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("once"),
            count => write!(f, "{count} times"),
        }
    }
}

fn failed_items(PastFailures { count, first }: &PastFailures) -> String {
    match count {
        1 => first.clone(),
        _ => format!("{count} items, the first one: {first}"),
    }
}

/// The series of a metric that are shown, and a note about the others. If there are many, those that miss the goal come
/// first.
fn most_important<'l, 'a>(
    all_series: &'l [PastSeries<'a>],
    goal: Option<Goal>,
) -> (Vec<&'l PastSeries<'a>>, Option<String>) {
    let mut shown: Vec<_> = all_series.iter().collect();
    if shown.len() <= MAX_SERIES {
        return (shown, None);
    }
    shown.sort_by_key(|series| series.meets(goal) != Some(false));
    let hidden = shown.split_off(MAX_SERIES);
    let missed = hidden.iter().filter(|series| series.meets(goal) == Some(false)).count();
    let goal_clause = match (goal, missed, hidden.len()) {
        (None, ..) => String::new(),
        (Some(_), 0, 1) => ", which meets the goal".to_owned(),
        (Some(_), 0, _) => ", all of which meet the goal".to_owned(),
        (Some(_), 1, 1) => ", which misses the goal".to_owned(),
        (Some(_), 1, _) => ", 1 of which misses the goal".to_owned(),
        (Some(_), missed, _) => format!(", {missed} of which miss the goal"),
    };
    (shown, Some(format!("… {} more series{goal_clause}: see --format json", hidden.len())))
}

/// One value, or the reason why a value is missing.
#[derive(Serialize)]
pub struct HistoryRow<'a> {
    time: String,
    key: &'a str,
    subject: &'a str,
    state: &'a str,
    value: Option<ExactValue>,
    // Left out for a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    distribution: Option<DistributionSummary>,
    unit: Option<&'a str>,
    tags: Vec<&'a str>,
    reason: Option<Cow<'a, str>>,
    // Left out if the run was not traced.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<TraceId>,
    /// Whether a backfill computed the result.
    backfilled: bool,
}

impl<'a> HistoryRow<'a> {
    /// A row for each value, and for each reason why a value is missing.
    pub fn from_entries(entries: &'a [HistoryEntry]) -> impl Iterator<Item = Self> {
        entries.iter().flat_map(Self::from_entry)
    }

    fn from_entry(entry: &'a HistoryEntry) -> Vec<Self> {
        let row = |state, reason| HistoryRow {
            time: format_rfc3339_seconds(entry.time).to_string(),
            key: &entry.key,
            subject: &entry.subject,
            state,
            value: None,
            distribution: None,
            unit: None,
            tags: Vec::new(),
            reason,
            trace_id: entry.trace,
            backfilled: entry.backfilled,
        };
        match &entry.result {
            PastResult::NoData(reason) => vec![row("no_data", Some(Cow::from(reason)))],
            PastResult::Error(error) => vec![row("error", Some(Cow::from(error)))],
            PastResult::Value { samples, failures } => {
                let values = samples.iter().map(|sample| HistoryRow {
                    value: sample.value.number().map(ExactValue),
                    distribution: sample.value.distribution().map(DistributionSummary::from),
                    unit: sample.unit.as_deref(),
                    tags: sample.tags.iter().map(Tag::as_str).collect(),
                    ..row("value", None)
                });
                let failed = failures.iter().map(|failures| {
                    let reason = failed_items(failures);
                    row("items_failed", Some(Cow::from(reason)))
                });
                values.chain(failed).collect()
            }
        }
    }

    /// The rows as comma-separated values with a header. Fields are quoted as in RFC 4180, but lines end with `\n`. The tags of
    /// a row are one field.
    pub(crate) fn csv(rows: &[Self]) -> anyhow::Result<String> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record([
            "time",
            "key",
            "subject",
            "state",
            "value",
            "unit",
            "tags",
            "reason",
            "count",
            "p50",
            "p99",
            "backfilled",
        ])?;
        for row in rows {
            let Self {
                time, key, subject, state, value, distribution, unit, tags, reason, backfilled, ..
            } = row;
            let summary = distribution.as_ref();
            let (count, p50, p99) =
                (summary.map(|it| it.count), summary.and_then(|it| it.p50), summary.and_then(|it| it.p99));
            let tags = tags.join(",");
            csv.serialize((
                time, key, subject, state, value, unit, tags, reason, count, p50, p99, backfilled,
            ))?;
        }
        csv.flush()?;
        Ok(String::from_utf8(csv.into_inner()?)?)
    }
}

#[cfg(test)]
mod tests;
