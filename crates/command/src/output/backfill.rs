//! `report backfill` for people: what was computed for the past, and what was not.

use std::fmt;

use humantime::{format_duration, format_rfc3339_seconds};
use system_health_registry::OutcomeState;
use system_health_reporter::{Backfill, BackfillDifference, BackfilledMetric, WithoutValue};
use system_health_state::PastSample;

use super::{
    columns::Columns,
    request_plans::RequestPlans,
    text::{count, one_line, wrap},
    value::ShownSampleValue,
};

/// Maximum number of lines for a metric in each section: errors, differences and no data. JSON has all.
const MAX_SHOWN: usize = 5;

/// Why a metric cannot be computed for the past, if its declaration does not say why.
pub(super) const NOT_DECLARED: &str = "it does not declare `backfill`";

/// Why the metrics of a source cannot be computed for the past.
pub(super) const SOURCE_REASON: &str = "a source describes what is there now";

/// A backfill as a table for people.
pub(crate) struct BackfillTable<'a> {
    pub(crate) backfill: &'a Backfill,
    pub(crate) is_dry_run: bool,
    pub(crate) width: Option<usize>,
}

impl BackfillTable<'_> {
    fn heading(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instants = &self.backfill.instants;
        writeln!(
            f,
            "{}, every {}, from {} to {}",
            count(instants.len(), "instant"),
            format_duration(instants.every()),
            format_rfc3339_seconds(instants.first()),
            format_rfc3339_seconds(instants.last())
        )
    }

    fn metrics(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let metrics = &self.backfill.metrics;
        if metrics.is_empty() {
            return writeln!(f, "\nNone of the selected metrics can be computed for the past.");
        }
        if self.is_dry_run {
            writeln!(f, "\nWould be computed for each instant and each subject:")?;
            return metrics.iter().try_for_each(|metric| writeln!(f, "  {}", metric.metric.key()));
        }
        let headings = ["ADDED", "KNOWN", "FROM RUNS", "DIFFERENT", "NO DATA", "ERRORS"];
        let mut columns = Columns::new(headings.map(|heading| (heading, true)).to_vec());
        for metric in metrics {
            let cells = [
                metric.added,
                metric.known,
                metric.kept_from_runs,
                metric.differences.len() as u64,
                result_count(metric, OutcomeState::NoData),
                result_count(metric, OutcomeState::Error),
            ];
            columns.push(metric.metric.key(), cells.map(|cell| cell.to_string()).to_vec());
        }
        writeln!(f)?;
        columns.write(f, self.width)
    }

    fn reasons(&self, f: &mut fmt::Formatter<'_>, state: OutcomeState, title: &str) -> fmt::Result {
        let with_reasons = self.backfill.metrics.iter().filter(|metric| result_count(metric, state) > 0);
        let mut title = Some(title);
        for metric in with_reasons {
            if let Some(title) = title.take() {
                writeln!(f, "\n{title}")?;
            }
            let all: Vec<_> = metric.without_value.iter().filter(|reason| reason.state == state).collect();
            for reason in all.iter().take(MAX_SHOWN) {
                self.line(f, &format!("{}: {}", about(metric, &reason.subject), reason_text(reason)))?;
            }
            self.more(f, metric, all.len(), "reason")?;
        }
        Ok(())
    }

    fn differences(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.backfill.has_differences() {
            writeln!(f, "\nDifferent from an earlier backfill, whose values are kept:")?;
        }
        for metric in &self.backfill.metrics {
            for difference in metric.differences.iter().take(MAX_SHOWN) {
                let BackfillDifference { subject, time, stored, computed } = difference;
                let (stored, computed) = (samples(stored), samples(computed));
                let (about, time) = (about(metric, subject), format_rfc3339_seconds(*time));
                self.line(f, &format!("{about} at {time}: {stored} is kept, {computed} was computed"))?;
            }
            self.more(f, metric, metric.differences.len(), "difference")?;
        }
        Ok(())
    }

    fn only_now(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Backfill { only_now, sources, .. } = self.backfill;
        if only_now.is_empty() && sources.is_empty() {
            return Ok(());
        }
        writeln!(f, "\nCannot be computed for the past:")?;
        for metric in only_now {
            self.line(f, &format!("{}: {}", metric.key(), metric.only_now().unwrap_or(NOT_DECLARED)))?;
        }
        sources.iter().try_for_each(|source| self.line(f, &format!("the source `{source}`: {SOURCE_REASON}")))
    }

    fn line(&self, f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
        wrap(f, self.width, ("  ", "    "), &one_line(text))
    }

    fn more(
        &self,
        f: &mut fmt::Formatter<'_>,
        metric: &BackfilledMetric,
        total: usize,
        what: &str,
    ) -> fmt::Result {
        match total.checked_sub(MAX_SHOWN) {
            None | Some(0) => Ok(()),
            Some(hidden) => {
                let hidden = count(hidden, &format!("more {what}"));
                self.line(f, &format!("{}: {hidden}; --format json shows all", metric.metric.key()))
            }
        }
    }
}

impl fmt::Display for BackfillTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.heading(f)?;
        self.metrics(f)?;
        self.reasons(f, OutcomeState::Error, "Errors:")?;
        self.differences(f)?;
        self.reasons(f, OutcomeState::NoData, "No data:")?;
        self.only_now(f)?;
        if self.is_dry_run {
            RequestPlans::of_backfill(&self.backfill.request_plans, self.width).fmt(f)?;
        }
        Ok(())
    }
}

/// The number of results without a value that are in a state. There is one result for each subject and instant.
fn result_count(metric: &BackfilledMetric, state: OutcomeState) -> u64 {
    let reasons = metric.without_value.iter().filter(|reason| reason.state == state);
    reasons.map(|reason| reason.instants.len() as u64).sum()
}

fn about(metric: &BackfilledMetric, subject: &str) -> String {
    match subject {
        "" => metric.metric.key().to_owned(),
        subject => format!("{} of {subject}", metric.metric.key()),
    }
}

fn reason_text(WithoutValue { reason, instants, .. }: &WithoutValue) -> String {
    match &instants[..] {
        [] => reason.clone(),
        [only] => format!("{reason} (at {})", format_rfc3339_seconds(*only)),
        [first, .., last] => format!(
            "{reason} (at {}, from {} to {})",
            count(instants.len(), "instant"),
            format_rfc3339_seconds(*first),
            format_rfc3339_seconds(*last)
        ),
    }
}

fn samples(samples: &[PastSample]) -> String {
    let values = samples.iter().map(|sample| ShownSampleValue(&sample.value).to_string());
    values.collect::<Vec<_>>().join(", ")
}
