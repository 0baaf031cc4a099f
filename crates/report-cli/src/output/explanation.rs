//! `report explain` for people: each value with the items behind it. Words and signs carry the meaning, and
//! colour only repeats it.

use std::fmt;

use anstyle::{AnsiColor, Style};
use system_health_registry::{Evidence, Metric, Outcome, Report, Sample, SharedError, Tag, Unavailable};

use super::{details::Shown, value::Value};

/// The most samples of one metric that are shown.
const MAX_SAMPLES: usize = 20;

/// The narrowest column of text.
const MIN_WIDTH: usize = 20;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const QUIET: Style = AnsiColor::Yellow.on_default();
const HEADING: Style = Style::new().bold();

/// The outcomes of a run with their evidence.
pub(crate) struct Explanation<'a> {
    report: &'a Report,
    width: Option<usize>,
}

impl<'a> Explanation<'a> {
    /// Wraps text at the width, if there is one.
    pub(crate) fn new(report: &'a Report, width: Option<usize>) -> Self {
        Self { report, width }
    }

    fn outcome(&self, f: &mut fmt::Formatter<'_>, outcome: &Outcome) -> fmt::Result {
        let metric = &outcome.metric;
        match &outcome.result {
            Ok(reading) => {
                let samples = reading.samples();
                for (number, sample) in samples.iter().take(MAX_SAMPLES).enumerate() {
                    if number > 0 {
                        writeln!(f)?;
                    }
                    self.sample(f, metric, sample)?;
                }
                match samples.len().checked_sub(MAX_SAMPLES) {
                    Some(hidden @ 1..) => writeln!(f, "\n… {hidden} more samples: see --format json"),
                    _ => Ok(()),
                }
            }
            Err(Unavailable::NoData(no_data)) => {
                title(f, metric, &format!("{QUIET}no data{QUIET:#}"))?;
                self.text(f, "  ", "  ", no_data.reason())?;
                self.evidence(f, no_data.evidence())
            }
            Err(Unavailable::Error(error)) => {
                title(f, metric, &format!("{BAD}error{BAD:#}"))?;
                let mut causes = causes(error).into_iter();
                self.text(f, "  ", "    ", &causes.next().unwrap_or_default())?;
                causes.try_for_each(|cause| self.text(f, "  because: ", "    ", &cause))
            }
        }
    }

    fn sample(&self, f: &mut fmt::Formatter<'_>, metric: &Metric, sample: &Sample) -> fmt::Result {
        let mut value = Value(sample.value()).to_string();
        if let Some(unit) = metric.unit() {
            value = format!("{value} {unit}");
        }
        if let Some(goal) = metric.goal() {
            let met = goal.is_met_by(sample.value());
            let (style, word) = if met { (GOOD, "met") } else { (BAD, "missed") };
            value = format!("{value}, goal {goal} {style}{word}{style:#}");
        }
        title(f, metric, &value)?;
        if !sample.tags().is_empty() {
            let tags = sample.tags().iter().map(Tag::as_str).collect::<Vec<_>>().join(" ");
            self.text(f, "  Tags: ", "    ", &tags)?;
        }
        if let Some(link) = sample.link() {
            writeln!(f, "  Link: {link}")?;
        }
        self.evidence(f, sample.evidence())
    }

    fn evidence(&self, f: &mut fmt::Formatter<'_>, evidence: &Evidence) -> fmt::Result {
        if evidence.is_empty() {
            return writeln!(f, "  Evidence: no items listed");
        }
        let not_counted = evidence.total() - evidence.counted();
        self.items(f, "Counted", evidence, true, evidence.counted())?;
        self.items(f, "Not counted", evidence, false, not_counted)
    }

    fn items(
        &self,
        f: &mut fmt::Formatter<'_>,
        heading: &str,
        evidence: &Evidence,
        counted: bool,
        total: usize,
    ) -> fmt::Result {
        let items: Vec<_> = evidence.items().iter().filter(|item| item.counted() == counted).collect();
        let shown = Shown { shown: items.len(), total };
        writeln!(f, "  {HEADING}{heading}{HEADING:#}: {shown}")?;
        let sign = if counted { "    + " } else { "    - " };
        for item in items {
            self.text(f, sign, "      ", item.title())?;
            // No sign between them: a title, such as a commit's subject, may contain any.
            if !item.reason().is_empty() {
                self.text(f, "        ", "        ", item.reason())?;
            }
            if let Some(link) = item.link() {
                // A link that is broken into lines cannot be opened.
                writeln!(f, "        {link}")?;
            }
        }
        Ok(())
    }

    /// Text that is wrapped between words, with what its first line and the others start with.
    fn text(&self, f: &mut fmt::Formatter<'_>, first: &str, others: &str, text: &str) -> fmt::Result {
        let Some(width) = self.width.map(|width| width.max(MIN_WIDTH)) else {
            return writeln!(f, "{first}{}", text.split_whitespace().collect::<Vec<_>>().join(" "));
        };
        let mut line = first.to_owned();
        let mut is_empty = true;
        for word in text.split_whitespace() {
            if !is_empty && line.chars().count() + 1 + word.chars().count() > width {
                writeln!(f, "{line}")?;
                others.clone_into(&mut line);
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(word);
            is_empty = false;
        }
        writeln!(f, "{}", line.trim_end())
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, outcome) in self.report.run().outcomes().iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            self.outcome(f, outcome)?;
        }
        Ok(())
    }
}

fn title(f: &mut fmt::Formatter<'_>, metric: &Metric, state: &str) -> fmt::Result {
    writeln!(f, "{HEADING}{}{HEADING:#}: {state}", metric.key())
}

/// The error and its causes, without those that are part of the text before.
fn causes(error: &SharedError) -> Vec<String> {
    let mut causes = vec![error.as_error().to_string()];
    let mut source = error.as_error().source();
    while let Some(error) = source {
        let text = error.to_string();
        if !causes.last().is_some_and(|last| last.ends_with(&text)) {
            causes.push(text);
        }
        source = error.source();
    }
    causes
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use system_health_registry::{Catalog, Context, Engine, EvidenceItem, Facts, Reading, location};

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot list the queues")]
    struct ListError(#[source] std::io::Error);

    #[tokio::test]
    async fn text_is_wrapped_at_the_width_and_links_are_not() {
        let late = Facts::new("queue.late", "Late messages.").with_goal("== 0".parse().unwrap());
        let late = Metric::new(late, location!(), |_| {
            Box::pin(async {
                let link = Some("https://queues.example.com/mail/messages/4711");
                let items = [
                    EvidenceItem::new("mail: a message to many people", true, "it is 7 minutes old")
                        .with_link(link),
                    EvidenceItem::new("another one", false, "it is new"),
                ];
                Reading::new(vec![Sample::new(1.0)?.with_evidence(items)], vec![])
            })
        });
        let broken = Metric::new(Facts::new("queue.waiting", "Waiting messages."), location!(), |_| {
            Box::pin(async { Err(ListError(std::io::Error::other("the disk is on fire")))? })
        });
        let catalog = Catalog::new([late, broken]).unwrap();
        let run = Engine::new().run(&catalog, &Context::new()).await;
        let report = Report::new(run, []);

        let shown = Explanation::new(&report, Some(34)).to_string();

        assert_snapshot!(anstream::adapter::strip_str(&shown).to_string(), @"
        queue.late: 1, goal == 0 missed
          Counted: 1
            + mail: a message to many
              people
                it is 7 minutes old
                https://queues.example.com/mail/messages/4711
          Not counted: 1
            - another one
                it is new

        queue.waiting: error
          cannot list the queues
          because: the disk is on fire
        ");
    }
}
