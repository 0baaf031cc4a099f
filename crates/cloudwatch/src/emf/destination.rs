//! The standard output as a destination.

use futures::future::BoxFuture;
use serde_json::{Value, json};
use system_health_registry::{
    Capabilities, Context, Destination, Event, Finding, Point, Sink, StandardOutput, Unavailable,
};

use super::{document::Documents, sink::EmfSink};
use crate::{
    backend::{CAPABILITIES, NAME, refusal_messages},
    doctor,
    namespace::Namespace,
};

/// Documents for a namespace, on the standard output.
#[derive(Debug, Clone)]
pub(crate) struct EmfDestination {
    pub(crate) namespace: Namespace,
}

impl Destination for EmfDestination {
    fn sink(&self) -> &'static str {
        NAME
    }

    fn address(&self) -> String {
        format!("{} as EMF on stdout", self.namespace)
    }

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn owns_stdout(&self) -> bool {
        true
    }

    fn connect(&self, context: Context) -> BoxFuture<'static, Result<Box<dyn Sink>, Unavailable>> {
        let namespace = self.namespace.clone();
        Box::pin(async move {
            let stdout: StandardOutput = context.get().await?;
            Ok(Box::new(EmfSink::new(namespace, stdout)) as Box<dyn Sink>)
        })
    }

    fn preview<'a>(
        &'a self,
        _context: Context,
        points: &'a [Point],
        _events: &'a [Event],
    ) -> BoxFuture<'a, Result<Value, Unavailable>> {
        Box::pin(async move {
            let Documents { documents, refused } = Documents::from_points(&self.namespace, points);
            Ok(json!({ "lines": documents, "refused": refusal_messages(&refused) }))
        })
    }

    fn diagnose(&self, _context: Context) -> BoxFuture<'static, Vec<Finding>> {
        let message =
            format!("documents for the namespace {} are written to the standard output", self.namespace);
        Box::pin(async { vec![Finding::ok(doctor::CHECK, message)] })
    }
}
