//! Whether each metric and each source can be collected. The same requests are made as in a run.

use system_health_registry::{
    Catalog, Context, Engine, Finding, Grade, Outcome, OutcomeState, Run, SourceOutcome, Unavailable,
};
use system_health_reporter::Selection;

use crate::output::count;

/// The results of collecting all metrics.
pub(super) struct MetricFindings {
    pub(super) findings: Vec<Finding>,
    /// The keys of metrics with a value, at least for one subject.
    pub(super) with_value: Vec<String>,
    /// The number of metrics.
    pub(super) metric_count: usize,
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
    let with_value = metrics().filter(|outcomes| outcomes.iter().any(has_value));
    let sources = run.sources().iter().map(for_source);
    MetricFindings {
        with_value: with_value.map(|outcomes| outcomes[0].metric.key().to_owned()).collect(),
        metric_count: metrics().count(),
        findings: requests(&run)
            .chain(sources)
            .chain(unmatched)
            .chain(metrics().flat_map(for_metric))
            .collect(),
    }
}

fn has_value(outcome: &Outcome) -> bool {
    outcome.state() == OutcomeState::Value
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
    // A subject with failed items may have values.
    let with_value = outcomes.iter().filter(|outcome| has_value(outcome)).count();
    let summary = format!("has values for {with_value} of {} subjects", outcomes.len());
    let summary = Finding::new(format!("metric {key}"), grade, summary);
    [vec![summary], Finding::keep_worst(problems)].concat()
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

/// The finding about a source. Each metric that it returned has a finding of its own.
fn for_source(source: &SourceOutcome) -> Finding {
    let check = format!("source {}", source.name);
    match (&source.result, &source.refused[..]) {
        (Ok(returned), []) => Finding::ok(check, format!("returned {}", count(*returned, "metric"))),
        (Ok(returned), [first, ..]) => {
            let (refused, returned) = (source.refused.len(), count(*returned, "metric"));
            Finding::failed(check, format!("{refused} of {returned} refused: {first}"))
        }
        (Err(Unavailable::NoData(reason)), _) => Finding::warning(check, format!("has no data: {reason}")),
        (Err(Unavailable::Error(error)), _) => Finding::failed(check, error.to_string()),
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
                Finding::failed("metric queue.length", "has values for 2 of 2 subjects"),
                Finding::failed("metric queue.length of acme/app-0000", failed),
            ]
        );
    }

    #[tokio::test]
    async fn a_source_that_fails_and_a_refused_metric_have_findings() {
        let metric = fixture::alone(Facts::new("commits.hotfix", "Hotfixes."), || 1.into_reading());

        let findings = findings(metric, fixture::sources()).await;

        let failed = "cannot ask http://prometheus:9090: connection refused";
        assert_eq!(findings[0], Finding::failed("source prometheus", failed));
        let refused = &findings[1];
        assert_eq!((&*refused.check, refused.grade), ("source warehouse", Grade::Failed));
        assert!(refused.message.starts_with("1 of 2 metrics refused: "), "{}", refused.message);
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
