//! `report` without a command: collects, delivers and prints, in that order, so that a slow reader of stdout does not delay
//! the delivery.

use std::cell::Cell;

use system_health_registry::{Catalog, Interruption};
use system_health_reporter::{FailOn, FinishedRun, Mode, ReportSettings, Reporter, run_end};
use tokio::time::Instant;

use super::run_output::RunOutput;
use crate::{
    args::{CollectArguments, Format},
    exit::ExitStatus,
    exit_reason, hints,
    output::{JsonReport, MarkdownReport, TableReport},
    program::Program,
    progress,
    reporter_builder::reporter_builder,
    runtime::{self, StopPolicy},
    settings,
    traces::LogContext,
};

/// Collects the metrics that the arguments select.
pub(super) fn run(
    program: &Program,
    arguments: &CollectArguments,
    catalog: &Catalog,
    output: RunOutput<'_>,
) -> anyhow::Result<ExitStatus> {
    let run = &arguments.run;
    let settings = settings::of_run(run)?;
    let report: ReportSettings = settings.table()?;
    let mode = match (arguments.push, arguments.dry_run) {
        (true, _) => Mode::Push,
        (_, true) => Mode::DryRun,
        _ => Mode::Collect,
    };
    let tracer = output.traces.tracer(&settings)?;
    let mut builder =
        reporter_builder(settings, &program.name, &program.own_sinks, run).catalog(catalog.clone());
    if let Some(tracer) = tracer {
        builder = builder.tracer(tracer);
    }
    let reporter = builder.observer(progress::follow(output.progress)).build()?;
    reporter.check(mode)?;
    let fail_on = arguments.fail_on.map_or(report.fail_on, FailOn::from);
    let failed = if mode == Mode::Push { ExitStatus::DeliveryFailed } else { ExitStatus::MetricFailed };
    let show_progress = output.shows_progress(arguments.no_progress);
    let lacks_state = Cell::new(false);
    let status = runtime::block_on(
        output.progress,
        show_progress,
        failed,
        StopPolicy::RUN,
        |workers, interruption| {
            report_once(reporter.with_workers(workers), mode, fail_on, interruption, output, &lacks_state)
        },
    );
    if let (Ok(ExitStatus::Interrupted(_)), Mode::Push) = (&status, mode) {
        let what_happens = if run.state.no_state {
            "are lost: with --no-state nothing is kept"
        } else if lacks_state.get() {
            "may be lost: the state folder has failed or cannot be used"
        } else {
            "wait in the outbox for the next run"
        };
        tracing::warn!("points that were recorded, but not delivered, {what_happens}");
    }
    status
}

/// Runs once, logs why the exit status is not 0, and prints the report. Sets `lacks_state` if the state folder cannot be used.
async fn report_once(
    reporter: Reporter,
    mode: Mode,
    fail_on: FailOn,
    interruption: Interruption,
    output: RunOutput<'_>,
    lacks_state: &Cell<bool>,
) -> anyhow::Result<ExitStatus> {
    let end = run_end(Instant::now(), reporter.deadline());
    let owns_stdout = reporter.owns_stdout(mode);
    let finished = reporter.with_interruption(interruption.clone()).run(mode).await?;
    output.progress.finish_and_clear();
    let status = ExitStatus::from_finished(&finished, fail_on);
    let FinishedRun { report, deliveries, events, unmatched, state_is_unusable, trace, .. } = finished;
    let _log_context = LogContext::from_trace(trace.as_deref());
    if state_is_unusable {
        lacks_state.set(true);
        // The reporter has logged why.
        let hint = "name another folder with --state-dir, or keep no state with --no-state";
        tracing::warn!(hint);
    }
    if owns_stdout {
        // The report, which would show the reasons, is not printed.
        exit_reason::log_always(&report, &deliveries, fail_on);
    } else {
        exit_reason::log(&report, &deliveries, fail_on);
    }
    hints::log_unmatched(&unmatched);
    hints::log(&report);
    if owns_stdout {
        return Ok(status);
    }
    let stdout = output.stdout;
    let print = move || match stdout.format() {
        Format::Markdown => {
            stdout.write(&MarkdownReport::new(&report, &deliveries).with_events(&events).to_string())
        }
        _ => stdout.print(
            TableReport::new(&report, &deliveries).with_events(&events),
            JsonReport::new(&report, &deliveries).with_events(&events),
        ),
    };
    runtime::print(print, end, status, &interruption).await
}
