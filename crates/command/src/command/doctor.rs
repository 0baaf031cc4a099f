//! `report doctor`: tells a person why it does not work. The metrics are collected as in a run, but nothing
//! is delivered, and nothing is changed; only a missing state folder is created.

use std::path::PathBuf;

use anyhow::Context as _;
use futures::future::join_all;
use system_health_collectors::doctor;
use system_health_registry::{
    Catalog, Context, Engine, Finding, Grade, Outcome, Settings, SharedError, SinkType, Unavailable,
};
use system_health_reporter::{
    ReportSettings, StateError, base_tags, reserve, without_self_metrics, without_skipped,
};
use system_health_state::{Store, StoreError};
use tokio::runtime;

use crate::{
    args::DoctorArguments,
    exit::Status,
    output::{Diagnosis, Stdout},
    program::Program,
    settings,
};

/// Prints the diagnosis; fails if anything does not work.
pub(super) fn run(
    program: &Program,
    arguments: &DoctorArguments,
    catalog: &Catalog,
    stdout: Stdout,
) -> anyhow::Result<Status> {
    let mut findings = Vec::new();
    let settings = settings::load(&arguments.settings, &arguments.repository);
    // With other settings than a run's, the rest of the diagnosis would be about another repository or folder.
    let Some(settings) = kept(settings, &mut findings) else {
        let message = "not checked, because no run gets past wrong settings; correct them first";
        findings.push(Finding::warning("everything else", message));
        stdout.print(Diagnosis(&findings), Diagnosis(&findings))?;
        return Ok(Status::MetricFailed);
    };
    findings.extend(in_force(&settings));
    findings.extend(doctor::network());
    let state = kept(settings::state(&settings, &arguments.state.folder), &mut findings).unwrap_or_default();
    let report: ReportSettings = kept(settings.table(), &mut findings).unwrap_or_default();
    kept(base_tags(&report), &mut findings);
    kept(report.slot().context("`align` in [report]"), &mut findings);
    let folder = (!arguments.state.no_state).then(|| state.folder());
    let catalog =
        kept(without_skipped(catalog.clone(), &settings), &mut findings).unwrap_or_else(|| catalog.clone());
    let catalog = without_self_metrics(catalog);
    // Collectors that block all threads of their runtime do not stop the diagnosis.
    let workers = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let workers = workers.context("cannot start the collectors' runtime")?;
    let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    // As in a run that delivers: a metric that is slow, or waits for a rate limit, ends there in the same way.
    let deadline = report.deadline.saturating_sub(reserve(report.deadline));
    let context = Context::new().provide(settings.clone()).with_deadline(deadline);
    let runtime = runtime.context("cannot start the runtime")?;
    findings.extend(runtime.block_on(async {
        let engine = Engine::new().with_workers(workers.handle().clone());
        let (github, sinks, state, metrics) = tokio::join!(
            doctor::github(&context),
            look_at_sinks(&program.sinks, &settings, &context),
            Finding::in_time("state folder", look_at(folder)),
            collect(&engine, &catalog, &context),
        );
        // The last, because it is about the secrets that the others have asked for.
        let aws = Finding::in_time("AWS", Box::pin(system_health_credentials::diagnose(&context))).await;
        [github, aws, sinks, state, metrics].concat()
    }));
    workers.shutdown_background();
    runtime.shutdown_background();
    stdout.print(Diagnosis(&findings), Diagnosis(&findings))?;
    let failed = findings.iter().any(|finding| finding.grade == Grade::Failed);
    Ok(if failed { Status::MetricFailed } else { Status::Done })
}

/// Looks at the destinations of all sinks that are configured.
async fn look_at_sinks(sinks: &[SinkType], settings: &Settings, context: &Context) -> Vec<Finding> {
    if sinks.is_empty() {
        return vec![Finding::warning("sinks", "this program was built without any")];
    }
    let looking = sinks.iter().map(|sink| async move {
        match (sink.configure)(settings) {
            Err(error) => vec![Finding::failed(sink.name, error.to_string())],
            Ok(destinations) => {
                let looking = destinations
                    .iter()
                    .map(|destination| Finding::in_time(sink.name, destination.diagnose(context.clone())));
                join_all(looking).await.concat()
            }
        }
    });
    join_all(looking).await.concat()
}

/// How each metric ends, with the requests that a run makes.
async fn collect(engine: &Engine, catalog: &Catalog, context: &Context) -> Vec<Finding> {
    let run = engine.run(catalog, context).await;
    // They are sorted by key.
    run.outcomes().chunk_by(|one, other| one.metric.key() == other.metric.key()).flat_map(of_metric).collect()
}

/// How a metric ends, for one subject or for all.
fn of_metric(outcomes: &[Outcome]) -> Vec<Finding> {
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

/// What is right, or a finding about what is wrong with it.
fn kept<T, E: Into<anyhow::Error>>(settings: Result<T, E>, findings: &mut Vec<Finding>) -> Option<T> {
    settings.map_err(|error| findings.push(Finding::failed("settings", format!("{:#}", error.into())))).ok()
}

/// What was set, and where.
fn in_force(settings: &Settings) -> Vec<Finding> {
    let said: Vec<Finding> = settings
        .said()
        .map(|(table, key, value, origin)| {
            let value = match value {
                None => "a secret".to_owned(),
                Some(value) if value.contains('"') && !settings.shows_text(table) => "a text".to_owned(),
                Some(value) => without_secrets(&value),
            };
            Finding::ok(format!("[{table}] {key}"), format!("{value}, from {origin}"))
        })
        .collect();
    if said.is_empty() { vec![Finding::ok("settings", "all have their defaults")] } else { said }
}

/// A URL without its login and its query, which may hold a password or a key; any other text as it is.
fn without_secrets(value: &str) -> String {
    let Some((scheme, rest)) = value.split_once("://") else { return value.to_owned() };
    let end = if rest.ends_with('"') { "\"" } else { "" };
    let rest = rest.trim_end_matches('"');
    let (before_query, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    let authority = before_query.find('/').unwrap_or(before_query.len());
    let host = before_query[..authority].rfind('@').map_or(0, |at| at + 1);
    let login = if host > 0 { "...@" } else { "" };
    let query = if query.is_empty() { "" } else { "?..." };
    format!("{scheme}://{login}{}{query}{end}", &before_query[host..])
}

async fn look_at(folder: Option<Result<PathBuf, StateError>>) -> Vec<Finding> {
    const SUBJECT: &str = "state folder";
    let looked = async {
        let Some(folder) = folder.transpose()? else {
            return anyhow::Ok(vec![Finding::warning(
                SUBJECT,
                "none: what cannot be delivered at once is lost",
            )]);
        };
        tokio::task::spawn_blocking(move || {
            let store = if folder.join(Store::FILE).exists() {
                Store::open_as_it_is(&folder)?
            } else {
                Store::open(&folder)?.store
            };
            store.check()?;
            // Writing shows what opening does not: a full disk, a folder that may only be read.
            store.check_writable()?;
            let size = format!("{}, {} bytes", folder.display(), store.size()?);
            let mut findings = vec![Finding::ok(SUBJECT, size)];
            for (destination, points) in store.outboxes()? {
                findings.push(Finding::warning(
                    format!("outbox of {destination}"),
                    format!("{points} points wait for the next push to it"),
                ));
            }
            Ok(findings)
        })
        .await?
    };
    looked.await.unwrap_or_else(|error| {
        if error.downcast_ref::<StoreError>().is_some_and(StoreError::is_damage) {
            let message = format!("{error}; the next run moves it aside and starts anew");
            return vec![Finding::failed(SUBJECT, message)];
        }
        let boxed: Box<dyn std::error::Error + Send + Sync> = error.into();
        vec![Finding::failed(SUBJECT, SharedError::new(boxed).to_string())]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_what_may_be_a_secret() {
        for (value, shown) in [
            ("https://me:hunter2@dd.example/x?api_key=s3cr3t", "https://...@dd.example/x?..."),
            ("\"https://a:b@c@host?d\"", "\"https://...@host?...\""),
            ("https://dd.example/x@y", "https://dd.example/x@y"),
            ("datadoghq.eu", "datadoghq.eu"),
        ] {
            assert_eq!(without_secrets(value), shown);
        }
    }
}
