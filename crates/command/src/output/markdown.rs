//! A run in GitHub Flavored Markdown, for a job's summary. GitHub accepts at most 1 MiB in a summary, so every long part has
//! a limit, and what exceeds it is counted or named. A comment has at most 65,536 characters, so only a run with few problems
//! fits.

use std::fmt::{self, Write as _};

use system_health_registry::{Event, Metric, Outcome, OutcomeState, Report, Sample, Unavailable};
use system_health_reporter::{
    Delivery,
    markdown::{Cell, CodeCell, LinkUrl},
};

use super::{
    blocks::ProblemBlocks,
    delivery::DeliveryText,
    details::{self, Details},
    events::EventBlock,
    metric_outcomes::MetricOutcomes,
    text::{count, one_line},
    value::{ShownSampleValue, ShownValue},
};

/// Maximum number of bytes of the table.
const MAX_TABLE_BYTES: usize = 150_000;

/// A report and its deliveries.
pub(crate) struct MarkdownReport<'a> {
    report: &'a Report,
    deliveries: &'a [Delivery],
    events: &'a [Event],
    details: Details,
}

/// A row of the table, and whether something is wrong with it.
struct TableRow {
    text: String,
    is_bad: bool,
}

impl<'a> MarkdownReport<'a> {
    /// Shows a report.
    pub(crate) fn new(report: &'a Report, deliveries: &'a [Delivery]) -> Self {
        Self { report, deliveries, events: &[], details: details::OF_RUN }
    }

    /// Adds the events of the run.
    pub(crate) fn with_events(mut self, events: &'a [Event]) -> Self {
        self.events = events;
        self
    }

    /// For `report explain`: shows the evidence of more samples, with all their items.
    pub(crate) fn for_explanation(mut self) -> Self {
        self.details = details::OF_EXPLANATION;
        self
    }
}

impl fmt::Display for MarkdownReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = MetricOutcomes::of_report(self.report);
        writeln!(f, "| metric | value | goal | |\n|---|---:|---|---|")?;
        let (mut room, mut hidden, mut hidden_bad) = (MAX_TABLE_BYTES, 0, 0);
        for row in groups.iter().flat_map(rows) {
            if let Some(remaining) = room.checked_sub(row.text.len()).filter(|_| hidden == 0) {
                room = remaining;
                writeln!(f, "{}", row.text)?;
            } else {
                hidden += 1;
                hidden_bad += usize::from(row.is_bad);
            }
        }
        if hidden > 0 {
            writeln!(f, "| … | | | {} |", hidden_rows(hidden, hidden_bad))?;
        }
        ProblemBlocks { groups: &groups, sources: self.report.run().sources() }.fmt(f)?;
        self.details.write(f, &groups)?;
        EventBlock(self.events).fmt(f)?;
        DeliveryText::all(self.deliveries).try_for_each(|delivery| writeln!(f, "\n{}", delivery.summary()))
    }
}

/// The rows of a metric: one for each sample and for each outcome without a sample. If there are many, one row summarises
/// them.
fn rows(group: &MetricOutcomes<'_>) -> Vec<TableRow> {
    if !group.is_short() {
        return vec![summary(group)];
    }
    group.outcomes.iter().flat_map(outcome_rows).collect()
}

fn outcome_rows(outcome: &Outcome) -> Vec<TableRow> {
    let without_value = |text: String, is_bad| {
        vec![TableRow { text: format!("| {} | | | {text} |", metric_cell(outcome)), is_bad }]
    };
    match &outcome.result {
        Err(Unavailable::NoData(no_data)) => {
            without_value(format!("no data: {}", Cell(&one_line(no_data.reason()))), false)
        }
        Err(Unavailable::Error(error)) => {
            without_value(format!("**error**: {}", Cell(&one_line(&error.to_string()))), true)
        }
        Ok(reading) => reading.samples().iter().map(|sample| sample_row(outcome, sample)).collect(),
    }
}

fn sample_row(outcome: &Outcome, sample: &Sample) -> TableRow {
    let metric = &outcome.metric;
    let value = ShownSampleValue(sample.value());
    let value = match sample.link() {
        None => value.to_string(),
        Some(link) => format!("[{value}]({})", LinkUrl(link)),
    };
    let goal = metric.goal();
    let is_bad = goal.is_some_and(|goal| !sample.meets(goal));
    let result = match goal {
        None => "",
        Some(_) if is_bad => " **missed**",
        Some(_) => " met",
    };
    let tags: Vec<String> = sample.tags().iter().map(|tag| format!(" {}", CodeCell(tag.as_str()))).collect();
    let tags = tags.concat();
    let (cell, unit, goal) = (metric_cell(outcome), unit(outcome.metric.unit()), goal_cell(metric));
    TableRow { text: format!("| {cell} | {value}{unit} | {goal}|{result}{tags} |"), is_bad }
}

fn summary(group: &MetricOutcomes<'_>) -> TableRow {
    let metric = group.metric;
    let mut text = format!("| {} | ", CodeCell(metric.key()));
    if let Some(range) = group.range() {
        let (min, median, max) = (ShownValue(range.min), ShownValue(range.median), ShownValue(range.max));
        let _ = write!(text, "{min} to {max}{}, median {median} ", unit(metric.unit()));
    }
    let _ = write!(text, "| {}|", goal_cell(metric));
    let missed = group.missed().len();
    match (metric.goal(), missed) {
        (None, _) => {}
        (Some(_), 0) if group.range().is_none() => {}
        (Some(_), 0) => text.push_str(" met;"),
        (Some(_), missed) => {
            let _ = write!(text, " **{missed} missed**;");
        }
    }
    let _ = write!(text, " {} |", group.summary());
    let is_bad = missed > 0 || group.count(OutcomeState::Error) > 0 || group.failed_items() > 0;
    TableRow { text, is_bad }
}

/// Says how many rows do not fit, and how many of these have a problem.
fn hidden_rows(number: usize, bad: usize) -> String {
    format!("{}, {bad} with a problem", count(number, "more row"))
}

/// The key and the subject.
fn metric_cell(outcome: &Outcome) -> String {
    let key = CodeCell(outcome.metric.key());
    match &outcome.subject {
        Some(subject) => format!("{key} {}", CodeCell(&one_line(subject.name()))),
        None => key.to_string(),
    }
}

fn unit(unit: Option<&str>) -> String {
    unit.map_or_else(String::new, |unit| format!(" {}", Cell(unit)))
}

fn goal_cell(metric: &Metric) -> String {
    metric.condition().map_or_else(String::new, |goal| format!("{} ", CodeCell(&goal)))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use system_health_registry::{EvidenceItem, Facts, ItemError, Reading};

    use super::*;
    use crate::output::fixture;

    #[tokio::test(start_paused = true)]
    #[expect(clippy::invisible_characters, reason = "they keep a URL from becoming a link")]
    async fn a_thousand_subjects_are_one_row_and_closed_blocks() {
        let report = fixture::run_thousand().await;

        assert_snapshot!(MarkdownReport::new(&report, &[]), @r"
        | metric | value | goal | |
        |---|---:|---|---|
        | `account.members` | 41 person | | |
        | `ci.tests_passing_on_main` | 0 to 1, median 1 | `== 1` | **30 missed**; 1000 repositories: 683 samples, 5 no data, 312 errors |
        | `commits.hotfix` | 0 to 49 commit, median 1 | `< 5` | **45 missed**; 1000 repositories: 678 samples, 322 errors |
        | `commits.reverts` | 0 to 2 commit, median 0 | | 1000 repositories: 688 samples, 312 errors, 1 failed item |
        | `orders.open` | 7 | | |

        <details>
        <summary>Goals missed</summary>

        - `ci.tests_passing_on_main == 1`: 30 missed
          - 0: `acme/app-0322, acme/app-0345, acme/app-0368, acme/app-0391, acme/app-0414, acme/app-0437, acme/app-0460, acme/app-0483, acme/app-0506, acme/app-0529, acme/app-0552, acme/app-0575, acme/app-0598, acme/app-0621, acme/app-0644, acme/app-0667, acme/app-0690, acme/app-0713, acme/app-0736, acme/app-0759 and 10 more`
        - `commits.hotfix < 5`: 45 missed
          - 49 `commit`: `acme/app-0749`
          - 48 `commit`: `acme/app-0748`
          - 47 `commit`: `acme/app-0747`
          - 46 `commit`: `acme/app-0746`
          - 45 `commit`: `acme/app-0745`
          - 40 other samples, 5 to 44 `commit`

        </details>

        <details>
        <summary>No data: 5</summary>

        - `ci.tests_passing_on_main of 5 repositories`: the repository has no workflow
          - `acme/app-0000, acme/app-0001, acme/app-0002, acme/app-0003, acme/app-0004`

        </details>

        <details>
        <summary>Errors: 946</summary>

        - `commits.hotfix, commits.reverts of 312 repositories`: connection refused
          - `acme/app-0005, acme/app-0006, acme/app-0007, acme/app-0008, acme/app-0009, acme/app-0010, acme/app-0011, acme/app-0012, acme/app-0013, acme/app-0014, acme/app-0015, acme/app-0016, acme/app-0017, acme/app-0018, acme/app-0019, acme/app-0020, acme/app-0021, acme/app-0022, acme/app-0023, acme/app-0024 and 292 more`
        - `ci.tests_passing_on_main of 312 repositories`: GET https:​//api.github.com/repos/…/actions/runs: connection refused
          - `acme/app-0005, acme/app-0006, acme/app-0007, acme/app-0008, acme/app-0009, acme/app-0010, acme/app-0011, acme/app-0012, acme/app-0013, acme/app-0014, acme/app-0015, acme/app-0016, acme/app-0017, acme/app-0018, acme/app-0019, acme/app-0020, acme/app-0021, acme/app-0022, acme/app-0023, acme/app-0024 and 292 more`
        - `commits.hotfix of acme/app-0990`: the answer is cut off after 990 bytes
        - `commits.hotfix of acme/app-0991`: the answer is cut off after 991 bytes
        - `commits.hotfix of acme/app-0992`: the answer is cut off after 992 bytes
        - `commits.hotfix of 7 repositories`: 7 other reasons, a different one for each repository, such as: the answer is cut off after 993 bytes
          - `acme/app-0993, acme/app-0994, acme/app-0995, acme/app-0996, acme/app-0997, acme/app-0998, acme/app-0999`

        </details>

        <details>
        <summary>Failed items: 1</summary>

        - `commits.reverts of acme/app-0317 branch:gone`: 404 Not Found

        </details>

        <details>
        <summary>Sources</summary>

        - `prometheus`: **error**: cannot ask http:​//prometheus:9090: connection refused
        - `warehouse`: **1 of 2 metrics refused**, see `acme (db.rs:7)`
          - the key \`commits.hotfix\` is used elsewhere; rename one of the metrics

        </details>
        ");
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_run_stays_below_the_limit_of_a_github_summary() {
        let goal = || "< 0".parse().unwrap();
        let metrics = (0..2_000).map(|number| {
            let facts = Facts::new(format!("many.metric_{number:04}"), "A test.").with_goal(goal());
            fixture::without_subject(facts, || {
                let sample = |number: u8| Sample::new(number)?.with_tag("number", &number.to_string());
                let samples = (0..25).map(sample).collect::<Result<_, _>>()?;
                let failed = |number: u8| ItemError::new(format!("{number} {}", "é|<".repeat(150)));
                Reading::new(samples, (0..6).map(failed).collect())
            })
        });
        let report = fixture::run(metrics, [], None).await;

        let markdown = MarkdownReport::new(&report, &[]).for_explanation().to_string();

        assert!(markdown.len() < 1_048_576, "{}", markdown.len());
        let hidden = markdown.lines().find(|line| line.contains("more rows")).unwrap();
        let shown = markdown.lines().filter(|line| line.starts_with("| `many.")).count();
        assert_eq!(hidden, format!("| … | | | {0} more rows, {0} with a problem |", 2_000 - shown));
    }

    #[tokio::test(start_paused = true)]
    async fn a_metric_with_hidden_evidence_is_named() {
        let metric = fixture::each(Facts::new("queue.late", "Late messages."), |_| {
            let item = EvidenceItem::new("a message", true, "it is late");
            Reading::new(vec![Sample::new(1.0)?.with_evidence([item])], vec![])
        });
        let report = fixture::run([metric], [], Some(21)).await;

        let markdown = MarkdownReport::new(&report, &[]).for_explanation().to_string();

        assert_eq!(markdown.matches("<summary>Evidence of").count(), 20);
        let end = "here: the command `explain queue.late --format json` shows it\n";
        assert!(markdown.ends_with(end), "{markdown}");
    }

    #[test]
    fn hidden_rows_are_counted_in_singular_or_plural() {
        assert_eq!(hidden_rows(1, 0), "1 more row, 0 with a problem");
        assert_eq!(hidden_rows(2, 1), "2 more rows, 1 with a problem");
    }

    #[tokio::test(start_paused = true)]
    async fn a_goal_of_two_metrics_has_a_row() {
        let report = fixture::run_with_goal().await;

        assert_snapshot!(MarkdownReport::new(&report, &[]), @"
        | metric | value | goal | |
        |---|---:|---|---|
        | `ci.errors` | 4 | | |
        | `ci.runs` | 20 | | |
        | `ci.error_ratio` | 0.2 | `ci.errors / ci.runs < 0.1` | **missed** |
        ");
    }
}
