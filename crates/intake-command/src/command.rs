//! Runs the intake until it is interrupted.

use std::{
    io,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use system_health_command::{CommandContext, CommandType, ExitStatus, Format, register_command};
use system_health_intake::{AddressFile, Intake, IntakeServer, ServeError, Store, StoreError};
use system_health_page::{Documents, router};
use system_health_reporter::StateSettings;

use crate::{
    arguments::IntakeArguments,
    output::{Listening, Printer},
};

/// The value of `--file` for a store in memory.
const MEMORY: &str = ":memory:";

register_command!(CommandType {
    command: IntakeArguments::command,
    target: None,
    formats: &[Format::Table, Format::Json],
    run,
});

fn run(matches: &ArgMatches, context: &CommandContext<'_>) -> anyhow::Result<ExitStatus> {
    let arguments = IntakeArguments::from_arg_matches(matches)?;
    let settings = context.settings(&arguments.settings)?;
    let state = context.state_settings(&settings, &arguments.folder)?;
    let folder = state.folder()?;
    let store = open(arguments.file.as_deref(), &folder)?;
    let file = store.file().to_owned();
    let printer = Printer::start(context.stdout());
    let intake = Intake::new(store)?.with_observer(printer.observer());
    intake.prune(oldest(&state))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(serve(context.program(), &arguments, intake, &folder, &file, &printer))?;
    drop(runtime);
    printer.finish()?;
    Ok(ExitStatus::Done)
}

async fn serve(
    program: &str,
    arguments: &IntakeArguments,
    intake: Intake,
    folder: &Path,
    file: &Path,
    printer: &Printer,
) -> anyhow::Result<()> {
    let listening = IntakeServer::listen(Arc::new(intake), arguments.listen, arguments.dogstatsd()).await;
    let server = listening.map_err(with_listen_advice)?.with_routes(router([Documents::Intake]));
    let server = arguments.allow_host.iter().fold(server, IntakeServer::allow_host);
    let addresses = server.addresses()?;
    if !addresses.http.ip().is_loopback() {
        tracing::warn!(
            "everybody who can reach {} can read and change what the intake stores; it asks for no key",
            addresses.http
        );
    }
    if let Some(dogstatsd) = addresses.dogstatsd.filter(|address| !address.ip().is_loopback()) {
        tracing::warn!(
            "everybody who can reach {dogstatsd} can send points to the intake; it asks for no key"
        );
    }
    let _file = AddressFile::write(folder, &addresses)
        .with_context(|| format!("cannot write {} into {}", AddressFile::FILE_NAME, folder.display()))?;
    let stop = interrupted()?;
    printer.print(&Listening::new(program, &addresses, file));
    Ok(server.serve(stop).await?)
}

fn open(file: Option<&Path>, folder: &Path) -> anyhow::Result<Store> {
    if file.is_some_and(|file| file == Path::new(MEMORY)) {
        return Ok(Store::in_memory()?);
    }
    let default = folder.join(Store::FILE_NAME);
    let file = file.unwrap_or(&default);
    Store::open(file).map_err(with_store_advice)
}

fn with_store_advice(error: StoreError) -> anyhow::Error {
    let advice = match &error {
        StoreError::Foreign { .. } => {
            "; name another file with --file, or delete this one if it is an old file of the intake"
        }
        error if error.is_in_use() => "; another intake seems to use the same file",
        _ => "",
    };
    anyhow::Error::from(error).context(format!("the intake cannot store anything{advice}"))
}

/// The time before which data is deleted, in seconds since 1970.
fn oldest(state: &StateSettings) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(now.saturating_sub(state.keep).as_secs()).unwrap_or_default()
}

fn with_listen_advice(error: ServeError) -> anyhow::Error {
    let is_taken =
        matches!(&error, ServeError::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse);
    let error = anyhow::Error::from(error);
    if is_taken {
        error.context(
            "an Agent or another intake seems to use the address; choose other addresses with --listen and --dogstatsd, or \
             --no-dogstatsd",
        )
    } else {
        error
    }
}

/// A future that ends at Ctrl-C or SIGTERM. Both are the usual end of this command.
fn interrupted() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_about_a_foreign_file_names_the_flag() {
        let error = with_store_advice(StoreError::Foreign { file: "other.db".into() });

        assert_eq!(
            format!("{error:#}"),
            "the intake cannot store anything; name another file with --file, or delete this one if it is an old file of \
             the intake: other.db is not a file of this version of the intake"
        );
    }
}
