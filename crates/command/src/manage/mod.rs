//! What Datadog has beside the points: dashboards, monitors and metadata, all made from what the metrics
//! say of themselves. A build without the feature `datadog` refuses these commands.

#[cfg(feature = "datadog")]
mod alerting;
#[cfg(feature = "datadog")]
mod checks;
#[cfg(feature = "datadog")]
mod connection;
#[cfg(feature = "datadog")]
mod dashboard;
#[cfg(feature = "datadog")]
mod goals;
#[cfg(feature = "datadog")]
mod metadata;
#[cfg(feature = "datadog")]
mod monitors;
#[cfg(feature = "datadog")]
mod queries;
#[cfg(feature = "datadog")]
mod schedule;
#[cfg(feature = "datadog")]
mod settings;
#[cfg(feature = "datadog")]
mod step;
#[cfg(feature = "datadog")]
mod verify;

use system_health_registry::Catalog;

use crate::{args::Manage, exit::Status, output::Stdout};

/// Does what a command says.
#[cfg(feature = "datadog")]
pub(crate) fn run(command: &Manage, catalog: &Catalog, stdout: Stdout) -> anyhow::Result<Status> {
    use crate::{
        args::Format::{Json, Table},
        remembered::with_remembered,
    };

    let catalog = &*with_remembered(catalog, &command.into())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        match command {
            Manage::Dashboard(arguments) => dashboard::run(arguments, catalog, stdout).await,
            Manage::Monitors(arguments) => monitors::run(arguments, catalog, stdout).await,
            Manage::Metadata(arguments) => {
                metadata::run(arguments, catalog, stdout.one_of(&[Table, Json])?).await
            }
            Manage::Verify(arguments) => verify::run(arguments, stdout.one_of(&[Table, Json])?).await,
        }
    });
    match done {
        // The usage was right; Datadog, or the way there, was not.
        Err(error) if connection::is_datadogs(&error) => {
            tracing::error!("{error:#}");
            Ok(Status::DeliveryFailed)
        }
        done => done,
    }
}

/// Refuses.
#[cfg(not(feature = "datadog"))]
pub(crate) fn run(_command: &Manage, _catalog: &Catalog, _stdout: Stdout) -> anyhow::Result<Status> {
    anyhow::bail!(
        "this program was built without Datadog; build it with the feature `datadog` for this command"
    )
}
