//! `report doctor`: whether the backend of the traces accepts them.

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use system_health_registry::{
    Catalog, CheckResults, Context, Extension, Finding, SharedError, register_extension,
};
use tokio::time::Instant;

use crate::{
    datadog::Agent,
    exporter::{Client, ExportError},
    settings::TracesSettings,
};

/// What the findings are about.
const TRACES: &str = "traces";
/// Timeout of a diagnosis.
const TIMEOUT: Duration = Duration::from_secs(5);

struct TracesExtension;

register_extension!(TracesExtension);

impl Extension for TracesExtension {
    fn variables(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("DD_TRACE_ENABLED, DD_TRACE_AGENT_URL, DD_AGENT_HOST", "traces of runs, for a Datadog Agent"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "traces of runs, for an OTLP receiver"),
        ]
    }

    fn diagnose<'a>(&'a self, context: &'a Context, _catalog: &'a Catalog) -> BoxFuture<'a, CheckResults> {
        async {
            let findings = Finding::check_with_timeout(TRACES, diagnose(context)).await;
            CheckResults { findings, ..CheckResults::default() }
        }
        .boxed()
    }
}

/// Sends a request without a trace to the backend, if tracing is enabled.
async fn diagnose(context: &Context) -> Vec<Finding> {
    // Wrong settings have findings of their own.
    let Ok(settings) = context.get::<TracesSettings>().await else { return Vec::new() };
    if !settings.enabled {
        return Vec::new();
    }
    let deadline = Instant::now() + TIMEOUT;
    let finding = match Client::new(&settings) {
        Ok(Client::Agent(agent)) => diagnose_agent(&agent, deadline).await,
        Ok(Client::Receiver(receiver)) => {
            let checked = receiver.check(deadline).await;
            let accepted = || Finding::ok(TRACES, format!("{} accepts traces", receiver.url));
            checked.map(|()| accepted()).map_err(ExportError::from)
        }
        Err(error) => Err(error),
    };
    vec![finding.unwrap_or_else(|error| Finding::failed(TRACES, SharedError::new(error).to_string()))]
}

async fn diagnose_agent(agent: &Agent, deadline: Instant) -> Result<Finding, ExportError> {
    let info = agent.info(deadline).await?;
    let version = info.version.as_deref().map(|version| format!(" (version {version})")).unwrap_or_default();
    let address = &agent.address;
    Ok(if info.accepts_traces() {
        Finding::ok(TRACES, format!("the Agent at {address}{version} accepts traces"))
    } else {
        Finding::failed(
            TRACES,
            format!("the Agent at {address}{version} does not accept traces of version 0.4"),
        )
    })
}
