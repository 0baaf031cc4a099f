//! A subscriber with the layer, and runs of a few metrics.

use std::{
    panic,
    path::Path,
    sync::{Arc, LazyLock},
    time::Duration,
};

use system_health_registry::{
    Catalog, Context, Engine, Settings,
    trace::{Service, Trace, TraceSpan, Tracer},
};
use system_health_traces::Traces;
use tokio::time::Instant;
use tracing::Instrument;
use tracing_subscriber::layer::SubscriberExt;

/// The layer of all tests. Each test has traces of its own.
static TRACES: LazyLock<Traces> = LazyLock::new(|| {
    // Also collects the spans of this test program.
    let traces = Traces::new(["traces"]);
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(traces.layer())).unwrap();
    // Logs panics as `report` does. The layer gets their place from these messages.
    let printing = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        printing(panic);
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let text = panic.payload_as_str().unwrap_or("(no text)");
        tracing::error!(panic.place = place, "panic at {place}: {text}");
    }));
    traces
});

/// The service of all traces.
pub(crate) fn service() -> Service {
    Service { name: "shop".to_owned(), env: Some("test".to_owned()), version: Some("4.2".to_owned()) }
}

/// An enabled tracer, with further settings for `[traces]`.
pub(crate) fn tracer(further: &str) -> Arc<dyn Tracer> {
    tracer_with_variables(further, &[])
}

/// An enabled tracer, with further settings for `[traces]` and these environment variables.
pub(crate) fn tracer_with_variables(further: &str, variables: &[(&str, &str)]) -> Arc<dyn Tracer> {
    let text = format!("[traces]\nenabled = true\n{further}");
    let settings = Settings::builder().toml(Path::new("a.toml"), &text).unwrap().environment_from(|name| {
        variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
    });
    TRACES.tracer(&settings.build().unwrap()).unwrap().unwrap()
}

/// Traces a run that collects the metrics with these keys.
pub(crate) async fn trace_run(tracer: &dyn Tracer, keys: &[&str]) -> Trace {
    trace_run_within(tracer, keys, Duration::from_mins(1)).await
}

/// Traces a run with a deadline.
pub(crate) async fn trace_run_within(tracer: &dyn Tracer, keys: &[&str], deadline: Duration) -> Trace {
    let wanted: Vec<String> = keys.iter().map(ToString::to_string).collect();
    let catalog =
        Catalog::linked().unwrap().filter(move |key| wanted.iter().any(|wanted_key| wanted_key == key));
    assert!(!catalog.metrics().is_empty(), "no metric of {keys:?}");
    let started = tracer.start(&service(), "collect").expect("the layer collects");
    let context = Context::new().with_deadline(deadline);
    Engine::new().run(&catalog, &context).instrument(started.span.clone()).await;
    drop(context);
    let id = started.id;
    drop(started);
    tracer.finish(id).expect("a trace")
}

/// Sends a trace. The error is a text with its causes.
pub(crate) async fn send(tracer: &dyn Tracer, trace: &Trace) -> Result<(), String> {
    let sent = tracer.send(trace, Instant::now() + Duration::from_secs(30)).await;
    sent.map_err(|error| error.to_string())
}

/// The first span with this resource.
pub(crate) fn span<'t>(trace: &'t Trace, resource: &str) -> &'t TraceSpan {
    let found = trace.spans.iter().find(|span| span.resource == resource);
    found.unwrap_or_else(|| panic!("no span of {resource} in {}", tree(trace)))
}

/// The names and resources of all spans, each indented below its parent.
pub(crate) fn tree(trace: &Trace) -> String {
    fn write(trace: &Trace, span: &TraceSpan, depth: usize, tree: &mut String) {
        tree.extend(["  ".repeat(depth).as_str(), &span.name, " ", &span.resource, "\n"]);
        for child in trace.spans.iter().filter(|child| child.parent_id == Some(span.span_id)) {
            write(trace, child, depth + 1, tree);
        }
    }
    let mut tree = String::new();
    trace
        .spans
        .iter()
        .filter(|span| span.parent_id.is_none())
        .for_each(|root| write(trace, root, 0, &mut tree));
    tree
}
