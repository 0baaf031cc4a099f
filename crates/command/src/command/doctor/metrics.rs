//! How each metric ends, with the requests that a run makes.

use system_health_collectors::doctor;
use system_health_registry::{Catalog, Context, Engine, Finding, Grade, Outcome, State, Unavailable};

/// What collecting all metrics has shown.
pub(super) struct Collected {
    pub(super) findings: Vec<Finding>,
    /// The keys of metrics with a value, at least for one subject.
    pub(super) with_value: Vec<String>,
    /// The number of metrics.
    pub(super) metrics: usize,
}

/// Collects all metrics.
pub(super) async fn collect(engine: &Engine, catalog: &Catalog, context: &Context) -> Collected {
    let run = engine.run(catalog, context).await;
    // The outcomes are sorted by key.
    let metrics = || run.outcomes().chunk_by(|one, other| one.metric.key() == other.metric.key());
    let with_value = metrics().filter(|outcomes| outcomes.iter().any(|it| it.state() == State::Value));
    Collected {
        with_value: with_value.map(|outcomes| outcomes[0].metric.key().to_owned()).collect(),
        metrics: metrics().count(),
        findings: metrics().flat_map(for_metric).collect(),
    }
}

/// How a metric ends, for one subject or for all.
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
    [vec![summary], doctor::bounded(problems)].concat()
}

fn finding(subject: String, outcome: &Outcome) -> Finding {
    match &outcome.result {
        Ok(reading) if reading.samples().len() == 1 => Finding::ok(subject, "has a value"),
        Ok(reading) => Finding::ok(subject, format!("has {} values", reading.samples().len())),
        Err(Unavailable::NoData(reason)) => Finding::warning(subject, format!("has no data: {reason}")),
        Err(Unavailable::Error(error)) => Finding::failed(subject, error.to_string()),
    }
}
