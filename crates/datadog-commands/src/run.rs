//! Runs an asynchronous command.

use system_health_command::ExitStatus;
use system_health_datadog::{DashboardError, DatadogError};
use system_health_registry::DeliveryError;

/// Runs a command. If Datadog refused a request or could not be reached, the usage was not wrong, so the status is
/// [`ExitStatus::DeliveryFailed`].
pub(crate) fn run(command: impl Future<Output = anyhow::Result<ExitStatus>>) -> anyhow::Result<ExitStatus> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match runtime.block_on(command) {
        Err(error) if is_from_datadog(&error) => {
            tracing::error!("{error:#}");
            Ok(ExitStatus::DeliveryFailed)
        }
        result => result,
    }
}

fn is_from_datadog(error: &anyhow::Error) -> bool {
    error.is::<DatadogError>()
        || error.is::<DeliveryError>()
        || matches!(error.downcast_ref(), Some(DashboardError::Datadog(_)))
}
