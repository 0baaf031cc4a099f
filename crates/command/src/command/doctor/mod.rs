//! `report doctor`: says why `report` does not work, and what to do next. The metrics are collected as in a run, but their
//! values are neither delivered nor kept. If there is no state, it is created.

mod metrics;
mod settings;
mod sinks;
mod state;
mod summary;

use std::{panic::AssertUnwindSafe, time::Duration};

use anyhow::Context as _;
use futures::{FutureExt, future::join_all};
use humantime::format_duration;
use system_health_registry::{
    Catalog, CatalogError, CheckResults, Context, Engine, Extension, Finding, Grade, Settings,
    linked_extensions, settings::SettingsError,
};
use system_health_reporter::{
    GoalsOfTwoMetrics, ReportSettings, Selection, SelectionError, base_tags, delivery_reserve,
    with_goals_of_settings, without_self_metrics,
};
use tokio::{runtime, time::timeout};

use crate::{
    args::DoctorArguments,
    exit::ExitStatus,
    output::{Diagnosis, Stdout},
    program::Program,
    runtime::block_on_and_end,
    settings as command_settings,
};
use metrics::MetricFindings;
use sinks::{Choice, SinkFindings};
use summary::Observations;

/// How long the checks of an extension may take after the deadline of the collection. They may wait for resources of collectors
/// until that deadline, and each of their requests has a shorter time limit.
const MAX_TIME_AFTER_DEADLINE: Duration = Duration::from_secs(30);

/// Prints the diagnosis. The status says whether anything failed.
pub(super) fn run(
    program: &Program,
    arguments: &DoctorArguments,
    catalog: &Catalog,
    stdout: Stdout,
) -> anyhow::Result<ExitStatus> {
    let DoctorArguments { flags, switches, state, .. } = arguments;
    let settings = command_settings::load_with_switches(&arguments.settings, flags, switches, &state.folder);
    let diagnosis = match settings {
        Ok(settings) => diagnose(program, arguments, catalog, &settings)?,
        // With wrong settings, the other checks could be about another repository or folder than the corrected settings name.
        Err(error) => {
            let message = "not checked, because no run gets past wrong settings; correct them first";
            let errors = match error {
                SettingsError::Several(errors) => errors,
                only => vec![only],
            };
            let findings = errors.into_iter().map(anyhow::Error::from);
            let findings = findings.map(|error| Finding::failed("settings", format!("{error:#}")));
            let mut findings = Finding::keep_worst(findings.collect());
            findings.push(Finding::warning("everything else", message));
            let observations = Observations {
                are_settings_right: false,
                ..Observations::new(&program.name, &program.sinks, &findings)
            };
            let (works, next_steps) = (observations.works(), observations.next_steps());
            Diagnosis { findings, works, next_steps }
        }
    };
    stdout.print(&diagnosis, &diagnosis)?;
    let failed = diagnosis.findings.iter().any(|finding| finding.grade == Grade::Failed);
    Ok(if failed { ExitStatus::MetricFailed } else { ExitStatus::Done })
}

fn diagnose(
    program: &Program,
    arguments: &DoctorArguments,
    catalog: &Catalog,
    settings: &Settings,
) -> anyhow::Result<Diagnosis> {
    let mut findings = settings::in_force(settings);
    let state = command_settings::state(settings, &arguments.state.folder);
    let state = ok_or_finding(state, &mut findings).unwrap_or_default();
    let report: ReportSettings = ok_or_finding(settings.table(), &mut findings).unwrap_or_default();
    ok_or_finding(base_tags(&report), &mut findings);
    ok_or_finding(report.check_slot(settings), &mut findings);
    ok_or_finding(GoalsOfTwoMetrics::from_settings(catalog, settings), &mut findings);
    let choice = Choice::new(program, settings);
    findings.extend(choice.problem());
    let folder = (!arguments.state.no_state).then(|| state.folder());
    let state_folder = folder.as_ref().and_then(|folder| folder.as_ref().ok()).cloned();
    let (selection, selected) = ok_or_finding(select(catalog, settings), &mut findings)
        .unwrap_or((Selection::default(), catalog.clone()));
    let selected = without_self_metrics(selected);
    if selected.metrics().is_empty() && selected.sources().is_empty() {
        let linked = without_self_metrics(catalog.clone());
        let problem = match (linked.metrics(), linked.sources()) {
            ([], []) => CatalogError::Empty.to_string(),
            _ => SelectionError::Nothing.to_string(),
        };
        findings.push(Finding::failed("metrics", problem));
    }
    // Collectors that block all threads of their runtime do not stop the diagnosis.
    let workers = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let workers = workers.context("cannot start the collectors' runtime")?;
    let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.context("cannot start the runtime")?;
    // The same deadline as in a run that delivers, so that a slow metric or a rate limit has the same effect.
    let deadline = report.deadline.saturating_sub(delivery_reserve(report.deadline));
    let context = Context::new().provide(settings.clone()).with_deadline(deadline);
    let handle = workers.handle().clone();
    let (about_sinks, about_state, about_metrics, setup_steps) = block_on_and_end(runtime, workers, async {
        let selected = selected.remembering_for(state.keep);
        let selected = state::with_remembered_metrics(selected, state_folder.clone()).await;
        let engine = Engine::new().with_workers(handle).with_request_plans();
        let (diagnoses, about_sinks, about_state, about_metrics) = tokio::join!(
            join_all(linked_extensions().map(|it| check(it, &context, &selected, deadline))),
            sinks::diagnose(&program.sinks, &choice, settings, &context),
            state::diagnose(folder, &choice),
            metrics::collect(&engine, &selected, &selection, &context),
        );
        let mut setup_steps = Vec::new();
        for extension in diagnoses {
            findings.extend(extension.findings);
            setup_steps.extend(extension.steps);
        }
        // The check of secrets runs last, because it is about the secrets that the other checks looked up.
        findings.extend(
            Finding::check_with_timeout("AWS", Box::pin(system_health_credentials::diagnose(&context))).await,
        );
        (about_sinks, about_state, about_metrics, setup_steps)
    });
    let is_state_right = about_state.iter().all(|finding| finding.grade != Grade::Failed);
    let SinkFindings { ready, any_configured, findings: about_sinks } = about_sinks;
    let MetricFindings { counts, findings: about_metrics } = about_metrics;
    findings.extend([about_sinks, about_state, about_metrics].concat());
    let observations = Observations {
        has_file: command_settings::file(&arguments.settings).is_some(),
        setup_steps: &setup_steps,
        metrics: counts,
        ready: &ready,
        is_sink_configured: any_configured,
        state: state_folder.as_deref().filter(|_| is_state_right),
        ..Observations::new(&program.name, &program.sinks, &findings)
    };
    let (works, next_steps) = (observations.works(), observations.next_steps());
    Ok(Diagnosis { findings, works, next_steps })
}

/// The checks of an extension. They end even if they wait for a collector that blocks all threads. If they panic, the other
/// findings are still shown.
async fn check(
    extension: &dyn Extension,
    context: &Context,
    catalog: &Catalog,
    deadline: Duration,
) -> CheckResults {
    let limit = deadline.saturating_add(MAX_TIME_AFTER_DEADLINE);
    let checking = AssertUnwindSafe(async { extension.diagnose(context, catalog).await }).catch_unwind();
    let message = match timeout(limit, checking).await {
        Ok(Ok(results)) => return results,
        Ok(Err(_)) => "some have no result, because they panicked".to_owned(),
        Err(_) => format!("some have no result after {}", format_duration(limit)),
    };
    CheckResults { findings: vec![Finding::failed("checks", message)], ..CheckResults::default() }
}

/// The metrics that the settings select, with their goals.
fn select(catalog: &Catalog, settings: &Settings) -> Result<(Selection, Catalog), SettingsError> {
    let catalog = with_goals_of_settings(catalog.clone(), settings)?;
    let selection = Selection::default().with_settings(&catalog, settings)?;
    let selected = selection.filter(catalog);
    Ok((selection, selected))
}

/// The value. If there is an error, adds a finding about it.
fn ok_or_finding<T, E: Into<anyhow::Error>>(result: Result<T, E>, findings: &mut Vec<Finding>) -> Option<T> {
    result.map_err(|error| findings.push(Finding::failed("settings", format!("{:#}", error.into())))).ok()
}

#[cfg(test)]
mod tests {
    use futures::future::BoxFuture;

    use super::*;
    use crate::output::fixture;

    struct NeverEnds;

    impl Extension for NeverEnds {
        fn diagnose<'a>(&'a self, _: &'a Context, _: &'a Catalog) -> BoxFuture<'a, CheckResults> {
            std::future::pending().boxed()
        }
    }

    struct Panics;

    impl Extension for Panics {
        fn diagnose<'a>(&'a self, _: &'a Context, _: &'a Catalog) -> BoxFuture<'a, CheckResults> {
            panic!("a bug")
        }
    }

    #[tokio::test(start_paused = true)]
    async fn checks_that_never_end_or_panic_are_a_failed_finding() {
        let catalog = Catalog::new(fixture::metrics()).unwrap();
        let cases: [(&dyn Extension, _); 2] = [
            (&NeverEnds, "some have no result after 35s"),
            (&Panics, "some have no result, because they panicked"),
        ];
        for (extension, message) in cases {
            let results = check(extension, &Context::new(), &catalog, Duration::from_secs(5)).await;

            assert_eq!(results.findings, [Finding::failed("checks", message)]);
        }
    }
}
