//! `report serve`.

use std::{net::TcpListener, sync::Arc, time::Duration};

use anyhow::Context as _;
use system_health_command::{
    CommandContext, CommandType, ExitStatus, StopPolicy,
    clap::{ArgMatches, CommandFactory, FromArgMatches},
    register_command,
};
use system_health_registry::{Interruption, format_duration};
use tokio::{runtime, time::sleep};

use crate::{
    arguments::ServeArguments,
    check::check,
    clock::Clock,
    configuration::Loader,
    http::{App, Server},
    latest::Latest,
    parts::Parts,
    reload::ReloadSignal,
    service::Service,
    settings::ServeSettings,
};

register_command!(CommandType { command: ServeArguments::command, target: None, formats: &[], run });

/// Maximum time for recording the results after the grace period.
const TIME_TO_RECORD: Duration = Duration::from_secs(5);

fn run(matches: &ArgMatches, context: &CommandContext<'_>) -> anyhow::Result<ExitStatus> {
    let arguments = ServeArguments::from_arg_matches(matches)?;
    let settings: ServeSettings = context.run_settings(&arguments.run)?.table()?;
    let address = arguments.listen.unwrap_or(settings.listen);
    if arguments.check {
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        return runtime.context("cannot start the runtime")?.block_on(check(address));
    }
    let listener = TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    let listen = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    let stop_policy = StopPolicy {
        message: "the service delivers what it still has, and stops; a second signal ends it at once",
        timeout: settings.grace.saturating_add(TIME_TO_RECORD),
        is_normal_end: true,
    };
    context.block_on(stop_policy, |workers, interruption| async move {
        let clock = Clock::default();
        let stop = interruption.clone();
        let end_of_delivery = Interruption::new(async move {
            stop.happened().await;
            sleep(settings.grace).await;
        });
        let loader = Loader {
            context,
            arguments: &arguments,
            workers,
            interruptions: [interruption.clone(), end_of_delivery],
            started_at: clock.now(),
            listen,
        };
        let Some(configuration) = interruption.run_until_interrupted(loader.load()).await.transpose()? else {
            return Ok(ExitStatus::Done);
        };
        let signal = ReloadSignal::new().context("cannot listen for SIGHUP")?;
        let latest = Arc::new(Latest::new(Arc::clone(&configuration.served)));
        let parts = Parts::linked(&configuration.served)?;
        let app = App::new(Arc::clone(&latest), parts.clone(), clock.clone(), interruption.clone(), listen);
        let server = Server::new(listener, app)?;
        let server = tokio::spawn(server.run());
        if configuration.reporter.destinations()?.next().is_none() {
            tracing::warn!("no destination is configured, so the values are only shown on this server");
        }
        let every = format_duration(configuration.served.every);
        tracing::info!("listening on http://{listen}, a run every {every}");
        let reload = async || match loader.load().await {
            Ok(configuration) => Some(configuration),
            Err(error) => {
                context
                    .log_error(&error.context("the settings cannot be used, so the old ones stay in force"));
                None
            }
        };
        let service = Service { clock, latest: &latest, parts: &parts, interruption };
        service.run(configuration, signal, reload, |finished| context.log_problems(finished)).await;
        server.abort();
        Ok(ExitStatus::Done)
    })
}
