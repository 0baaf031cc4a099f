//! Evidence in Markdown: one block for each outcome, which a reader can open. The blocks of a run are small, because GitHub
//! accepts at most 65,536 characters in a comment and 1 MiB in a job's summary.

use std::fmt::{self, Write};

use system_health_registry::{Evidence, EvidenceItem, Metric, Outcome, Sample, Unavailable};
use system_health_reporter::markdown::{Code, Html, ItemLine};

use super::{
    metric_outcomes::MetricOutcomes,
    text::{count, one_line},
    value::ShownSampleValue,
};

/// How evidence is written: its limits, and whether its blocks are open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Details {
    /// Maximum number of samples of one outcome.
    samples: usize,
    /// Maximum number of outcomes of a metric with many outcomes or samples.
    outcomes: usize,
    /// Maximum number of items of one sample that counted, and also of items that did not count.
    items: usize,
    /// Maximum number of bytes of all blocks.
    bytes: usize,
    /// Whether the blocks are open at first.
    is_open: bool,
}

/// The limits for a run, where the values matter most.
pub(super) const OF_RUN: Details =
    Details { samples: 3, outcomes: 3, items: 10, bytes: 30_000, is_open: false };

/// The limits for `report explain`.
pub(super) const OF_EXPLANATION: Details =
    Details { samples: 20, outcomes: 20, items: usize::MAX, bytes: 500_000, is_open: true };

impl Details {
    /// Writes the blocks that fit into the limits, and names up to ten metrics whose blocks do not fit. If a metric has many
    /// outcomes or samples, the worst outcomes come first.
    pub(super) fn write(self, f: &mut fmt::Formatter<'_>, groups: &[MetricOutcomes<'_>]) -> fmt::Result {
        let mut room = self.bytes;
        let mut left_out = Vec::new();
        for group in groups {
            let (mut shown, mut is_complete) = (0, true);
            for outcome in group.worst_first() {
                let block = self.block(outcome)?;
                let is_wanted = group.is_short() || shown < self.outcomes || block.is_empty();
                match room.checked_sub(block.len()).filter(|_| is_wanted) {
                    Some(remaining) => {
                        room = remaining;
                        shown += usize::from(!block.is_empty());
                        f.write_str(&block)?;
                    }
                    None => is_complete = false,
                }
                if !is_complete {
                    break;
                }
            }
            if !is_complete {
                left_out.push(group.metric.key());
            }
        }
        if left_out.is_empty() {
            return Ok(());
        }
        let keys = left_out.iter().take(10).copied().collect::<Vec<_>>().join(" ");
        writeln!(f, "\nNot all evidence is shown here: the command `explain {keys} --format json` shows it")
    }

    /// The block of an outcome; empty without evidence.
    fn block(self, outcome: &Outcome) -> Result<String, fmt::Error> {
        let mut block = String::new();
        let metric = &outcome.metric;
        let all: Vec<(Option<&Sample>, &Evidence)> = match &outcome.result {
            Ok(reading) => reading.samples().iter().map(|it| (Some(it), it.evidence())).collect(),
            Err(Unavailable::NoData(no_data)) => vec![(None, no_data.evidence())],
            Err(Unavailable::Error(_)) => Vec::new(),
        };
        let all: Vec<_> = all.into_iter().filter(|(_, evidence)| !evidence.is_empty()).collect();
        if all.is_empty() {
            return Ok(block);
        }
        let counted: usize = all.iter().map(|(_, evidence)| evidence.counted()).sum();
        let total: usize = all.iter().map(|(_, evidence)| evidence.total()).sum();
        let open = if self.is_open { " open" } else { "" };
        let subject = outcome.subject.as_ref().map_or_else(String::new, |subject| {
            format!(" of <code>{}</code>", Html(&one_line(subject.name())))
        });
        writeln!(block, "\n<details{open}>")?;
        // A key needs no escaping: it has only letters, digits, `_` and `.`.
        writeln!(
            block,
            "<summary>Evidence of <code>{}</code>{subject}: {counted} counted, {} did not count</summary>",
            metric.key(),
            total - counted
        )?;
        for (sample, evidence) in all.iter().take(self.samples) {
            if outcome.samples().len() > 1
                && let Some(sample) = sample
            {
                heading(&mut block, metric, sample)?;
            }
            self.items(&mut block, "Counted", evidence.counted(), evidence, true)?;
            self.items(&mut block, "Not counted", evidence.total() - evidence.counted(), evidence, false)?;
        }
        if let Some(hidden @ 1..) = all.len().checked_sub(self.samples) {
            let have = if hidden == 1 { "has" } else { "have" };
            writeln!(block, "\n{} {have} evidence.", count(hidden, "more sample"))?;
        }
        writeln!(block, "\n</details>")?;
        Ok(block)
    }

    fn items(
        self,
        block: &mut String,
        heading: &str,
        total: usize,
        evidence: &Evidence,
        counted: bool,
    ) -> fmt::Result {
        let is_wanted = |item: &&EvidenceItem| item.is_counted() == counted;
        let shown: Vec<_> = evidence.items().iter().filter(is_wanted).take(self.items).collect();
        if total == 0 {
            return Ok(());
        }
        writeln!(block, "\n{heading}: {}\n", ShownCount { shown: shown.len(), total })?;
        shown.into_iter().try_for_each(|item| writeln!(block, "- {}", ItemLine(item)))
    }
}

/// How many of all items are shown.
pub(super) struct ShownCount {
    pub(super) shown: usize,
    pub(super) total: usize,
}

impl fmt::Display for ShownCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.shown == self.total {
            write!(f, "{}", self.total)
        } else {
            write!(f, "{} of {} shown", self.shown, self.total)
        }
    }
}

fn heading(block: &mut String, metric: &Metric, sample: &Sample) -> fmt::Result {
    write!(block, "\n**{}**", ShownSampleValue(sample.value()))?;
    if let Some(unit) = metric.unit() {
        write!(block, " {}", Code(unit))?;
    }
    sample.tags().iter().try_for_each(|tag| write!(block, " {}", Code(tag.as_str())))?;
    writeln!(block)
}
