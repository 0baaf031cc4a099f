//! Whether the destinations of all sinks can be delivered to.

use futures::future::join_all;
use system_health_registry::{Context, Finding, Grade, Settings, SharedError, SinkType};
use system_health_reporter::{DestinationsError, Mode, Reporter, ReporterError};

use crate::program::Program;

/// What the sinks say.
pub(super) struct Looked {
    pub(super) findings: Vec<Finding>,
    /// The sinks that can deliver.
    pub(super) ready: Vec<&'static str>,
}

/// Looks at the destinations of all sinks that are configured.
pub(super) async fn diagnose(sinks: &[SinkType], settings: &Settings, context: &Context) -> Looked {
    if sinks.is_empty() {
        let none = Finding::warning("sinks", "this program was built without any");
        return Looked { findings: vec![none], ready: Vec::new() };
    }
    let looked = join_all(sinks.iter().map(|sink| diagnose_sink(sink, settings, context))).await;
    let is_ready = |findings: &Vec<Finding>| {
        !findings.is_empty() && findings.iter().all(|finding| finding.grade != Grade::Failed)
    };
    let ready = sinks.iter().zip(&looked).filter(|(_, findings)| is_ready(findings));
    Looked { ready: ready.map(|(sink, _)| sink.name).collect(), findings: looked.concat() }
}

/// Why a push would not know its destinations. Without any sink that is configured, nobody wants one.
pub(super) fn wrong_choice(program: &Program, settings: &Settings) -> Option<Finding> {
    let builder = Reporter::builder(settings.clone()).without_state();
    let builder = program.own_sinks.iter().fold(builder, |builder, sink| builder.sink(*sink));
    let Err(ReporterError::Destinations(error)) =
        builder.build().and_then(|reporter| reporter.check(Mode::Push))
    else {
        return None; // other errors are found elsewhere
    };
    match error {
        // These are said of each sink.
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
            let looking = destinations
                .iter()
                .map(|destination| Finding::in_time(sink.name, destination.diagnose(context.clone())));
            join_all(looking).await.concat()
        }
    }
}
