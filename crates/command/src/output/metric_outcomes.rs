//! All outcomes of one metric. For a metric about a thousand repositories, there is a summary: the number of outcomes in each
//! state, the range of the values, and the values that are farthest from the goal.

use std::{
    collections::{BTreeMap, HashSet},
    iter, ptr,
};

use system_health_registry::{Comparison, Goal, Metric, Outcome, OutcomeState, Report, Sample, Tag};

use super::{
    text::{count, join_names, one_line},
    value::ShownValue,
};

/// A metric with more subjects or samples than this is summarised.
pub(crate) const MAX_ROWS: usize = 20;

/// Maximum number of distinct values that are shown if they miss a goal.
const MAX_MISSED: usize = 5;

/// The outcomes of a metric.
#[derive(Clone, Copy)]
pub(crate) struct MetricOutcomes<'a> {
    pub(crate) metric: &'a Metric,
    pub(crate) outcomes: &'a [Outcome],
}

/// The smallest, the median and the largest value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    pub(super) min: f64,
    pub(super) median: f64,
    pub(super) max: f64,
}

/// One value that misses the goal, with the names of all samples that have it.
pub(super) struct MissedValue {
    pub(super) value: f64,
    pub(super) names: Vec<String>,
}

/// The values that miss a goal, the worst first.
pub(super) struct MissedValues {
    pub(super) shown: Vec<MissedValue>,
    /// The number of other samples, and their range.
    pub(super) others: Option<(usize, Range)>,
}

impl<'a> MetricOutcomes<'a> {
    /// Groups the outcomes of a run by metric.
    pub(crate) fn by_metric(outcomes: &'a [Outcome]) -> Vec<Self> {
        let by_key = outcomes.chunk_by(|one, other| one.metric.key() == other.metric.key());
        by_key.map(|outcomes| Self { metric: &outcomes[0].metric, outcomes }).collect()
    }

    /// Groups the outcomes that a report shows: those of metrics, and then the results of goals of two metrics.
    pub(crate) fn of_report(report: &'a Report) -> Vec<Self> {
        let mut all = Self::by_metric(report.run().outcomes());
        all.extend(Self::by_metric(report.goals()));
        all
    }

    /// The key with its goal: `commits.hotfix < 5`. A goal of two metrics follows after a colon:
    /// `ci.error_ratio: ci.errors / ci.runs < 0.1`.
    pub(super) fn key_and_goal(&self) -> String {
        let between = if self.metric.two_metric_goal().is_some() { ": " } else { " " };
        let goal = self.metric.condition().map(|goal| format!("{between}{goal}"));
        format!("{}{}", self.metric.key(), goal.unwrap_or_default())
    }

    /// Whether there are so few samples and outcomes that each is shown.
    pub(crate) fn is_short(&self) -> bool {
        self.outcomes.len() <= MAX_ROWS && self.samples().nth(MAX_ROWS).is_none()
    }

    /// Each sample with its outcome.
    pub(super) fn samples(&self) -> impl Iterator<Item = (&'a Outcome, &'a Sample)> + use<'a> {
        self.outcomes.iter().flat_map(|outcome| outcome.samples().iter().map(move |it| (outcome, it)))
    }

    /// The number of subjects. `None` if the metric has no subject, or if the subjects could not be listed.
    pub(super) fn subjects(&self) -> Option<usize> {
        self.outcomes.first()?.subject.is_some().then_some(self.outcomes.len())
    }

    /// The noun for what the metric is about, such as `repository`.
    pub(crate) fn subject_noun(&self) -> String {
        let type_name = self.metric.subject_type().unwrap_or_default();
        // The words of a name such as `CIQueue` cannot be separated without guessing.
        let is_one_word = type_name.chars().enumerate().all(|(at, c)| c.is_ascii_uppercase() == (at == 0));
        if is_one_word && !type_name.is_empty() { type_name.to_lowercase() } else { "subject".to_owned() }
    }

    /// The number of outcomes in a state.
    pub(super) fn count(&self, state: OutcomeState) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.state() == state).count()
    }

    /// The number of items that failed.
    pub(super) fn failed_items(&self) -> usize {
        self.outcomes.iter().map(|outcome| outcome.failed_items().len()).sum()
    }

    /// The range of the values, if there are any.
    pub(super) fn range(&self) -> Option<Range> {
        Range::from_values(self.samples().filter_map(|(_, sample)| sample.value().number()).collect())
    }

    /// The samples that miss the goal, those farthest from it first.
    pub(super) fn missed(&self) -> Vec<(&'a Outcome, &'a Sample)> {
        let Some(goal) = self.metric.goal() else { return Vec::new() };
        let mut missed: Vec<_> = self.samples().filter(|(_, sample)| !sample.meets(goal)).collect();
        // The sort is stable, so samples at the same distance stay in the order of their names.
        missed.sort_by(|(_, one), (_, other)| distance(goal, other).total_cmp(&distance(goal, one)));
        missed
    }

    /// The outcomes. If there are many, those farthest from the goal come first, then those without data, and then the
    /// others.
    pub(super) fn worst_first(&self) -> Vec<&'a Outcome> {
        if self.is_short() {
            return self.outcomes.iter().collect();
        }
        let missed = self.missed().into_iter().map(|(outcome, _)| outcome);
        let no_data = self.outcomes.iter().filter(|outcome| outcome.state() == OutcomeState::NoData);
        let mut seen = HashSet::new();
        missed
            .chain(no_data)
            .chain(self.outcomes)
            .filter(|outcome| seen.insert(ptr::from_ref(*outcome)))
            .collect()
    }

    /// The tags that all samples share, which do not help to distinguish them. Empty for a single sample.
    fn common_tags(&self) -> HashSet<&'a Tag> {
        let mut tags = self.samples().map(|(_, sample)| sample.tags().iter().collect::<HashSet<_>>());
        let (Some(first), Some(second)) = (tags.next(), tags.next()) else { return HashSet::new() };
        iter::once(second)
            .chain(tags)
            .fold(first, |common, tags| common.intersection(&tags).copied().collect())
    }

    /// Says how many samples miss the goal, and which ones. `None` if all samples meet it.
    pub(crate) fn missed_text(&self) -> Option<String> {
        let missed = self.missed();
        let common = self.common_tags();
        let names: Vec<String> =
            missed.iter().map(|(outcome, sample)| name(outcome, sample, &common)).collect();
        match (missed.len(), self.samples().count()) {
            (0, _) => None,
            (_, 1) if self.subjects().is_none() => Some("the goal is missed".to_owned()),
            (missed, all) => Some(format!(
                "the goal is missed by {missed} of {}: {}",
                count(all, "sample"),
                join_names(&names)
            )),
        }
    }

    /// The samples that miss the goal, grouped by value.
    pub(super) fn missed_values(&self) -> MissedValues {
        let mut shown: Vec<MissedValue> = Vec::new();
        let mut indices = BTreeMap::new();
        let mut others = Vec::new();
        let common = self.common_tags();
        for (outcome, sample) in self.missed() {
            let Some(value) = sample.value().number() else { continue };
            // Zero has two representations.
            let index = *indices.entry((value + 0.0).to_bits()).or_insert(shown.len());
            match shown.get_mut(index) {
                Some(missed) => missed.names.push(name(outcome, sample, &common)),
                None if index < MAX_MISSED => {
                    shown.push(MissedValue { value, names: vec![name(outcome, sample, &common)] });
                }
                None => others.push(value),
            }
        }
        MissedValues { shown, others: Range::from_values(others.clone()).map(|range| (others.len(), range)) }
    }

    /// The numbers of subjects, samples and problems: `1000 repositories: 982 samples, 5 no data, 13 errors`. If the number of
    /// samples differs from the number of subjects with samples, both are shown: `990 samples of 982`.
    pub(super) fn summary(&self) -> String {
        let samples = self.samples().count();
        let counts = [
            (self.count(OutcomeState::NoData), "no data".to_owned()),
            (self.count(OutcomeState::Error), noun(self.count(OutcomeState::Error), "error")),
            (self.failed_items(), noun(self.failed_items(), "failed item")),
        ];
        let counts = counts.into_iter().filter(|(number, _)| *number > 0);
        let mut parts = vec![count(samples, "sample")];
        if let Some(subjects) = self.subjects() {
            let with_value = self.count(OutcomeState::Value);
            if samples != with_value {
                parts[0] = format!("{} of {with_value}", parts[0]);
            }
            parts[0] = format!("{}: {}", count(subjects, &self.subject_noun()), parts[0]);
        }
        parts.extend(counts.map(|(number, what)| format!("{number} {what}")));
        parts.join(", ")
    }
}

impl Range {
    fn from_values(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median =
            if values.len() % 2 == 1 { values[middle] } else { values[middle - 1].midpoint(values[middle]) };
        Some(Self { min, median, max })
    }

    /// The text before the maximum, such as `5 to ` in `5 to 44`. Empty if all values are equal.
    pub(super) fn before_max(&self) -> String {
        if self.min < self.max { format!("{} to ", ShownValue(self.min)) } else { String::new() }
    }
}

impl MissedValue {
    /// The names, or the first of them.
    pub(super) fn list(&self) -> String {
        join_names(&self.names)
    }
}

/// The name of a sample: its subject and its own tags, except for those in `without`.
fn name(outcome: &Outcome, sample: &Sample, without: &HashSet<&Tag>) -> String {
    let subject = outcome.subject.iter().map(|subject| one_line(subject.name()));
    let tags = sample.tags().iter().filter(|tag| !without.contains(tag)).map(Tag::to_string);
    let name = subject.chain(tags).collect::<Vec<_>>().join(" ");
    if name.is_empty() { "(without tags)".to_owned() } else { name }
}

/// The noun in singular or plural, without the number.
fn noun(number: usize, singular: &str) -> String {
    let text = count(number, singular);
    text.split_once(' ').map_or_else(String::new, |(_, noun)| noun.to_owned())
}

/// How far a sample is from meeting a goal.
fn distance(goal: Goal, sample: &Sample) -> f64 {
    let Some(value) = sample.value().number() else { return 0.0 };
    match goal.comparison() {
        Comparison::Less | Comparison::LessOrEqual => value - goal.target(),
        Comparison::Greater | Comparison::GreaterOrEqual => goal.target() - value,
        Comparison::Equal => (value - goal.target()).abs(),
        Comparison::NotEqual => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use system_health_registry::{Facts, IntoReading, Reading};

    use super::*;
    use crate::output::fixture;

    /// One outcome of a metric with these values.
    fn outcome(goal: &str, values: &[f64]) -> Outcome {
        let facts = Facts::new("a.metric", "A test.").with_goal(goal.parse().unwrap());
        let sample = |(number, value): (usize, &f64)| {
            Sample::new(*value).unwrap().with_tag("number", &number.to_string()).unwrap()
        };
        let samples = values.iter().enumerate().map(sample).collect();
        Outcome {
            metric: fixture::without_subject(facts, || 0.into_reading()),
            subject: None,
            result: Reading::new(samples, Vec::new()),
            duration: Duration::ZERO,
        }
    }

    fn missed(goal: &str, values: &[f64]) -> Vec<(f64, Vec<String>)> {
        let outcomes = [outcome(goal, values)];
        let group = MetricOutcomes { metric: &outcomes[0].metric, outcomes: &outcomes };
        group.missed_values().shown.into_iter().map(|missed| (missed.value, missed.names)).collect()
    }

    #[test]
    fn the_value_farthest_from_the_goal_comes_first() {
        let names = |numbers: &[usize]| numbers.iter().map(|it| format!("number:{it}")).collect::<Vec<_>>();

        assert_eq!(missed("< 5", &[5.0, 9.0, 1.0]), [(9.0, names(&[1])), (5.0, names(&[0]))]);
        assert_eq!(missed(">= 5", &[4.0, -9.0, 5.0]), [(-9.0, names(&[1])), (4.0, names(&[0]))]);
        assert_eq!(
            missed("== 5", &[6.0, 4.0, 6.0, 1.0]),
            [(1.0, names(&[3])), (6.0, names(&[0, 2])), (4.0, names(&[1]))]
        );
        assert_eq!(missed("!= 0", &[0.0, 1.0, -0.0]), [(0.0, names(&[0, 2]))]);
    }

    #[test]
    fn only_the_worst_values_are_shown_and_the_others_are_counted() {
        let values: Vec<f64> = (0..30).map(f64::from).collect();
        let outcomes = [outcome("< 10", &values)];
        let group = MetricOutcomes { metric: &outcomes[0].metric, outcomes: &outcomes };

        let missed = group.missed_values();

        assert_eq!(missed.shown.len(), MAX_MISSED);
        assert_eq!(missed.others, Some((15, Range { min: 10.0, median: 17.0, max: 24.0 })));
        assert!(!group.is_short());
        assert_eq!(group.summary(), "30 samples");
        let text = group.missed_text().unwrap();
        assert!(text.starts_with("the goal is missed by 20 of 30 samples: number:29, number:28"), "{text}");
    }

    #[test]
    fn the_median_of_equal_or_huge_values_is_exact() {
        let median = |values: &[f64]| Range::from_values(values.to_vec()).map(|range| range.median);

        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 3.0, 3.0, 3.0]), Some(3.0));
        assert_eq!(median(&[4.0, 1.0]), Some(2.5));
        assert_eq!(median(&[f64::MAX, f64::MAX]), Some(f64::MAX));
    }

    #[test]
    fn a_range_of_equal_values_has_one_number() {
        let before_max = |values: &[f64]| Range::from_values(values.to_vec()).unwrap().before_max();

        assert_eq!(before_max(&[44.0, 5.0]), "5 to ");
        assert_eq!(before_max(&[5.0, 5.0]), "");
    }
}
