//! `report explain` for people: each value with the items behind it. Words and signs carry the meaning. Colour only
//! repeats it.

use std::fmt;

use system_health_registry::{Event, Evidence, Outcome, Report, Sample, Tag, Unavailable};

use super::{
    details::ShownCount,
    events::EventLines,
    metric_outcomes::MetricOutcomes,
    problems::Problems,
    style::{BAD, GOOD, NOTICE, heading, paint},
    text::{count, one_line, wrap},
    value::ShownSampleValue,
};

/// Maximum number of samples that are shown for a metric with many outcomes or samples.
const MAX_SAMPLES: usize = 5;

/// The outcomes of a run with their evidence, and the events that collectors attached.
pub(crate) struct Explanation<'a> {
    report: &'a Report,
    events: &'a [Event],
    width: Option<usize>,
}

impl<'a> Explanation<'a> {
    /// Explains a report. Text is wrapped at `width`.
    pub(crate) fn new(report: &'a Report, events: &'a [Event], width: Option<usize>) -> Self {
        Self { report, events, width }
    }

    /// Writes all outcomes of a metric. If there are many, writes only a few samples. If some samples miss the goal, only those
    /// are written, the worst first.
    fn write_group(&self, f: &mut fmt::Formatter<'_>, group: &MetricOutcomes<'_>) -> fmt::Result {
        if group.is_short() {
            for (number, outcome) in group.outcomes.iter().enumerate() {
                if number > 0 {
                    writeln!(f)?;
                }
                self.write_outcome(f, outcome)?;
            }
            return Ok(());
        }
        writeln!(f, "{}: {}", heading(group.metric.key()), group.summary())?;
        let all = group.worst_first().into_iter().flat_map(|it| it.samples().iter().map(move |s| (it, s)));
        let mut samples = group.missed();
        if samples.is_empty() {
            samples = all.take(MAX_SAMPLES).collect();
        }
        for (outcome, sample) in samples.iter().take(MAX_SAMPLES) {
            writeln!(f)?;
            self.write_sample(f, outcome, sample)?;
        }
        match group.samples().count().checked_sub(samples.len().min(MAX_SAMPLES)) {
            Some(hidden @ 1..) => {
                let choice =
                    if group.subjects().is_some() { "choose some with --subject NAME, or " } else { "" };
                writeln!(f, "\n… and {}: {choice}see --format json", count(hidden, "more sample"))
            }
            _ => Ok(()),
        }
    }

    fn write_outcome(&self, f: &mut fmt::Formatter<'_>, outcome: &Outcome) -> fmt::Result {
        match &outcome.result {
            Ok(reading) => {
                for (number, sample) in reading.samples().iter().enumerate() {
                    if number > 0 {
                        writeln!(f)?;
                    }
                    self.write_sample(f, outcome, sample)?;
                }
                Ok(())
            }
            Err(Unavailable::NoData(no_data)) => {
                write_title(f, outcome, &paint(NOTICE, "no data"))?;
                self.write_text(f, "  ", "  ", no_data.reason())?;
                self.write_evidence(f, no_data.evidence())
            }
            Err(Unavailable::Error(error)) => {
                write_title(f, outcome, &paint(BAD, "error"))?;
                let mut messages = error.messages().into_iter();
                self.write_text(f, "  ", "    ", &messages.next().unwrap_or_default())?;
                messages.try_for_each(|cause| self.write_text(f, "  because: ", "    ", &cause))
            }
        }
    }

    fn write_sample(&self, f: &mut fmt::Formatter<'_>, outcome: &Outcome, sample: &Sample) -> fmt::Result {
        let metric = &outcome.metric;
        let mut value = ShownSampleValue(sample.value()).to_string();
        if let Some(unit) = metric.unit() {
            value = format!("{value} {unit}");
        }
        if let Some(goal) = metric.goal() {
            let met = sample.meets(goal);
            let word = if met { paint(GOOD, "met") } else { paint(BAD, "missed") };
            value = format!("{value}, goal {goal} {word}");
        }
        write_title(f, outcome, &value)?;
        if !sample.tags().is_empty() {
            let tags = sample.tags().iter().map(Tag::as_str).collect::<Vec<_>>().join(" ");
            self.write_text(f, "  Tags: ", "    ", &tags)?;
        }
        if let Some(link) = sample.link() {
            writeln!(f, "  Link: {link}")?;
        }
        self.write_evidence(f, sample.evidence())
    }

    fn write_evidence(&self, f: &mut fmt::Formatter<'_>, evidence: &Evidence) -> fmt::Result {
        if evidence.is_empty() {
            return Ok(());
        }
        let not_counted = evidence.total() - evidence.counted();
        self.write_items(f, "Counted", evidence, true, evidence.counted())?;
        self.write_items(f, "Not counted", evidence, false, not_counted)
    }

    fn write_items(
        &self,
        f: &mut fmt::Formatter<'_>,
        name: &str,
        evidence: &Evidence,
        counted: bool,
        total: usize,
    ) -> fmt::Result {
        let items: Vec<_> = evidence.items().iter().filter(|item| item.is_counted() == counted).collect();
        let shown = ShownCount { shown: items.len(), total };
        writeln!(f, "  {}: {shown}", heading(name))?;
        let sign = if counted { "    + " } else { "    - " };
        for item in items {
            self.write_text(f, sign, "      ", item.title())?;
            // On a line of its own, because a title, such as the first line of a commit's message, may contain any separator.
            if !item.reason().is_empty() {
                self.write_text(f, "        ", "        ", item.reason())?;
            }
            if let Some(link) = item.link() {
                // A link that is broken into lines cannot be opened.
                writeln!(f, "        {link}")?;
            }
        }
        Ok(())
    }

    /// Writes text wrapped between words. The first line starts with `first`, the others start with `others`.
    fn write_text(&self, f: &mut fmt::Formatter<'_>, first: &str, others: &str, text: &str) -> fmt::Result {
        wrap(f, self.width, (first, others), &one_line(text))
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = MetricOutcomes::by_metric(self.report.run().outcomes());
        for (number, group) in groups.iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            self.write_group(f, group)?;
        }
        let summarized: Vec<MetricOutcomes<'_>> =
            groups.iter().copied().filter(|group| !group.is_short()).collect();
        let sources = self.report.run().sources();
        Problems { groups: &summarized, items_of: &groups, sources, width: self.width }.fmt(f)?;
        EventLines { events: self.events, width: self.width }.fmt(f)
    }
}

fn write_title(f: &mut fmt::Formatter<'_>, outcome: &Outcome, result: &str) -> fmt::Result {
    let key = heading(outcome.metric.key());
    match &outcome.subject {
        Some(subject) => writeln!(f, "{key} of {}: {result}", one_line(subject.name())),
        None => writeln!(f, "{key}: {result}"),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use system_health_registry::{EvidenceItem, Facts, Reading};

    use super::*;
    use crate::output::fixture;

    #[tokio::test(start_paused = true)]
    async fn only_the_worst_of_many_subjects_are_explained() {
        let hotfix = fixture::metrics().into_iter().filter(|metric| metric.key() == "commits.hotfix");
        let report = fixture::run(hotfix, [], Some(1_000)).await;

        let shown = fixture::plain(Explanation::new(&report, &[], Some(80)));

        let (explained, problems) = shown.split_once("\nGoals missed\n").unwrap();
        assert!(problems.contains("\nErrors\n"), "{shown}");
        assert_snapshot!(explained, @"
        commits.hotfix: 1000 repositories: 678 samples, 322 errors

        commits.hotfix of acme/app-0749: 49 commit, goal < 5 missed

        commits.hotfix of acme/app-0748: 48 commit, goal < 5 missed

        commits.hotfix of acme/app-0747: 47 commit, goal < 5 missed

        commits.hotfix of acme/app-0746: 46 commit, goal < 5 missed

        commits.hotfix of acme/app-0745: 45 commit, goal < 5 missed

        … and 673 more samples: choose some with --subject NAME, or see --format json
        ");
    }

    #[derive(Debug, thiserror::Error)]
    #[error("cannot list the queues")]
    struct QueueError(#[source] std::io::Error);

    #[tokio::test]
    async fn text_is_wrapped_but_links_are_not() {
        let late = Facts::new("queue.late", "Late messages.").with_goal("== 0".parse().unwrap());
        let late = fixture::without_subject(late, || {
            let link = Some("https://queues.example.com/mail/messages/4711");
            let items = [
                EvidenceItem::new("mail: a message to many people", true, "it is 7 minutes old")
                    .with_link(link),
                EvidenceItem::new("another one", false, "it is new"),
            ];
            Reading::new(vec![Sample::new(1.0)?.with_evidence(items)], vec![])
        });
        let broken = fixture::without_subject(Facts::new("queue.waiting", "Waiting messages."), || {
            Err(QueueError(std::io::Error::other("the disk is on fire")))?
        });
        let report = fixture::run([late, broken], [], None).await;

        let shown = fixture::plain(Explanation::new(&report, &[], Some(34)));

        assert_snapshot!(shown, @"
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
