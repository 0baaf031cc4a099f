//! `report backfill`: computes values for past instants and adds them to the history. It delivers nothing.

use std::time::SystemTime;

use system_health_registry::{Catalog, Instants, format_duration};
use system_health_reporter::{Backfill, Reporter, run_end};
use tokio::time::Instant;

use super::run_output::RunOutput;
use crate::{
    args::{BackfillArguments, GlobList},
    exit::ExitStatus,
    hints::{UnavailableError, WithHint},
    output::{BackfillTable, JsonBackfill, Stdout},
    program::Program,
    progress::follow,
    runtime::{self, StopPolicy},
    settings,
};

/// Computes the metrics that the arguments select.
pub(super) fn run(
    program: &Program,
    arguments: &BackfillArguments,
    catalog: &Catalog,
    output: RunOutput<'_>,
) -> anyhow::Result<ExitStatus> {
    let instants = Instants::until(SystemTime::now(), arguments.since, arguments.every)
        .map_err(|error| anyhow::anyhow!("--since and --every: {error}"))?;
    let settings = settings::load(&arguments.settings, &arguments.flags)?;
    let keep = settings::state(&settings, &arguments.folder)?.keep;
    if arguments.since > keep {
        let (since, keep) = (format_duration(arguments.since), format_duration(keep));
        let message = format!(
            "--since is {since}, but the history keeps {keep}, so the next run would delete the older values"
        );
        return Err(WithHint { message, hint: "raise `keep` in [state], or use a shorter --since" }.into());
    }
    let patterns = |lists: &[GlobList]| -> Vec<String> {
        GlobList::globs(lists).map(|glob| glob.glob().to_owned()).collect()
    };
    let mut builder = Reporter::builder(settings)
        .program(&program.name)
        .catalog(catalog.clone())
        .only(patterns(&arguments.only))
        .skip(patterns(&arguments.skip))
        .observer(follow(output.progress));
    if let Some(folder) = &arguments.folder.state_dir {
        builder = builder.state_dir(folder);
    }
    for sink in &program.own_sinks {
        builder = builder.sink(*sink);
    }
    let reporter = builder.build()?;
    let RunOutput { stdout, progress, .. } = output;
    let (deadline, dry_run) = (arguments.deadline, arguments.dry_run);
    let show_progress = output.shows_progress(arguments.no_progress);
    runtime::block_on(
        progress,
        show_progress,
        ExitStatus::MetricFailed,
        StopPolicy::RUN,
        |workers, interruption| async move {
            let end = run_end(Instant::now(), deadline);
            let reporter = reporter.with_workers(workers).with_interruption(interruption.clone());
            let backfill = if dry_run {
                reporter.plan_backfill(&instants, deadline).await.map_err(UnavailableError)?
            } else {
                reporter.backfill(&instants, deadline).await?
            };
            progress.finish_and_clear();
            log(&backfill);
            let status = status(&backfill);
            let print = move || {
                let table =
                    BackfillTable { backfill: &backfill, is_dry_run: dry_run, width: Stdout::width() };
                stdout.print(table, JsonBackfill::new(&backfill, dry_run))
            };
            runtime::print(print, end, status, &interruption).await
        },
    )
}

fn status(backfill: &Backfill) -> ExitStatus {
    if backfill.has_errors() {
        ExitStatus::MetricFailed
    } else if backfill.has_differences() {
        ExitStatus::Different
    } else {
        ExitStatus::Done
    }
}

/// Logs where an interrupted backfill stopped, and whether values differ.
fn log(backfill: &Backfill) {
    if backfill.is_interrupted {
        let completed = match backfill.complete_until {
            Some(until) => {
                format!(
                    "the history is complete until {} for each metric and subject with results",
                    humantime::format_rfc3339_seconds(until)
                )
            }
            None => "nothing is computed yet".to_owned(),
        };
        tracing::warn!("interrupted: {completed}; start the backfill again to add the rest");
    }
    if backfill.has_differences() {
        tracing::error!(
            "some values differ from those of an earlier backfill, which are kept; the settings may have changed in between"
        );
    }
}
