//! The problems of a run, for people: values that miss their goals, metrics without data, errors, failed items and sources
//! with problems. All are counted. If there are too many, only the worst or the most frequent are shown.

use std::fmt;

use system_health_registry::{Metric, OutcomeState, SourceOutcome, Unavailable};

use super::{
    metric_outcomes::MetricOutcomes,
    reasons::Reasons,
    style::{BAD, NOTICE, paint},
    text::{count, one_line, wrap},
    value::ShownValue,
};

/// Maximum number of refused metrics that are shown for a source.
const MAX_REFUSED: usize = 5;

/// The problems, in sections. Nothing is written if there are none.
pub(super) struct Problems<'a> {
    pub(super) groups: &'a [MetricOutcomes<'a>],
    /// The metrics whose failed items are listed.
    pub(super) items_of: &'a [MetricOutcomes<'a>],
    pub(super) sources: &'a [SourceOutcome],
    /// The width of the terminal, if there is one.
    pub(super) width: Option<usize>,
}

impl Problems<'_> {
    /// Writes the values that miss a goal and have no row of their own.
    fn write_missed(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut is_first = true;
        for group in self.groups.iter().filter(|group| !group.is_short()) {
            let number = group.missed().len();
            if number == 0 {
                continue;
            }
            if is_first {
                writeln!(f, "\n{}", paint(BAD, "Goals missed"))?;
                is_first = false;
            }
            let samples = count(group.samples().count(), "sample");
            writeln!(f, "  {}: {number} of {samples}", group.key_and_goal())?;
            let all = group.missed_values();
            let values: Vec<String> =
                all.shown.iter().map(|missed| with_unit(group.metric, missed.value)).collect();
            let widest = values.iter().map(|value| value.chars().count()).max().unwrap_or(0);
            for (missed, value) in all.shown.iter().zip(values) {
                let first = format!("    {}{value}  ", " ".repeat(widest - value.chars().count()));
                let others = " ".repeat(first.chars().count());
                wrap(f, self.width, (&first, &others), &missed.list())?;
            }
            if let Some((number, range)) = all.others {
                let values = format!("{}{}", range.before_max(), with_unit(group.metric, range.max));
                writeln!(f, "    … and {}, {values}", count(number, "other sample"))?;
            }
        }
        Ok(())
    }

    fn write_reasons(&self, f: &mut fmt::Formatter<'_>, heading: &str, reasons: &Reasons) -> fmt::Result {
        if reasons.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n{heading}")?;
        for reason in &reasons.shown {
            wrap(f, self.width, ("  ", "    "), &format!("{}: {}", reason.affected(), reason.text()))?;
            for list in reason.lists() {
                wrap(f, self.width, ("    ", "    "), &list)?;
            }
        }
        match reasons.others {
            Some((reasons, outcomes)) => {
                let reasons = count(reasons, "other reason");
                writeln!(f, "  … and {outcomes} more, for {reasons}: see --format json")
            }
            None => Ok(()),
        }
    }

    /// Writes the sources that failed, had no data, or returned metrics that were refused.
    fn write_sources(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut is_first = true;
        for source in self.sources.iter().filter(|source| !succeeded(source)) {
            if is_first {
                writeln!(f, "\n{}", paint(BAD, "Sources"))?;
                is_first = false;
            }
            let text = match &source.result {
                Err(Unavailable::NoData(no_data)) => format!("no data: {}", one_line(no_data.reason())),
                Err(Unavailable::Error(error)) => format!("error: {}", one_line(&error.to_string())),
                Ok(returned) => {
                    let (refused, returned) = (source.refused.len(), count(*returned, "metric"));
                    format!("{refused} of {returned} refused, see {}", source.location)
                }
            };
            wrap(f, self.width, ("  ", "    "), &format!("{}: {text}", source.name))?;
            for refused in source.refused.iter().take(MAX_REFUSED) {
                wrap(f, self.width, ("    ", "      "), &one_line(&refused.to_string()))?;
            }
            if let Some(hidden @ 1..) = source.refused.len().checked_sub(MAX_REFUSED) {
                writeln!(f, "    … and {hidden} more")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Problems<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_missed(f)?;
        let groups = || self.groups.iter().copied();
        self.write_reasons(
            f,
            &paint(NOTICE, "No data"),
            &Reasons::for_state(groups(), OutcomeState::NoData),
        )?;
        self.write_reasons(f, &paint(BAD, "Errors"), &Reasons::for_state(groups(), OutcomeState::Error))?;
        self.write_reasons(
            f,
            &paint(BAD, "Failed items"),
            &Reasons::for_failed_items(self.items_of.iter().copied()),
        )?;
        self.write_sources(f)
    }
}

fn with_unit(metric: &Metric, value: f64) -> String {
    match metric.unit() {
        Some(unit) => format!("{} {unit}", ShownValue(value)),
        None => ShownValue(value).to_string(),
    }
}

/// Whether a source returned metrics and all of them were accepted.
fn succeeded(source: &SourceOutcome) -> bool {
    source.result.is_ok() && source.refused.is_empty()
}
