//! Whether each metric can be collected. The same requests are made as in a run.

use system_health_registry::{
    Catalog, Context, Engine, Finding, Grade, Outcome, OutcomeState, Run, Unavailable,
};

/// The results of collecting all metrics.
pub(super) struct MetricFindings {
    pub(super) findings: Vec<Finding>,
    /// The keys of metrics with a value, at least for one subject.
    pub(super) with_value: Vec<String>,
    /// The number of metrics.
    pub(super) metric_count: usize,
}

/// Collects all metrics.
pub(super) async fn collect(engine: &Engine, catalog: &Catalog, context: &Context) -> MetricFindings {
    let run = engine.run(catalog, context).await;
    // The outcomes are sorted by key.
    let metrics = || run.outcomes().chunk_by(|one, other| one.metric.key() == other.metric.key());
    let with_value = metrics().filter(|outcomes| outcomes.iter().any(|it| it.state() == OutcomeState::Value));
    MetricFindings {
        with_value: with_value.map(|outcomes| outcomes[0].metric.key().to_owned()).collect(),
        metric_count: metrics().count(),
        findings: requests(&run).chain(metrics().flat_map(for_metric)).collect(),
    }
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
    let (good, problems): (Vec<_>, Vec<_>) =
        outcomes.iter().map(named).partition(|finding| finding.grade == Grade::Ok);
    let grade = problems.iter().map(|finding| finding.grade).max().unwrap_or(Grade::Ok);
    let summary = format!("has values for {} of {} subjects", good.len(), outcomes.len());
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
