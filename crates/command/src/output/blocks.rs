//! In Markdown: the problems of a run that the table only counts or does not show. Each list is in a
//! block that a reader can open.

use std::fmt;

use system_health_registry::{OutcomeState, SourceOutcome, Unavailable};
use system_health_reporter::markdown::{Code, Plain};

use super::{
    metric_outcomes::MetricOutcomes,
    reasons::Reasons,
    text::{count, cut, one_line},
    value::ShownValue,
};

/// Maximum number of metrics whose missed values are listed.
const MAX_METRICS: usize = 50;
/// Maximum number of sources that are listed.
const MAX_SOURCES: usize = 50;
/// Maximum number of refused metrics that are listed for a source.
const MAX_REFUSED: usize = 5;
/// Maximum length of the text of an error or a reason, in characters. An escaped character may take several bytes.
const MAX_TEXT_LENGTH: usize = 300;

/// The problems as blocks that can be opened. Nothing is written if there are none.
pub(super) struct ProblemBlocks<'a> {
    pub(super) groups: &'a [MetricOutcomes<'a>],
    pub(super) sources: &'a [SourceOutcome],
}

impl ProblemBlocks<'_> {
    fn summarized(&self) -> impl Iterator<Item = MetricOutcomes<'_>> {
        self.groups.iter().copied().filter(|group| !group.is_short())
    }

    fn missed(&self) -> Vec<String> {
        let missed = || self.summarized().filter(|group| !group.missed().is_empty());
        let mut lines: Vec<String> = missed()
            .take(MAX_METRICS)
            .map(|group| {
                let unit = group.metric.unit().map_or_else(String::new, |unit| format!(" {}", Code(unit)));
                let all = group.missed_values();
                let mut values: Vec<String> = all
                    .shown
                    .iter()
                    .map(|missed| {
                        let names = missed.list();
                        format!("\n  - {}{unit}: {}", ShownValue(missed.value), Code(&names))
                    })
                    .collect();
                values.extend(all.others.map(|(number, range)| {
                    let values = format!("{}{}", range.before_max(), ShownValue(range.max));
                    format!("\n  - {}, {values}{unit}", count(number, "other sample"))
                }));
                let heading = Code(&group.key_and_goal()).to_string();
                format!("{heading}: {} missed{}", group.missed().len(), values.concat())
            })
            .collect();
        if let Some(hidden @ 1..) = missed().count().checked_sub(MAX_METRICS) {
            let samples: usize = missed().skip(MAX_METRICS).map(|group| group.missed().len()).sum();
            lines.push(format!("{}: {samples} missed", count(hidden, "other metric")));
        }
        lines
    }

    fn sources(&self) -> Vec<String> {
        let problem = |source: &SourceOutcome| match &source.result {
            Err(Unavailable::NoData(no_data)) => Some(format!("no data: {}", text(no_data.reason()))),
            Err(Unavailable::Error(error)) => Some(format!("**error**: {}", text(&error.to_string()))),
            Ok(_) if source.refused.is_empty() => None,
            Ok(returned) => {
                let refused = source.refused.iter().take(MAX_REFUSED);
                let mut lines: Vec<_> =
                    refused.map(|refused| format!("\n  - {}", text(&refused.to_string()))).collect();
                lines.extend(
                    source
                        .refused
                        .len()
                        .checked_sub(MAX_REFUSED)
                        .filter(|hidden| *hidden > 0)
                        .map(|hidden| format!("\n  - {hidden} more")),
                );
                let (refused, returned) = (source.refused.len(), count(*returned, "metric"));
                let place = source.location.to_string();
                Some(format!("**{refused} of {returned} refused**, see {}{}", Code(&place), lines.concat()))
            }
        };
        let mut lines: Vec<String> = self
            .sources
            .iter()
            .filter_map(|source| Some(format!("{}: {}", Code(&source.name), problem(source)?)))
            .collect();
        let hidden = lines.split_off(lines.len().min(MAX_SOURCES)).len();
        lines.extend((hidden > 0).then(|| format!("{hidden} more")));
        lines
    }
}

impl fmt::Display for ProblemBlocks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        block(f, "Goals missed", None, &self.missed())?;
        for (heading, reasons) in [
            ("No data", Reasons::for_state(self.summarized(), OutcomeState::NoData)),
            ("Errors", Reasons::for_state(self.summarized(), OutcomeState::Error)),
            ("Failed items", Reasons::for_failed_items(self.groups.iter().copied())),
        ] {
            block(f, heading, Some(reasons.count()), &lines(&reasons))?;
        }
        block(f, "Sources", None, &self.sources())
    }
}

fn lines(reasons: &Reasons) -> Vec<String> {
    let mut lines: Vec<String> = reasons
        .shown
        .iter()
        .map(|reason| {
            let lists: Vec<String> = reason.lists().map(|list| format!("\n  - {}", Code(&list))).collect();
            format!("{}: {}{}", Code(&reason.affected()), text(reason.text()), lists.concat())
        })
        .collect();
    let others = |(reasons, outcomes)| format!("{outcomes} more, for {}", count(reasons, "other reason"));
    lines.extend(reasons.others.map(others));
    lines
}

fn text(text: &str) -> String {
    Plain(&cut(&one_line(text), MAX_TEXT_LENGTH)).to_string()
}

fn block(f: &mut fmt::Formatter<'_>, heading: &str, count: Option<usize>, lines: &[String]) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    let count = count.map_or_else(String::new, |count| format!(": {count}"));
    writeln!(f, "\n<details>\n<summary>{heading}{count}</summary>\n")?;
    lines.iter().try_for_each(|line| writeln!(f, "- {line}"))?;
    writeln!(f, "\n</details>")
}
