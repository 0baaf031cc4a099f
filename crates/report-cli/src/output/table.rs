//! A run for people: the values first, then what is wrong, then what became of the deliveries. A metric with many
//! subjects is one row.

use std::fmt;

use system_health_registry::{Outcome, Report, Sample, State, Tag};

use super::{
    columns::Columns,
    group::Group,
    problems::Problems,
    stdout::Stdout,
    style::{BAD, GOOD, paint},
    text::{one_line, wrap},
    value::{Elapsed, Value},
};
use crate::delivery::{Delivery, Fate, Receipt, Refusal, Success};

/// A report and its deliveries as text.
pub(crate) struct TableReport<'a> {
    report: &'a Report,
    groups: Vec<Group<'a>>,
    deliveries: &'a [Delivery],
    width: Option<usize>,
}

impl<'a> TableReport<'a> {
    /// Shows a report, as wide as the terminal is.
    pub(crate) fn new(report: &'a Report, deliveries: &'a [Delivery]) -> Self {
        let groups = Group::all(report.run().outcomes());
        Self { report, groups, deliveries, width: Stdout::width() }
    }

    fn short(&self) -> impl Iterator<Item = &Group<'a>> {
        self.groups.iter().filter(|group| group.is_short())
    }

    fn long(&self) -> impl Iterator<Item = &Group<'a>> {
        self.groups.iter().filter(|group| !group.is_short())
    }

    /// A row for each sample of the metrics with few of them.
    fn samples(&self) -> Columns {
        let shown = || self.short().flat_map(Group::samples);
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

    /// A row for each of the other metrics.
    fn summaries(&self) -> Columns {
        let (no_data, errors, failed) = (
            self.long().any(|group| group.count(State::NoData) > 0),
            self.long().any(|group| group.count(State::Error) > 0),
            self.long().any(|group| group.failed_items() > 0),
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
        for group in self.long() {
            let range = group.range();
            let value = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |it| Value(it).to_string());
            let bad = |number: usize| match number {
                0 => "0".to_owned(),
                _ => paint(BAD, &number.to_string()),
            };
            let cells = [
                (true, group.subjects().map_or_else(|| "-".to_owned(), |number| number.to_string())),
                (true, group.samples().count().to_string()),
                (no_data, group.count(State::NoData).to_string()),
                (errors, bad(group.count(State::Error))),
                (failed, bad(group.failed_items())),
                (true, value(range.map(|range| range.min))),
                (true, value(range.map(|range| range.median))),
                (true, value(range.map(|range| range.max))),
                (true, group.metric.unit().unwrap_or("-").to_owned()),
                (true, goal_of_all(group)),
            ];
            columns.push(group.metric.key(), wanted(cells).collect());
        }
        columns
    }

    fn values(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
        self.values(f)?;
        let sources = self.report.run().sources();
        Problems { groups: &self.groups, items_of: &self.groups, sources, width: self.width }.fmt(f)?;
        if self.long().next().is_some() {
            let hint =
                "--format json shows all; report explain KEY --subject NAME shows what is behind one value.";
            writeln!(f)?;
            wrap(f, self.width, ("", ""), hint)?;
        }
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

fn cells(outcome: &Outcome, sample: &Sample) -> Vec<String> {
    let metric = &outcome.metric;
    let goal = metric.goal().map_or_else(
        || "-".to_owned(),
        |goal| {
            let met = goal.is_met_by(sample.value());
            format!("{goal}  {}", if met { paint(GOOD, "met") } else { paint(BAD, "missed") })
        },
    );
    vec![
        Value(sample.value()).to_string(),
        metric.unit().unwrap_or("-").to_owned(),
        goal,
        Elapsed(outcome.duration).to_string(),
    ]
}

fn wanted<T>(columns: impl IntoIterator<Item = (bool, T)>) -> impl Iterator<Item = T> {
    columns.into_iter().filter_map(|(wanted, column)| wanted.then_some(column))
}

fn goal_of_all(group: &Group<'_>) -> String {
    let Some(goal) = group.metric.goal() else { return "-".to_owned() };
    match (group.missed().len(), group.samples().next()) {
        (_, None) => goal.to_string(),
        (0, _) => format!("{goal}  {}", paint(GOOD, "met")),
        (number, _) => format!("{goal}  {}", paint(BAD, &format!("{number} missed"))),
    }
}

fn tags(sample: &Sample) -> String {
    sample.tags().iter().map(Tag::as_str).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use system_health_registry::{Facts, IntoReading, Metric, location};

    use super::*;
    use crate::output::fixture;

    fn shown(report: &Report, width: Option<usize>) -> String {
        let table = TableReport { width, ..TableReport::new(report, &[]) }.to_string();
        anstream::adapter::strip_str(&table).to_string()
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_subjects_are_one_row_and_what_is_wrong() {
        let report = fixture::run(fixture::metrics(), fixture::sources(), Some(1_000)).await;

        assert_snapshot!(shown(&report, Some(80)), @"
        METRIC           VALUE  UNIT    GOAL  TIME
        account.members     41  person  -     0 ms
        orders.open          7  -       -     0 ms

        METRIC
          SUBJECTS  SAMPLES  NO DATA  ERRORS  FAILED ITEMS  MIN  MEDIAN  MAX  UNIT    GOAL
        ci.tests_passing_on_main
              1000      683        5     312             0    0       1    1  -       == 1  30 missed
        commits.hotfix
              1000      678        0     322             0    0       1   49  commit  < 5  45 missed
        commits.reverts
              1000      688        0     312             1    0       0    2  commit  -

        Goals missed
          ci.tests_passing_on_main == 1: 30 of 683 samples
            0  acme/app-0322, acme/app-0345, acme/app-0368, acme/app-0391 and 26 more
          commits.hotfix < 5: 45 of 678 samples
            49 commit  acme/app-0749
            48 commit  acme/app-0748
            47 commit  acme/app-0747
            46 commit  acme/app-0746
            45 commit  acme/app-0745
            … and 40 other samples, 5 to 44 commit

        No data
          ci.tests_passing_on_main of 5 repositories: the repository has no workflow
            acme/app-0000, acme/app-0001, acme/app-0002, acme/app-0003, acme/app-0004

        Errors
          commits.hotfix, commits.reverts of 312 repositories: connection refused
            acme/app-0005, acme/app-0006, acme/app-0007, acme/app-0008 and 308 more
          ci.tests_passing_on_main of 312 repositories: GET
            https://api.github.com/repos/…/actions/runs: connection refused
            acme/app-0005, acme/app-0006, acme/app-0007, acme/app-0008 and 308 more
          commits.hotfix of acme/app-0990: the answer is cut off after 990 bytes
          commits.hotfix of acme/app-0991: the answer is cut off after 991 bytes
          commits.hotfix of acme/app-0992: the answer is cut off after 992 bytes
          commits.hotfix of 7 repositories: 7 other reasons, a different one for each
            repository
            acme/app-0993, acme/app-0994, acme/app-0995, acme/app-0996 and 3 more

        Failed items
          commits.reverts of acme/app-0317 branch:gone: 404 Not Found

        Sources
          prometheus: error: cannot ask http://prometheus:9090: connection refused
          warehouse: 1 of 2 metrics refused
            the key `commits.hotfix` is in use elsewhere, or returned twice

        --format json shows all; report explain KEY --subject NAME shows what is behind
        one value.
        ");
    }

    #[tokio::test(start_paused = true)]
    async fn few_subjects_have_rows_of_their_own() {
        let named = |number: &usize| (300..320).contains(number);
        let report = fixture::run_some(fixture::metrics(), named).await;

        assert_snapshot!(shown(&report, None), @"");
        assert_snapshot!(shown(&report, Some(60)), @"
        METRIC
          SUBJECT        VALUE  UNIT    GOAL       TIME  TAGS
        account.members
          -                 41  person  -          0 ms
        ci.tests_passing_on_main
          acme/app-0317      1  -       == 1  met  0 ms
          acme/app-0318      1  -       == 1  met  0 ms
          acme/app-0319      1  -       == 1  met  0 ms
        commits.hotfix
          acme/app-0317      2  commit  < 5  met   0 ms
          acme/app-0318      0  commit  < 5  met   0 ms
          acme/app-0319      1  commit  < 5  met   0 ms
        commits.reverts
          acme/app-0317      2  commit  -          0 ms  branch:main
          acme/app-0318      0  commit  -          0 ms
          acme/app-0319      0  commit  -          0 ms

        Errors
          commits.hotfix, commits.reverts of 17 repositories:
            connection refused
            acme/app-0300, acme/app-0301, acme/app-0302 and 14 more
          ci.tests_passing_on_main of 17 repositories: GET
            https://api.github.com/repos/…/actions/runs: connection
            refused
            acme/app-0300, acme/app-0301, acme/app-0302 and 14 more

        Failed items
          commits.reverts of acme/app-0317 branch:gone: 404 Not
            Found
        ");
    }

    #[tokio::test(start_paused = true)]
    async fn where_subjects_cannot_be_listed_it_is_said_once() {
        let report = fixture::run(fixture::metrics(), [], None).await;

        assert_snapshot!(shown(&report, Some(80)), @"
        METRIC           VALUE  UNIT    GOAL  TIME
        account.members     41  person  -     0 ms

        Errors
          ci.tests_passing_on_main, commits.hotfix, commits.reverts: cannot list the
            repositories of acme: 401 Unauthorized
        ");
    }

    #[tokio::test(start_paused = true)]
    async fn many_samples_of_no_subject_are_one_row() {
        let facts = Facts::new("queue.waiting", "A test.").with_goal("!= 0".parse().unwrap());
        let metric = fixture::alone(facts, || {
            let sample = |number: u32| {
                Sample::new(f64::from(number % 2))?.with_tag("queue", &format!("日本-{number}"))
            };
            (0..101).map(sample).collect::<Result<Vec<_>, _>>().into_reading()
        });
        let report = fixture::run([metric], [], None).await;

        assert_snapshot!(shown(&report, Some(80)), @"
        METRIC         SUBJECTS  SAMPLES  MIN  MEDIAN  MAX  UNIT  GOAL
        queue.waiting         -      101    0       0    1  -     != 0  51 missed

        Goals missed
          queue.waiting != 0: 51 of 101 samples
            0  queue:日本-0, queue:日本-2, queue:日本-4, queue:日本-6 and 47 more

        --format json shows all; report explain KEY --subject NAME shows what is behind
        one value.
        ");
    }

    #[tokio::test(start_paused = true)]
    async fn thousands_of_metrics_that_fail_are_a_few_lines_that_add_up() {
        let metrics = (0..3_000).map(|number| {
            let facts = Facts::new(format!("many.metric_{number:04}"), "A test.");
            Metric::new(facts, location!(), move |_| {
                Box::pin(async move {
                    let text = if number < 2_000 { "gone".to_owned() } else { format!("odd {number}") };
                    Err(text)?
                })
            })
        });
        let report = fixture::run(metrics, [], None).await;

        let shown = shown(&report, Some(80));

        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), 3 + 1 + 1 + 49 + 1, "{shown}");
        assert_eq!(lines[3], "  2000 metrics: gone");
        assert_eq!(lines[54], "  … and 951 more, for 951 other reasons: see --format json");
    }
}
