//! A run for people: the values, then the problems, the events and the deliveries. A metric with many subjects or
//! samples is one row.

use std::fmt;

use system_health_registry::{Event, Outcome, OutcomeState, Report, Sample, Tag};
use system_health_reporter::Delivery;

use super::{
    columns::Columns,
    delivery::DeliveryText,
    events::EventLines,
    metric_outcomes::MetricOutcomes,
    problems::Problems,
    request_plans::RequestPlans,
    stdout::Stdout,
    style::{BAD, GOOD, paint},
    text::{one_line, wrap},
    value::{Elapsed, ShownSampleValue, ShownValue},
};

/// A report and its deliveries as text.
pub(crate) struct TableReport<'a> {
    report: &'a Report,
    groups: Vec<MetricOutcomes<'a>>,
    deliveries: &'a [Delivery],
    events: &'a [Event],
    width: Option<usize>,
}

impl<'a> TableReport<'a> {
    /// Shows a report in the width of the terminal.
    pub(crate) fn new(report: &'a Report, deliveries: &'a [Delivery]) -> Self {
        let groups = MetricOutcomes::of_report(report);
        Self { report, groups, deliveries, events: &[], width: Stdout::width() }
    }

    /// Adds the events of the run.
    pub(crate) fn with_events(mut self, events: &'a [Event]) -> Self {
        self.events = events;
        self
    }

    /// The metrics with so few samples that each sample has a row.
    fn detailed(&self) -> impl Iterator<Item = &MetricOutcomes<'a>> {
        self.groups.iter().filter(|group| group.is_short())
    }

    /// The other metrics, with one row each.
    fn summarized(&self) -> impl Iterator<Item = &MetricOutcomes<'a>> {
        self.groups.iter().filter(|group| !group.is_short())
    }

    /// A row for each sample.
    fn samples(&self) -> Columns {
        let shown = || self.detailed().flat_map(MetricOutcomes::samples);
        let with_subject = shown().any(|(outcome, _)| outcome.subject.is_some());
        let with_tags = shown().any(|(_, sample)| !sample.tags().is_empty());
        let mut headings = vec![("VALUE", true), ("UNIT", false), ("GOAL", false), ("TIME", true)];
        if with_subject {
            headings.insert(0, ("SUBJECT", false));
        }
        headings.extend(with_tags.then_some(("TAGS", false)));
        let mut columns = Columns::new(headings);
        for (outcome, sample) in shown() {
            let mut cells = cells(outcome, sample);
            if with_subject {
                let subject = outcome.subject.as_ref();
                cells.insert(0, subject.map_or_else(|| "-".to_owned(), |it| one_line(it.name())));
            }
            cells.extend(with_tags.then(|| tags(sample)));
            columns.push(outcome.metric.key(), cells);
        }
        columns
    }

    /// A row for each metric with many samples: how many there are, and in which range.
    fn summaries(&self) -> Columns {
        let (no_data, errors, failed) = (
            self.summarized().any(|group| group.count(OutcomeState::NoData) > 0),
            self.summarized().any(|group| group.count(OutcomeState::Error) > 0),
            self.summarized().any(|group| group.failed_items() > 0),
        );
        let headings = [
            (true, ("SUBJECTS", true)),
            (true, ("SAMPLES", true)),
            (no_data, ("NO DATA", true)),
            (errors, ("ERRORS", true)),
            (failed, ("FAILED ITEMS", true)),
            (true, ("MIN", true)),
            (true, ("MEDIAN", true)),
            (true, ("MAX", true)),
            (true, ("UNIT", false)),
            (true, ("GOAL", false)),
        ];
        let mut columns = Columns::new(wanted(headings).collect());
        for group in self.summarized() {
            let range = group.range();
            let value =
                |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |it| ShownValue(it).to_string());
            let bad = |number: usize| match number {
                0 => "0".to_owned(),
                _ => paint(BAD, &number.to_string()),
            };
            let cells = [
                (true, group.subjects().map_or_else(|| "-".to_owned(), |number| number.to_string())),
                (true, group.samples().count().to_string()),
                (no_data, group.count(OutcomeState::NoData).to_string()),
                (errors, bad(group.count(OutcomeState::Error))),
                (failed, bad(group.failed_items())),
                (true, value(range.map(|range| range.min))),
                (true, value(range.map(|range| range.median))),
                (true, value(range.map(|range| range.max))),
                (true, group.metric.unit().unwrap_or("-").to_owned()),
                (true, goal_summary(group)),
            ];
            columns.push(group.metric.key(), wanted(cells).collect());
        }
        columns
    }

    fn write_values(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (samples, summaries) = (self.samples(), self.summaries());
        if samples.is_empty() && summaries.is_empty() {
            return writeln!(f, "No metric has a value.");
        }
        if !samples.is_empty() {
            samples.write(f, self.width)?;
        }
        if !samples.is_empty() && !summaries.is_empty() {
            writeln!(f)?;
        }
        if summaries.is_empty() { Ok(()) } else { summaries.write(f, self.width) }
    }
}

impl fmt::Display for TableReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_values(f)?;
        let sources = self.report.run().sources();
        Problems { groups: &self.groups, items_of: &self.groups, sources, width: self.width }.fmt(f)?;
        if self.summarized().next().is_some() {
            let hint = if self.summarized().any(|group| group.subjects().is_some()) {
                "--format json shows all; the command `explain KEY --subject NAME` shows what is behind one value."
            } else {
                "--format json shows all; the command `explain KEY` shows what is behind some values."
            };
            writeln!(f)?;
            wrap(f, self.width, ("", ""), hint)?;
        }
        EventLines { events: self.events, width: self.width }.fmt(f)?;
        RequestPlans::of_dry_run(self.report.run(), self.deliveries, self.width).fmt(f)?;
        DeliveryText::all(self.deliveries).try_for_each(|delivery| write!(f, "\n{delivery}"))
    }
}

fn cells(outcome: &Outcome, sample: &Sample) -> Vec<String> {
    let metric = &outcome.metric;
    let goal = metric.goal().zip(metric.condition()).map_or_else(
        || "-".to_owned(),
        |(goal, condition)| {
            let met = sample.meets(goal);
            format!("{condition}  {}", if met { paint(GOOD, "met") } else { paint(BAD, "missed") })
        },
    );
    vec![
        ShownSampleValue(sample.value()).to_string(),
        metric.unit().unwrap_or("-").to_owned(),
        goal,
        Elapsed(outcome.duration).to_string(),
    ]
}

/// The columns that are marked with `true`.
fn wanted<T>(columns: impl IntoIterator<Item = (bool, T)>) -> impl Iterator<Item = T> {
    columns.into_iter().filter_map(|(is_wanted, column)| is_wanted.then_some(column))
}

fn goal_summary(group: &MetricOutcomes<'_>) -> String {
    let Some(goal) = group.metric.condition() else { return "-".to_owned() };
    match (group.missed().len(), group.samples().next()) {
        (_, None) => goal,
        (0, _) => format!("{goal}  {}", paint(GOOD, "met")),
        (number, _) => format!("{goal}  {}", paint(BAD, &format!("{number} missed"))),
    }
}

fn tags(sample: &Sample) -> String {
    sample.tags().iter().map(Tag::as_str).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
