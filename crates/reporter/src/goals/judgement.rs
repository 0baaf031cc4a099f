//! The result of a goal of two metrics in a run: for each subject, and for each series whose tags match.
//!
//! There is a result only where both metrics have a value. If a metric has none, the goal has the same reason as the metric,
//! word for word, so that people recognise it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use system_health_registry::{
    Facts, Kind, Metric, Monitoring, NoData, Operator, Outcome, Reading, Run, Sample, SubjectLabel, Tag,
    Unavailable,
};

use super::{combination::check_combination, settings::GoalOfTwoMetrics};

/// The values of one metric by the tags that distinguish them.
type ValuesByTags<'a> = BTreeMap<BTreeSet<&'a Tag>, f64>;

/// One outcome for each subject of the two metrics, or one if they have none.
pub(super) fn judge(named: &GoalOfTwoMetrics, run: &Run) -> Vec<Outcome> {
    let goal = &named.goal;
    let outcomes = [goal.left(), goal.right()].map(|key| outcomes_of(run, key));
    let subjects: BTreeSet<_> =
        outcomes.iter().flat_map(|side| side.iter()).filter_map(|outcome| outcome.subject.as_ref()).collect();
    let metric = metric(named, outcomes.map(|side| side.first().map(|outcome| &outcome.metric)));
    let outcome = |subject: Option<&Arc<SubjectLabel>>| Outcome {
        metric: metric.clone(),
        subject: subject.cloned(),
        result: result(named, run, outcomes, subject),
        duration: Duration::ZERO,
    };
    if subjects.is_empty() {
        return vec![outcome(None)];
    }
    subjects.into_iter().map(|subject| outcome(Some(subject))).collect()
}

/// The outcomes of a metric. The outcomes of a run are sorted by key.
fn outcomes_of<'a>(run: &'a Run, key: &str) -> &'a [Outcome] {
    let outcomes = run.outcomes();
    let start = outcomes.partition_point(|outcome| outcome.metric.key() < key);
    let end = outcomes.partition_point(|outcome| outcome.metric.key() <= key);
    &outcomes[start..end]
}

fn metric(named: &GoalOfTwoMetrics, metrics: [Option<&Metric>; 2]) -> Metric {
    let GoalOfTwoMetrics { name, goal, description, runbook, owner } = named;
    let description = description.clone().unwrap_or_else(|| format!("The goal `{goal}` of two metrics."));
    let monitoring = Monitoring { runbook: runbook.clone(), owner: owner.clone(), ..Monitoring::default() };
    let mut facts = Facts::new(name, description).with_monitoring(monitoring);
    // A ratio has no unit; a sum or a difference has the unit of its parts.
    let unit = metrics[0].and_then(|metric| metric.unit());
    if let Some(unit) = unit.filter(|_| goal.operator() != Operator::Divide) {
        facts = facts.with_unit(unit);
    }
    let with_subjects = metrics.into_iter().flatten().find(|metric| metric.subject_type().is_some());
    Metric::of_two_metric_goal(facts, goal.clone(), with_subjects)
}

fn result(
    named: &GoalOfTwoMetrics,
    run: &Run,
    [left, right]: [&[Outcome]; 2],
    subject: Option<&Arc<SubjectLabel>>,
) -> Result<Reading, Unavailable> {
    let goal = &named.goal;
    let left = outcome_of(run, goal.left(), left, subject);
    let right = outcome_of(run, goal.right(), right, subject);
    // An error is never hidden by no data of the other metric.
    let (left, right) = match (left, right) {
        (Err(error @ Unavailable::Error(_)), _) | (_, Err(error @ Unavailable::Error(_))) => {
            return Err(error);
        }
        (Err(no_data), _) | (_, Err(no_data)) => return Err(no_data),
        (Ok(left), Ok(right)) => (left, right),
    };
    check_combination(&left.metric, &right.metric, goal.operator())?;
    // A goal compares numbers.
    if let Some(Outcome { metric, .. }) =
        [left, right].into_iter().find(|outcome| outcome.metric.kind() == Kind::Distribution)
    {
        return Err(Unavailable::no_data(format!("`{}` is a distribution, not one value", metric.key())));
    }
    let (left, right) = (values_by_tags(left, subject), values_by_tags(right, subject));
    let mut is_divided_by_zero = false;
    let mut samples = Vec::new();
    for (tags, value) in &left {
        let Some(other) = right.get(tags) else { continue };
        match goal.operator().combine(*value, *other) {
            Some(result) => samples.push(sample(result, tags)?),
            None => is_divided_by_zero = true,
        }
    }
    if samples.is_empty() {
        let (left, right) = (goal.left(), goal.right());
        return Err(Unavailable::no_data(if is_divided_by_zero {
            format!("`{right}` is 0, so `{left} / {right}` has no result")
        } else {
            format!("no values of `{left}` and `{right}` have the same tags")
        }));
    }
    Reading::new(samples, Vec::new())
}

/// The outcome of a metric for a subject, if it has a value. A metric without subjects may have the tags of the subject in its
/// samples, as metrics of sources do.
fn outcome_of<'a>(
    run: &Run,
    key: &str,
    outcomes: &'a [Outcome],
    subject: Option<&Arc<SubjectLabel>>,
) -> Result<&'a Outcome, Unavailable> {
    // The outcomes of a metric are sorted by subject. An outcome without a subject comes first.
    let of_subject = outcomes.binary_search_by(|outcome| outcome.subject.as_ref().cmp(&subject));
    let without_subject = outcomes.first().filter(|outcome| outcome.subject.is_none());
    let outcome = of_subject.ok().map(|position| &outcomes[position]).or(without_subject);
    match outcome {
        Some(outcome) => match &outcome.result {
            Ok(_) => Ok(outcome),
            Err(Unavailable::NoData(no_data)) => Err(NoData::new(no_data.reason()).into()),
            Err(error @ Unavailable::Error(_)) => Err(error.clone()),
        },
        None if !outcomes.is_empty() => {
            Err(Unavailable::no_data(format!("`{key}` is not collected for this subject")))
        }
        // Nobody knows which metrics a failed source would have returned.
        None => match run.sources().iter().find_map(|source| source.result.as_ref().err()) {
            Some(error @ Unavailable::Error(_)) => Err(error.clone()),
            _ => Err(Unavailable::no_data(format!("no source returned `{key}` in this run"))),
        },
    }
}

/// The values of an outcome. If the outcome has no subject, these are the values that have all tags of the given subject. Then
/// the tags of the subject are left out of the result.
fn values_by_tags<'a>(outcome: &'a Outcome, subject: Option<&'a Arc<SubjectLabel>>) -> ValuesByTags<'a> {
    let subject_tags = subject.filter(|_| outcome.subject.is_none()).map(|subject| subject.tags());
    let samples = outcome.samples().iter();
    let of_subject = samples.filter(|sample| subject_tags.is_none_or(|tags| sample.tags().is_superset(tags)));
    of_subject
        .filter_map(|sample| {
            let other_tags =
                sample.tags().iter().filter(|tag| subject_tags.is_none_or(|tags| !tags.contains(tag)));
            Some((other_tags.collect(), sample.value().number()?))
        })
        .collect()
}

fn sample(value: f64, tags: &BTreeSet<&Tag>) -> Result<Sample, Unavailable> {
    let mut sample = Sample::new(value)?;
    for tag in tags {
        let (name, value) = tag.as_str().split_once(':').unwrap_or_default();
        sample = sample.with_tag(name, value)?;
    }
    Ok(sample)
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use system_health_registry::{
        Catalog, Context, Distribution, Engine, IntoReading, ItemError, Subject, Subjects, TagError, location,
    };

    use super::*;

    #[derive(Debug, Clone, Copy)]
    struct Repository(u32);

    impl Subject for Repository {
        async fn list(_context: &Context) -> Result<Vec<Self>, Unavailable> {
            Err("cannot list the repositories")?
        }

        fn tags(&self) -> Result<Vec<Tag>, TagError> {
            Ok(vec![Tag::new("repository", &self.to_string())?])
        }
    }

    impl fmt::Display for Repository {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "r{}", self.0)
        }
    }

    fn metric_without_subjects(key: &str, read: fn() -> Result<Reading, Unavailable>) -> Metric {
        Metric::new(Facts::new(key, "For a test."), location!(), move |_| Box::pin(async move { read() }))
    }

    fn metric_of_repositories(key: &str, read: fn(u32) -> Result<Reading, Unavailable>) -> Metric {
        Metric::new(Facts::new(key, "For a test."), location!(), move |context| {
            Box::pin(async move { read(context.get::<Repository>().await?.0) })
        })
        .each::<Repository>()
    }

    /// The results of a goal in a run over six repositories, in words.
    async fn results(goal: &str, metrics: [Metric; 2]) -> Vec<String> {
        let context = Context::new().provide(Subjects::new((0..6).map(Repository)));
        let run = Engine::new().run(&Catalog::new(metrics).unwrap(), &context).await;
        let named = GoalOfTwoMetrics {
            name: "a.goal".to_owned(),
            goal: goal.parse().unwrap(),
            description: None,
            runbook: None,
            owner: None,
        };
        judge(&named, &run).iter().map(in_words).collect()
    }

    fn in_words(outcome: &Outcome) -> String {
        let subject = outcome.subject.as_ref().map_or("-", |subject| subject.name());
        let result = match &outcome.result {
            Ok(reading) => {
                let samples = reading.samples().iter().map(|sample| {
                    let tags: Vec<_> = sample.tags().iter().map(Tag::as_str).collect();
                    format!("{} [{}]", sample.value(), tags.join(" "))
                });
                samples.collect::<Vec<_>>().join(", ")
            }
            Err(Unavailable::NoData(no_data)) => format!("no data: {no_data}"),
            Err(Unavailable::Error(error)) => format!("error: {error}"),
        };
        format!("{subject}: {result}")
    }

    fn tagged(values: &[(&str, f64)]) -> Result<Reading, Unavailable> {
        let samples = values.iter().map(|(queue, value)| Sample::new(*value)?.with_tag("queue", queue));
        samples.collect::<Result<Vec<_>, _>>()?.into_reading()
    }

    #[tokio::test]
    async fn each_subject_has_a_result_or_the_reason_of_the_metric_without_a_value() {
        let errors = metric_of_repositories("ci.errors", |number| match number {
            3 => Err(Unavailable::no_data("no runs yet")),
            4 => Err("401 Unauthorized".into()),
            5 => Err(Unavailable::no_data("no workflow")),
            _ => number.into_reading(),
        });
        let runs = metric_of_repositories("ci.runs", |number| match number {
            2 => 0.into_reading(),
            5 => Err("connection refused".into()),
            _ => 4.into_reading(),
        });

        assert_eq!(
            results("ci.errors / ci.runs < 0.1", [errors, runs]).await,
            [
                "r0: 0 []",
                "r1: 0.25 []",
                "r2: no data: `ci.runs` is 0, so `ci.errors / ci.runs` has no result",
                "r3: no data: no runs yet",
                "r4: error: 401 Unauthorized",
                "r5: error: connection refused",
            ]
        );
    }

    #[tokio::test]
    async fn series_with_the_same_tags_are_combined() {
        let failed =
            metric_without_subjects("a.failed", || tagged(&[("mail", 1.0), ("print", 3.0), ("fax", 1.0)]));
        let all =
            metric_without_subjects("b.all", || tagged(&[("print", 4.0), ("mail", 2.0), ("scan", 1.0)]));
        let other = metric_without_subjects("b.all", || 7.into_reading());
        let goal = "a.failed / b.all < 1";

        assert_eq!(results(goal, [failed.clone(), all]).await, ["-: 0.5 [queue:mail], 0.75 [queue:print]"]);
        assert_eq!(
            results(goal, [failed, other]).await,
            ["-: no data: no values of `a.failed` and `b.all` have the same tags"]
        );
    }

    #[tokio::test]
    async fn a_metric_without_subjects_is_combined_by_the_tags_of_a_subject() {
        let limit = metric_without_subjects("a.limit", || {
            let sample = |name: &str, value: f64| Sample::new(value)?.with_tag("repository", name);
            vec![sample("r1", 10.0)?, sample("r9", 90.0)?].into_reading()
        });
        let used = metric_of_repositories("b.used", IntoReading::into_reading);

        let results = results("b.used - a.limit < 0", [limit, used]).await;

        assert_eq!(results[1], "r1: -9 []");
        assert_eq!(results[0], "r0: no data: no values of `b.used` and `a.limit` have the same tags");
        assert_eq!(results.len(), 6);
    }

    #[tokio::test]
    async fn a_failed_item_has_no_result_but_the_other_items_do() {
        let failed = metric_without_subjects("a.failed", || {
            vec![
                Ok(Sample::new(1.0)?.with_tag("queue", "mail")?),
                Err(ItemError::new("404").with_tag("queue", "print")),
            ]
            .into_reading()
        });
        let all = metric_without_subjects("b.all", || tagged(&[("print", 4.0), ("mail", 2.0)]));

        assert_eq!(results("a.failed / b.all < 1", [failed, all]).await, ["-: 0.5 [queue:mail]"]);
    }

    #[tokio::test]
    async fn a_goal_with_a_distribution_has_no_data() {
        let facts = Facts::new("a.times", "For a test.").with_kind(Kind::Distribution);
        let times = Metric::new(facts, location!(), |_| {
            Box::pin(async { Distribution::from_values([1.0])?.into_reading() })
        });
        let runs = metric_without_subjects("b.runs", || 4.into_reading());

        assert_eq!(
            results("a.times / b.runs < 1", [times, runs]).await,
            ["-: no data: `a.times` is a distribution, not one value"]
        );
    }

    #[tokio::test]
    async fn a_result_that_is_not_finite_is_an_error() {
        let [huge, tiny] = [
            metric_without_subjects("a.huge", || 1e300.into_reading()),
            metric_without_subjects("b.tiny", || 1e-300.into_reading()),
        ];

        let results = results("a.huge / b.tiny < 1", [huge, tiny]).await;

        assert_eq!(results, ["-: error: a value must be a finite number, this one is inf"]);
    }
}
