//! Reads the command line, runs a command, and turns its result into the exit status.

mod backfill;
mod collect;
mod doctor;
mod explain;
mod history;
mod init;
mod list;
mod run_output;
mod subject_filter;

use std::{collections::BTreeSet, ffi::OsString, process::ExitCode};

use anyhow::bail;
use clap_complete::Shell;
use indicatif::ProgressBar;
use system_health_registry::Catalog;

use crate::{
    CommandContext,
    args::{Arguments, Command, Format, command_line},
    exit::ExitStatus,
    hints, logging,
    output::{OutputError, Stdout, separate_data},
    program::Program,
    progress,
    traces::ProgramTraces,
};
use run_output::RunOutput;

/// Runs the command that the arguments name. Logs its error.
pub(crate) fn run(program: &Program, arguments: &[OsString]) -> ExitCode {
    let arguments = Arguments::read(command_line_of(program), arguments).unwrap_or_else(|error| error.exit());
    let separated = separate_data();
    let stdout = Stdout::new(&arguments.output);
    let progress = progress::hidden();
    let catalog = Catalog::linked();
    let crates: BTreeSet<_> = catalog
        .iter()
        .flat_map(Catalog::metrics)
        .filter_map(|metric| metric.location().crate_name())
        .collect();
    let traces = ProgramTraces::new(crates.iter().copied());
    logging::start(&arguments.output, &progress, &crates, &traces);
    if let Err(error) = separated {
        tracing::debug!(
            "cannot separate the output of collectors from the data on the standard output: {error}"
        );
    }
    let status = catalog
        .map_err(Into::into)
        .and_then(|catalog| dispatch(program, &arguments, &catalog, stdout, &progress, &traces));
    status
        .unwrap_or_else(|error| {
            tracing::error!(hint = hints::hint(&error), "{error:#}");
            if error.is::<OutputError>() { ExitStatus::OutputFailed } else { ExitStatus::Usage }
        })
        .into()
}

fn dispatch(
    program: &Program,
    arguments: &Arguments,
    catalog: &Catalog,
    stdout: Stdout,
    progress: &ProgressBar,
    traces: &ProgramTraces,
) -> anyhow::Result<ExitStatus> {
    let run_output = |stdout| RunOutput { stdout, progress, traces, quiet: arguments.output.quiet };
    let stdout_of = |command| stdout.require_format(Format::of_command(command));
    match &arguments.command {
        None => {
            let output = run_output(stdout.require_format(Format::OF_RUN)?);
            collect::run(program, &arguments.collect, catalog, output)
        }
        Some(Command::List(list)) => list::run(list, catalog, stdout_of("list")?),
        Some(Command::Explain(explain)) => explain::run(explain, catalog, run_output(stdout_of("explain")?)),
        Some(Command::Doctor(doctor)) => doctor::run(program, doctor, catalog, stdout_of("doctor")?),
        Some(Command::Init(init)) => init::run(program, init, catalog, stdout),
        Some(Command::History(history)) => history::run(history, catalog, stdout_of("history")?),
        Some(Command::Backfill(backfill)) => {
            backfill::run(program, backfill, catalog, run_output(stdout_of("backfill")?))
        }
        Some(Command::Completions { shell }) => completions(program, stdout, *shell),
        Some(Command::Linked { name, matches }) => {
            let command = program.linked_commands.select(name, matches)?;
            let stdout = match (command.formats, arguments.output.format) {
                ([], Some(_)) => bail!("this command does not support --format"),
                ([], None) => stdout,
                (formats, _) => stdout.require_format(formats)?,
            };
            let context = CommandContext {
                catalog,
                stdout,
                progress,
                traces,
                program: &program.name,
                own_sinks: &program.own_sinks,
            };
            (command.run)(matches, &context)
        }
    }
}

fn command_line_of(program: &Program) -> clap::Command {
    let linked = program.linked_commands.command_lines();
    command_line(&program.name, &program.version, &program.sinks, linked)
}

fn completions(program: &Program, stdout: Stdout, shell: Shell) -> anyhow::Result<ExitStatus> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command_line_of(program), &program.name, &mut script);
    stdout.write(&String::from_utf8(script)?)?;
    Ok(ExitStatus::Done)
}
