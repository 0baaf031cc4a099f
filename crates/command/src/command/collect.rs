//! `report` without a command: collect, deliver, print, in that order, so that a reader of stdout who
//! has gone away cannot keep values from being delivered.

use indicatif::ProgressBar;
use system_health_registry::{Catalog, Settings};
use system_health_reporter::{Finished, Mode, ReportSettings, Reporter, ReporterBuilder, end};
use tokio::{runtime::Handle, time::Instant};

use super::{exit_reason, hints, named_after, runtime};
use crate::{
    args::{CollectArguments, FailOn, Format},
    exit::Status,
    output::{JsonReport, MarkdownReport, Stdout, TableReport},
    program::Program,
    progress, settings,
};

/// Runs the metrics that the arguments select.
pub(super) fn run(
    program: &Program,
    arguments: &CollectArguments,
    catalog: &Catalog,
    stdout: Stdout,
    bar: &ProgressBar,
    quiet: bool,
) -> anyhow::Result<Status> {
    let settings = settings::load(&arguments.settings, &arguments.repository)?;
    let report: ReportSettings = settings.table()?;
    let mode = match (arguments.push, arguments.dry_run) {
        (true, _) => Mode::Push,
        (_, true) => Mode::DryRun,
        _ => Mode::Collect,
    };
    let builder = builder(settings, program, arguments).catalog(catalog.clone());
    let reporter = builder.observer(progress::follow(bar)).build().map_err(hints::of_reporter)?;
    reporter.check(mode).map_err(hints::of_reporter)?;
    let fail_on = arguments.fail_on.unwrap_or(report.fail_on.into());
    let failed = if mode == Mode::Push { Status::DeliveryFailed } else { Status::MetricFailed };
    let show_progress = !arguments.no_progress && !quiet;
    let status = runtime::block_on(bar, show_progress, failed, |workers| {
        report_once(reporter, mode, fail_on, workers, stdout, bar)
    });
    if let Ok(Status::Interrupted(_)) = status {
        tracing::error!("what was not delivered yet waits in the outbox, if there is one");
    }
    status
}

/// The reporter of the settings, as the arguments change it.
fn builder(settings: Settings, program: &Program, arguments: &CollectArguments) -> ReporterBuilder {
    let patterns = |globs: &[globset::Glob]| -> Vec<String> {
        globs.iter().map(|glob| glob.glob().to_owned()).collect()
    };
    let mut builder = Reporter::builder(settings)
        .program(&program.name)
        .named_after(named_after::repositories)
        .to(&arguments.to)
        .only(patterns(&arguments.only))
        .skip(patterns(&arguments.skip));
    for sink in &program.own_sinks {
        builder = builder.sink(*sink);
    }
    if let Some(deadline) = arguments.deadline {
        builder = builder.deadline(deadline);
    }
    if let Some(slot) = arguments.align {
        builder = builder.align(slot);
    }
    if let Some(folder) = &arguments.state.folder.state_dir {
        builder = builder.state_dir(folder);
    }
    if arguments.state.no_state {
        builder = builder.without_state();
    }
    if arguments.no_self_metrics {
        builder = builder.without_self_metrics();
    }
    if arguments.no_events {
        builder = builder.without_events();
    }
    builder
}

async fn report_once(
    reporter: Reporter,
    mode: Mode,
    fail_on: FailOn,
    workers: Handle,
    stdout: Stdout,
    bar: &ProgressBar,
) -> anyhow::Result<Status> {
    let end = end(Instant::now(), reporter.deadline());
    let owns_stdout = reporter.owns_stdout(mode);
    let finished = reporter.with_workers(workers).run(mode).await?;
    bar.finish_and_clear();
    let Finished { report, deliveries, state_is_unusable, .. } = finished;
    if state_is_unusable {
        tracing::warn!(
            "no state was kept; --state-dir names another folder, and --no-state says that none is wanted"
        );
    }
    exit_reason::log(&report, &deliveries, fail_on);
    let status = Status::from_run(&report, &deliveries, fail_on);
    if owns_stdout {
        return Ok(status);
    }
    let text = match stdout.form() {
        Format::Markdown => MarkdownReport::new(&report, &deliveries).to_string(),
        _ => stdout.format(TableReport::new(&report, &deliveries), JsonReport::new(&report, &deliveries))?,
    };
    runtime::print(stdout, text, end, status).await
}
