//! `report` without a command: collects, delivers and prints, in that order, so that a slow reader of stdout does not delay
//! the delivery.

use system_health_registry::{Catalog, Context, Interruption, NamedAfter, Settings, linked_extensions};
use system_health_reporter::{FailOn, Finished, Mode, ReportSettings, Reporter, ReporterBuilder, run_end};
use tokio::time::Instant;

use super::{exit_reason, hints, run_output::RunOutput, runtime};
use crate::{
    args::{CollectArguments, Format, GlobList},
    exit::Status,
    output::{JsonReport, MarkdownReport, TableReport, standard_output},
    program::Program,
    progress, settings,
};

/// Collects the metrics that the arguments select.
pub(super) fn run(
    program: &Program,
    arguments: &CollectArguments,
    catalog: &Catalog,
    output: RunOutput<'_>,
) -> anyhow::Result<Status> {
    let CollectArguments { flags, switches, state, .. } = arguments;
    let settings = settings::load_switched(&arguments.settings, flags, switches, &state.folder)?;
    let report: ReportSettings = settings.table()?;
    let mode = match (arguments.push, arguments.dry_run) {
        (true, _) => Mode::Push,
        (_, true) => Mode::DryRun,
        _ => Mode::Collect,
    };
    let builder = builder(settings, program, arguments).catalog(catalog.clone());
    let reporter = builder.observer(progress::follow(output.progress)).build()?;
    reporter.check(mode)?;
    let fail_on = arguments.fail_on.map_or(report.fail_on, FailOn::from);
    let failed = if mode == Mode::Push { Status::DeliveryFailed } else { Status::MetricFailed };
    let show_progress = output.shows_progress(arguments.no_progress);
    let status = runtime::block_on(output.progress, show_progress, failed, |workers, interruption| {
        report_once(reporter.with_workers(workers), mode, fail_on, interruption, output)
    });
    if let (Ok(Status::Interrupted(_)), Mode::Push) = (&status, mode) {
        let rest = if arguments.state.no_state {
            "are lost: with --no-state nothing is kept"
        } else {
            "wait in the outbox for the next run"
        };
        tracing::warn!("points that were recorded, but not delivered, {rest}");
    }
    status
}

/// A reporter with the settings, overridden by the arguments.
fn builder(settings: Settings, program: &Program, arguments: &CollectArguments) -> ReporterBuilder {
    let patterns = |lists: &[GlobList]| -> Vec<String> {
        GlobList::all(lists).map(|glob| glob.glob().to_owned()).collect()
    };
    let mut builder = Reporter::builder(settings)
        .program(&program.name)
        .named_after(named_after)
        .stdout(standard_output())
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

/// What the linked crates name the reporter after. If several know a subject, the reporter is named after none of them.
async fn named_after(context: Context) -> NamedAfter {
    let (mut subjects, mut selection) = (Vec::new(), Vec::new());
    for extension in linked_extensions() {
        let named_after = extension.named_after(&context).await;
        subjects.extend(named_after.subject);
        selection.extend(named_after.selection);
    }
    match <[String; 1]>::try_from(subjects) {
        Ok([only]) => NamedAfter { subject: Some(only), selection },
        Err(several) => {
            selection.extend(several);
            NamedAfter { subject: None, selection }
        }
    }
}

async fn report_once(
    reporter: Reporter,
    mode: Mode,
    fail_on: FailOn,
    interruption: Interruption,
    output: RunOutput<'_>,
) -> anyhow::Result<Status> {
    let end = run_end(Instant::now(), reporter.deadline());
    let owns_stdout = reporter.owns_stdout(mode);
    let finished = reporter.with_interruption(interruption.clone()).run(mode).await?;
    output.progress.finish_and_clear();
    let Finished { report, deliveries, events, state_is_unusable, .. } = finished;
    if state_is_unusable {
        let hint = "name another folder with --state-dir, or keep no state with --no-state";
        tracing::warn!(hint, "no state was kept");
    }
    exit_reason::log(&report, &deliveries, fail_on);
    hints::log(&report);
    let status = Status::from_run(&report, &deliveries, fail_on);
    if owns_stdout {
        return Ok(status);
    }
    let stdout = output.stdout;
    let text = match stdout.format() {
        Format::Markdown => MarkdownReport::new(&report, &deliveries).with_events(&events).to_string(),
        _ => stdout.render(
            TableReport::new(&report, &deliveries).with_events(&events),
            JsonReport::new(&report, &deliveries).with_events(&events),
        )?,
    };
    runtime::print(stdout, text, end, status, &interruption).await
}
