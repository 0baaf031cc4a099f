//! Whether each metric and each source can be collected. The same requests are made as in a run.

use system_health_registry::{
    Catalog, Context, Engine, Finding, Grade, Outcome, OutcomeState, Run, SourceOutcome, Unavailable,
};
use system_health_reporter::Selection;

use crate::output::count;

/// The results of collecting all metrics.
pub(super) struct MetricFindings {
    pub(super) findings: Vec<Finding>,
    pub(super) counts: MetricCounts,
}

/// How the metrics ended. Each metric is counted once: as failed if it has an error, or else by whether it has a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct MetricCounts {
    /// The keys of metrics that have values, and no errors or failed items.
    pub(super) with_value: Vec<String>,
    /// The number of metrics that have no errors and no values.
    pub(super) without_data: usize,
    /// The number of metrics with an error or a failed item, for at least one subject.
    pub(super) failed: usize,
    /// Whether there is any value, even of a metric that failed for another subject.
    pub(super) has_values: bool,
}

/// Collects the selected metrics.
pub(super) async fn collect(
    engine: &Engine,
    catalog: &Catalog,
    selection: &Selection,
    context: &Context,
) -> MetricFindings {
    let run = engine.run(catalog, context).await;
    let unmatched = selection.take_unmatched(&run).into_iter();
    let unmatched = unmatched.map(|unmatched| Finding::warning("settings", unmatched.to_string()));
    // The outcomes are sorted by key.
    let metrics = || run.outcomes().chunk_by(|one, other| one.metric.key() == other.metric.key());
    let sources = run.sources().iter().flat_map(for_source);
    let skipped = selection.skipped_sources();
    let skipped = skipped.map(|name| Finding::ok(format!("source {name}"), "is skipped"));
    MetricFindings {
        counts: MetricCounts::new(metrics()),
        findings: requests(&run)
            .chain(sources)
            .chain(skipped)
            .chain(unmatched)
            .chain(metrics().flat_map(for_metric))
            .collect(),
    }
}

impl MetricCounts {
    /// Counts metrics by their outcomes.
    fn new<'o>(metrics: impl Iterator<Item = &'o [Outcome]>) -> Self {
        let mut counts = Self::default();
        for outcomes in metrics {
            let has_values = outcomes.iter().any(has_value);
            counts.has_values |= has_values;
            match outcomes {
                [first, ..] if has_values && !outcomes.iter().any(has_error) => {
                    counts.with_value.push(first.metric.key().to_owned());
                }
                _ if outcomes.iter().any(has_error) => counts.failed += 1,
                _ => counts.without_data += 1,
            }
        }
        counts
    }

    /// The number of all metrics.
    pub(super) fn all(&self) -> usize {
        self.with_value.len() + self.without_data + self.failed
    }
}

fn has_value(outcome: &Outcome) -> bool {
    outcome.state() == OutcomeState::Value
}

/// Whether the collection failed, at least for one item.
fn has_error(outcome: &Outcome) -> bool {
    outcome.state() == OutcomeState::Error || !outcome.failed_items().is_empty()
}

/// The requests that the metrics of each group are expected to make, and how many requests the API allows.
fn requests(run: &Run) -> impl Iterator<Item = Finding> {
    run.request_plans().iter().flat_map(|plan| {
        let groups = plan.groups.iter().map(|group| {
            let grade = if group.skipped.is_some() { Grade::Warning } else { Grade::Ok };
            Finding::new(format!("requests of {}.*", group.group), grade, group.summary())
        });
        let total = Finding::ok(format!("requests to {}", plan.api), plan.summary());
        groups.chain([total]).collect::<Vec<_>>()
    })
}

/// The findings about a metric: one finding for a single outcome; for several outcomes, a summary and the problems.
fn for_metric(outcomes: &[Outcome]) -> Vec<Finding> {
    let key = match outcomes {
        [] => return vec![],
        [outcome] => return vec![finding(format!("metric {}", outcome.metric.key()), outcome)],
        [outcome, ..] => outcome.metric.key(),
    };
    let named = |outcome: &Outcome| match &outcome.subject {
        Some(subject) => finding(format!("metric {key} of {subject}"), outcome),
        None => finding(format!("metric {key}"), outcome),
    };
    let problems: Vec<_> = outcomes.iter().map(named).filter(|finding| finding.grade != Grade::Ok).collect();
    let grade = problems.iter().map(|finding| finding.grade).max().unwrap_or(Grade::Ok);
    let summary = Finding::new(format!("metric {key}"), grade, summary(outcomes));
    [vec![summary], Finding::keep_worst(problems)].concat()
}

/// For how many subjects a metric has values, no data or errors. A subject with failed items may also have values.
fn summary(outcomes: &[Outcome]) -> String {
    let number = |is_counted: fn(&Outcome) -> bool| outcomes.iter().filter(|it| is_counted(it)).count();
    let without_data = number(|outcome| outcome.state() == OutcomeState::NoData);
    let problems = [("no data", without_data), ("errors", number(has_error))].into_iter();
    let problems = problems.filter(|(_, number)| *number > 0);
    let problems: Vec<String> = problems.map(|(name, number)| format!(", {name} for {number}")).collect();
    format!("has values for {} of {} subjects{}", number(has_value), outcomes.len(), problems.concat())
}

fn finding(check: String, outcome: &Outcome) -> Finding {
    if let (Ok(_), [first, ..]) = (&outcome.result, outcome.failed_items()) {
        let (failed, all) =
            (outcome.failed_items().len(), outcome.failed_items().len() + outcome.samples().len());
        return Finding::failed(check, format!("{failed} of {all} items failed: {first}"));
    }
    match &outcome.result {
        Ok(reading) if reading.samples().len() == 1 => Finding::ok(check, "has a value"),
        Ok(reading) => Finding::ok(check, format!("has {} values", reading.samples().len())),
        Err(Unavailable::NoData(reason)) => Finding::warning(check, format!("has no data: {reason}")),
        Err(Unavailable::Error(error)) => Finding::failed(check, error.to_string()),
    }
}

/// The findings about a source: what it returned, and each metric that was refused. Each metric that it returned has a finding of
/// its own.
fn for_source(source: &SourceOutcome) -> Vec<Finding> {
    let check = format!("source {}", source.name);
    match &source.result {
        Ok(returned) if source.refused.is_empty() => {
            vec![Finding::ok(check, format!("returned {}", count(*returned, "metric")))]
        }
        Ok(returned) => {
            let (refused, returned) = (source.refused.len(), count(*returned, "metric"));
            let message = format!("{refused} of {returned} refused, see {}", source.location);
            let refused = source.refused.iter().map(|error| Finding::failed(&*check, error.to_string()));
            let refused = Finding::keep_worst(refused.collect());
            [vec![Finding::failed(&*check, message)], refused].concat()
        }
        Err(Unavailable::NoData(reason)) => vec![Finding::warning(check, format!("has no data: {reason}"))],
        Err(Unavailable::Error(error)) => vec![Finding::failed(check, error.to_string())],
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use futures::FutureExt;
    use system_health_registry::{
        DescribedReading, Facts, IntoReading, ItemError, Metric, Sample, Settings, Source, location,
    };

    use super::*;
    use crate::output::fixture;

    /// The findings about a metric and sources, with two repositories.
    async fn findings(metric: Metric, sources: Vec<Source>) -> Vec<Finding> {
        let catalog = Catalog::new([metric]).unwrap().with_sources(sources).unwrap();
        collect(&Engine::new(), &catalog, &Selection::default(), &fixture::context(Some(2))).await.findings
    }

    #[tokio::test]
    async fn a_subject_with_a_failed_item_is_counted_among_those_with_values() {
        let metric = fixture::each(Facts::new("queue.length", "Lengths."), |number| match number {
            0 => vec![
                Ok(Sample::new(2.0)?.with_tag("queue", "mail")?),
                Err(ItemError::new("404 Not Found").with_tag("queue", "print")),
            ]
            .into_reading(),
            _ => 0.into_reading(),
        });

        let failed = "1 of 2 items failed: queue:print: 404 Not Found";
        assert_eq!(
            findings(metric, vec![]).await,
            [
                Finding::failed("metric queue.length", "has values for 2 of 2 subjects, errors for 1"),
                Finding::failed("metric queue.length of acme/app-0000", failed),
            ]
        );
    }

    #[tokio::test]
    async fn a_metric_is_counted_once_and_as_failed_if_it_has_an_error() {
        let metrics = [
            fixture::without_subject(Facts::new("a.value", "A test."), || 1.into_reading()),
            fixture::without_subject(Facts::new("b.no_data", "A test."), || {
                Err(Unavailable::no_data("none"))
            }),
            fixture::without_subject(Facts::new("c.error", "A test."), || Err("connection refused")?),
            fixture::each(Facts::new("d.some", "A test."), |number| match number {
                0 => Err(Unavailable::no_data("none")),
                1 => Err("connection refused")?,
                _ => 0.into_reading(),
            }),
        ];
        let catalog = Catalog::new(metrics).unwrap();

        let context = fixture::context(Some(3));
        let found = collect(&Engine::new(), &catalog, &Selection::default(), &context).await;

        let (with_value, without_data, failed) = (vec!["a.value".to_owned()], 1, 2);
        assert_eq!(found.counts, MetricCounts { with_value, without_data, failed, has_values: true });
        let summary = "has values for 1 of 3 subjects, no data for 1, errors for 1";
        assert!(found.findings.contains(&Finding::failed("metric d.some", summary)), "{:?}", found.findings);
    }

    #[tokio::test]
    async fn a_source_that_fails_and_a_refused_metric_have_findings() {
        let metric = fixture::without_subject(Facts::new("commits.hotfix", "Hotfixes."), || 1.into_reading());

        let findings = findings(metric, fixture::sources()).await;

        let failed = "cannot ask http://prometheus:9090: connection refused";
        assert_eq!(findings[0], Finding::failed("source prometheus", failed));
        let refused = "1 of 2 metrics refused, see acme (db.rs:7)";
        assert_eq!(findings[1], Finding::failed("source warehouse", refused));
        let refused = "the key `commits.hotfix` is used elsewhere; rename one of the metrics";
        assert_eq!(findings[2], Finding::failed("source warehouse", refused));
    }

    #[tokio::test]
    async fn a_pattern_that_matches_no_metric_of_a_source_has_a_finding() {
        let source = Source::new("warehouse", "A test.", location!(), |_| {
            async { Ok(vec![DescribedReading::new(Facts::new("orders.late", "Late orders."), 1.0)]) }.boxed()
        });
        let catalog = Catalog::from_sources([source]).unwrap();
        let settings =
            Settings::builder().toml(Path::new("a.toml"), "[report]\nskip = ['orders.lat']").unwrap();
        let selection = Selection::default().with_settings(&catalog, &settings.build().unwrap()).unwrap();
        let selected = selection.filter(catalog);

        let found = collect(&Engine::new(), &selected, &selection, &fixture::context(None)).await.findings;

        let message =
            "a.toml:2:9: `skip[0]` in [report]: `orders.lat` matches no metric; did you mean `orders.late`?";
        assert!(found.contains(&Finding::warning("settings", message)), "{found:?}");
    }
}
