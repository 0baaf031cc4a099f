//! Whether the destinations of all sinks accept deliveries.

use futures::future::join_all;
use system_health_registry::{Context, Finding, Grade, Settings, SharedError, SinkType};
use system_health_reporter::{DestinationsError, Mode, Reporter, ReporterError};

use crate::program::Program;

/// The results of checking all sinks.
pub(super) struct SinkFindings {
    pub(super) findings: Vec<Finding>,
    /// The sinks that can deliver.
    pub(super) ready: Vec<&'static str>,
}

/// Checks the destinations of all sinks that are configured.
pub(super) async fn diagnose(sinks: &[SinkType], settings: &Settings, context: &Context) -> SinkFindings {
    if sinks.is_empty() {
        let none = Finding::warning("sinks", "this program was built without any");
        return SinkFindings { findings: vec![none], ready: Vec::new() };
    }
    let diagnosed = join_all(sinks.iter().map(|sink| diagnose_sink(sink, settings, context))).await;
    let is_ready = |findings: &Vec<Finding>| {
        !findings.is_empty() && findings.iter().all(|finding| finding.grade != Grade::Failed)
    };
    let ready = sinks.iter().zip(&diagnosed).filter(|(_, findings)| is_ready(findings));
    SinkFindings { ready: ready.map(|(sink, _)| sink.name).collect(), findings: diagnosed.concat() }
}

/// A finding if a push could not choose its destinations. It is no problem if no sink is configured.
pub(super) fn wrong_choice(program: &Program, settings: &Settings) -> Option<Finding> {
    let builder = Reporter::builder(settings.clone()).without_state();
    let builder = program.own_sinks.iter().fold(builder, |builder, sink| builder.sink(*sink));
    let Err(ReporterError::Destinations(error)) =
        builder.build().and_then(|reporter| reporter.check(Mode::Push))
    else {
        return None; // other errors are found elsewhere
    };
    match error {
        // There is already a finding about each sink.
        DestinationsError::NoSink
        | DestinationsError::NoneConfigured { .. }
        | DestinationsError::Settings(_) => None,
        error => Some(Finding::failed("destinations", SharedError::new(error).to_string())),
    }
}

async fn diagnose_sink(sink: &SinkType, settings: &Settings, context: &Context) -> Vec<Finding> {
    match (sink.configure)(settings) {
        Err(error) => vec![Finding::failed(sink.name, SharedError::to_string(&error))],
        Ok(destinations) => {
            let diagnoses = destinations
                .iter()
                .map(|destination| Finding::in_time(sink.name, destination.diagnose(context.clone())));
            join_all(diagnoses).await.concat()
        }
    }
}
