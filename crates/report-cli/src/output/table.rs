//! A run for people: the values first, then what had no data or failed and why, then what became of
//! the deliveries. Colour only repeats what the words say.

use std::fmt;

use anstyle::{AnsiColor, Style};
use system_health_registry::{Outcome, Report, Sample, Tag, Unavailable};
use tabled::{builder::Builder, settings};

use super::value::{Elapsed, Value};
use crate::delivery::{Delivery, Fate, Receipt, Refusal, Success};

/// More samples of one metric than this are counted, not shown.
const MOST_SAMPLES: usize = 20;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const QUIET: Style = AnsiColor::Yellow.on_default();
const HEADING: Style = Style::new().bold();

/// A report and its deliveries as text.
pub(crate) struct TableReport<'a> {
    report: &'a Report,
    deliveries: &'a [Delivery],
}

impl<'a> TableReport<'a> {
    /// Shows a report.
    pub(crate) fn new(report: &'a Report, deliveries: &'a [Delivery]) -> Self {
        Self { report, deliveries }
    }

    fn values(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcomes = self.report.run().outcomes();
        let with_tags = outcomes.iter().flat_map(Outcome::samples).any(|sample| !sample.tags().is_empty());
        let mut table = Builder::new();
        let mut header = vec!["METRIC", "VALUE", "UNIT", "GOAL", "TIME"];
        header.extend(with_tags.then_some("TAGS"));
        table.push_record(header.into_iter().map(|name| paint(HEADING, name)));
        for outcome in outcomes {
            if outcome.samples().is_empty() {
                continue;
            }
            for sample in outcome.samples().iter().take(MOST_SAMPLES) {
                let mut row = row(outcome, sample);
                row.extend(with_tags.then(|| tags(sample)));
                table.push_record(row);
            }
            if let Some(hidden @ 1..) = outcome.samples().len().checked_sub(MOST_SAMPLES) {
                table.push_record([format!("… {hidden} more samples: see --format json")]);
            }
        }
        if table.count_records() == 1 {
            return writeln!(f, "No metric has a value.");
        }
        let mut table = table.build();
        table.with(settings::Style::empty()).with(settings::Padding::new(0, 2, 0, 0));
        for line in table.to_string().lines() {
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn section<'r>(
        &self,
        f: &mut fmt::Formatter<'_>,
        heading: &str,
        reason: impl Fn(&'r Outcome) -> Option<String>,
    ) -> fmt::Result
    where
        'a: 'r,
    {
        let outcomes = self.report.run().outcomes();
        let reasons: Vec<_> = outcomes.iter().filter_map(|it| Some((it.metric.key(), reason(it)?))).collect();
        if reasons.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n{heading}")?;
        reasons.iter().try_for_each(|(key, reason)| writeln!(f, "  {key}: {reason}"))
    }
}

impl fmt::Display for TableReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.values(f)?;
        self.section(f, &paint(QUIET, "No data"), |outcome| match &outcome.result {
            Err(Unavailable::NoData(no_data)) => Some(no_data.reason().to_owned()),
            Ok(_) | Err(Unavailable::Error(_)) => None,
        })?;
        self.section(f, &paint(BAD, "Errors"), |outcome| match &outcome.result {
            Err(Unavailable::Error(error)) => Some(error.to_string()),
            Ok(_) | Err(Unavailable::NoData(_)) => None,
        })?;
        self.deliveries.iter().try_for_each(|delivery| write!(f, "\n{delivery}"))
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sink = self.sink;
        match &self.fate {
            Fate::Pushed(receipt) => {
                match receipt.success() {
                    Success::Accepted => write!(f, "Delivered to {sink}")?,
                    Success::Partial => write!(f, "{} to {sink}", paint(BAD, "Partly delivered"))?,
                    Success::Failed => write!(f, "{} to {sink}", paint(BAD, "Not delivered"))?,
                }
                write!(f, "{receipt}")
            }
            Fate::DryRun { series, payload, events } => {
                writeln!(f, "Would be delivered to {sink}: {series} series.\n{payload:#}")?;
                events.iter().try_for_each(|event| writeln!(f, "An event would be sent:\n{event:#}"))
            }
        }
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.success(), &self.error) {
            (Success::Failed, Some(error)) => writeln!(f, ": {error}")?,
            (_, Some(error)) => writeln!(f, ": {} series; {error}", self.accepted)?,
            (_, None) => writeln!(f, ": {} series.", self.accepted)?,
        }
        for Refusal { series, error } in &self.refused {
            writeln!(f, "  refused: {series} series: {error}")?;
        }
        let lost = if self.no_state {
            "points are lost: with --no-state nothing is kept"
        } else {
            "points are lost: there is no usable state folder to keep them in"
        };
        let counts = [
            (self.accepted_earlier, "points of earlier runs were delivered too"),
            (self.left, "points wait in the outbox for the next run"),
            (self.lost, lost),
            (self.expired, "points of earlier runs were dropped: they had become too old"),
            (self.events, "events were sent"),
            (self.events_left, "events wait for the next run"),
        ];
        let mut counts = counts.iter().filter(|(count, _)| *count > 0);
        counts.try_for_each(|(count, what)| writeln!(f, "  {count} {what}"))
    }
}

fn row(outcome: &Outcome, sample: &Sample) -> Vec<String> {
    let metric = &outcome.metric;
    let goal = metric.goal().map_or_else(
        || "-".to_owned(),
        |goal| {
            let met = goal.is_met_by(sample.value());
            format!("{goal}  {}", if met { paint(GOOD, "met") } else { paint(BAD, "missed") })
        },
    );
    vec![
        metric.key().to_owned(),
        Value(sample.value()).to_string(),
        metric.unit().unwrap_or("-").to_owned(),
        goal,
        Elapsed(outcome.duration).to_string(),
    ]
}

fn tags(sample: &Sample) -> String {
    sample.tags().iter().map(Tag::as_str).collect::<Vec<_>>().join(" ")
}

fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}
