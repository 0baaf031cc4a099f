//! `report explain`: collects a few metrics and shows the evidence behind their values. It delivers nothing and does not
//! use the state folder, so it can run at the same time as scheduled runs.

use globset::Glob;
use system_health_registry::{
    Catalog, Context, Engine, Events, Report, Source, self_metrics::is_self_metric,
};
use system_health_reporter::{
    FailOn, Selection, SelectionError, attached_events, base_tags, run_end, with_goals_of_settings,
    without_self_metrics,
};
use tokio::time::Instant;

use super::{run_output::RunOutput, subject_filter::SubjectFilter};
use crate::{
    args::{ExplainArguments, Format, GlobList},
    exit::ExitStatus,
    exit_reason, hints,
    output::{Explanation, JsonReport, MarkdownReport, Stdout},
    progress::follow,
    runtime::{self, StopPolicy},
    settings,
};

/// Collects the metrics and prints their evidence.
pub(super) fn run(
    arguments: &ExplainArguments,
    catalog: &Catalog,
    output: RunOutput<'_>,
) -> anyhow::Result<ExitStatus> {
    let (settings, report) = settings::load_with_report_settings(&arguments.settings, &arguments.flags)?;
    let tags = base_tags(&report)?;
    // The metrics about the reporter need a finished run, so they cannot be explained here.
    let catalog = without_self_metrics(with_goals_of_settings(catalog.clone(), &settings)?);
    let keys: Vec<&str> = GlobList::globs(&arguments.keys).map(Glob::glob).collect();
    if keys.iter().all(|key| is_self_metric(key)) {
        return Err(SelectionError::OnlySelfMetrics.into());
    }
    let selection = Selection::new(&catalog, &keys, &[])?.skip_sources_of_settings(&catalog, &settings)?;
    let is_needed = |source: &Source| {
        let metrics = catalog.metrics().iter();
        let known = metrics.filter(|metric| metric.source() == Some(source.name()));
        selection.needs_source(&known.map(|metric| metric.key()).collect::<Vec<_>>())
    };
    let needed = catalog.sources().iter().filter(|source| is_needed(source));
    let needed: Vec<String> = needed.map(|source| source.name().to_string()).collect();
    let catalog = selection.select(catalog)?.filter_sources(|source| needed.iter().any(|it| it == source));
    let subjects = SubjectFilter::new(GlobList::globs(&arguments.subject));
    let catalog = subjects.select(catalog)?;
    let deadline = arguments.deadline.unwrap_or(report.deadline);
    let RunOutput { stdout, progress, .. } = output;
    let show_progress = output.shows_progress(arguments.no_progress);
    let failed = ExitStatus::MetricFailed;
    runtime::block_on(progress, show_progress, failed, StopPolicy::RUN, |workers, interruption| async move {
        let end = run_end(Instant::now(), deadline);
        // Provided, so that collectors that block all threads cannot keep it from being built.
        let from_collectors = Events::default();
        let context = Context::new().provide(settings).provide(from_collectors.clone());
        let context = context.with_deadline(deadline);
        let engine = Engine::new().with_workers(workers).with_observer(follow(progress));
        let engine = subjects.limit(engine).with_interruption(interruption.clone());
        let report = Report::new(engine.run(&catalog, &context).await, tags);
        let events = attached_events(&report, &from_collectors.attached());
        progress.finish_and_clear();
        if let Err(error) = subjects.check(&report) {
            tracing::error!("{error}");
            return Ok(ExitStatus::Usage);
        }
        exit_reason::log(&report, &[], FailOn::Error);
        let unmatched = selection.take_unmatched(report.run());
        for pattern in &unmatched {
            let error = anyhow::Error::from(SelectionError::Unmatched(pattern.clone()));
            tracing::error!(hint = hints::hint(&error), "{error}");
        }
        hints::log(&report);
        let status = ExitStatus::from_run(&report, &[], FailOn::Error);
        let status = status.with_unmatched(&unmatched, FailOn::Error);
        let print = move || match stdout.format() {
            Format::Markdown => {
                let markdown = MarkdownReport::new(&report, &[]).with_events(&events).for_explanation();
                stdout.write(&markdown.to_string())
            }
            _ => stdout.print(
                Explanation::new(&report, &events, Stdout::width()),
                JsonReport::new(&report, &[]).with_events(&events),
            ),
        };
        runtime::print(print, end, status, &interruption).await
    })
}
