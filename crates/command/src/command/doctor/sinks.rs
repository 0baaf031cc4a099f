//! Whether the destinations of all sinks can be delivered to.

use futures::future::join_all;
use system_health_registry::{Context, Finding, Grade, Settings, SharedError, SinkType};

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
