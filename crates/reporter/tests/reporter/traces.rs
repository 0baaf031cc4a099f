//! The trace of a run is sent last. If it cannot be sent, the run does not fail.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use futures::{
    FutureExt,
    future::{BoxFuture, pending},
};
use system_health_registry::{
    SharedError,
    trace::{Service, SpanId, StartedTrace, Trace, TraceId, TraceSpan, Tracer},
};
use system_health_reporter::{Mode, last_trace};
use tokio::time::Instant;
use tracing::Span;

use crate::backend::{Backend, Behaviour, Scene};

/// A tracer whose traces are refused, or never answered. When the tracer sends a trace, it logs how many points the backend has.
#[derive(Debug)]
struct FailingTracer {
    backend: Backend,
    log: Mutex<Vec<String>>,
    hangs: bool,
}

impl FailingTracer {
    fn refusing(backend: &Backend) -> Arc<Self> {
        Arc::new(Self { backend: backend.clone(), log: Mutex::default(), hangs: false })
    }

    /// A tracer whose `send` never ends.
    fn hanging(backend: &Backend) -> Arc<Self> {
        Arc::new(Self { backend: backend.clone(), log: Mutex::default(), hangs: true })
    }

    fn note(&self, line: String) {
        self.log.lock().unwrap().push(line);
    }

    fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

impl Tracer for FailingTracer {
    fn start(&self, service: &Service, mode: &'static str) -> Option<StartedTrace> {
        self.note(format!("started {mode} of {}", service.name));
        Some(StartedTrace { id: TraceId::new(7).unwrap(), span: Span::none() })
    }

    fn finish(&self, trace_id: TraceId) -> Option<Trace> {
        self.note("finished".to_owned());
        let root = TraceSpan {
            span_id: SpanId::new(1).unwrap(),
            parent_id: None,
            name: "system_health.run".to_owned(),
            resource: "push".to_owned(),
            start_ns: 0,
            duration_ns: 5,
            unfinished: false,
            error: None,
            tags: [("a".to_owned(), "b".into())].into(),
            logs: Vec::new(),
        };
        Some(Trace {
            trace_id,
            service: "shop".to_owned(),
            env: None,
            version: None,
            started_at: SystemTime::UNIX_EPOCH,
            spans: vec![root],
            dropped_spans: 0,
        })
    }

    fn send<'a>(&'a self, _trace: &'a Trace, _deadline: Instant) -> BoxFuture<'a, Result<(), SharedError>> {
        self.note(format!("sent after {} points", self.backend.stored().len()));
        if self.hangs {
            return pending().boxed();
        }
        async { Err(SharedError::new("refused")) }.boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn a_trace_is_sent_after_the_points_and_is_kept_even_if_it_is_refused() {
    let (scene, backend) = (Scene::gauges(&["a", "b"]), Backend::new("backend"));
    let tracer = FailingTracer::refusing(&backend);
    let builder = scene.builder(&[&backend]).without_self_metrics();
    let reporter = builder.tracer(Arc::clone(&tracer) as Arc<dyn Tracer>).build().unwrap();

    let finished = scene.run(&reporter, Mode::Push).await;

    assert!(finished.is_delivered());
    assert_eq!(tracer.log(), ["started push of system-health", "finished", "sent after 2 points"]);
    assert_eq!(finished.report.trace_id(), TraceId::new(7));
    let trace = finished.trace.unwrap();
    assert_eq!(last_trace(scene.folder.path()).unwrap().as_ref(), Some(&*trace));
}

#[tokio::test(start_paused = true)]
async fn the_trace_of_a_dropped_run_is_forgotten() {
    let (scene, backend) = (Scene::gauges(&["a"]), Backend::new("backend"));
    backend.set_behaviour(Behaviour::Hang);
    let tracer = FailingTracer::refusing(&backend);
    let builder = scene.builder(&[&backend]).without_self_metrics();
    let reporter = builder.tracer(Arc::clone(&tracer) as Arc<dyn Tracer>).build().unwrap();

    let ended = tokio::time::timeout(Duration::from_secs(1), scene.run(&reporter, Mode::Push)).await;

    assert!(ended.is_err());
    assert_eq!(tracer.log(), ["started push of system-health", "finished"]);
    assert!(last_trace(scene.folder.path()).unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_trace_that_is_never_answered_is_given_up_within_the_deadline() {
    let (scene, backend) = (Scene::gauges(&["a"]), Backend::new("backend"));
    let tracer = FailingTracer::hanging(&backend);
    let builder = scene.builder(&[&backend]).without_self_metrics().deadline(Duration::from_mins(1));
    let reporter = builder.tracer(Arc::clone(&tracer) as Arc<dyn Tracer>).build().unwrap();

    let run = scene.run(&reporter, Mode::Push);
    let finished = tokio::time::timeout(Duration::from_mins(1), run).await.expect("the trace is given up");

    assert!(finished.is_delivered());
    assert_eq!(tracer.log(), ["started push of system-health", "finished", "sent after 1 points"]);
}
