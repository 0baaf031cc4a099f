//! What handlers share.

use std::{
    collections::BTreeSet,
    mem,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use axum::http::StatusCode;
use system_health_registry::Interruption;
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::problem::Problem;
use crate::{clock::Clock, latest::Latest, parts::Parts, readiness::NotReady};

/// Maximum number of responses that are rendered concurrently. Each may need the memory of a whole run as text.
const MAX_CONCURRENT_RENDERS: usize = 2;

/// Maximum number of requests whose responses are being rendered or wait to be rendered. It is lower than the maximum number of
/// connections, so that connections are left for probes if a document takes long.
const MAX_RENDER_REQUESTS: usize = 32;

/// The state of the service for handlers. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    latest: Arc<Latest>,
    parts: Parts,
    clock: Clock,
    interruption: Interruption,
    listen: SocketAddr,
    rendering: Arc<Semaphore>,
    render_requests: Semaphore,
    /// Why points were not on the last page for Prometheus.
    refused: Mutex<BTreeSet<String>>,
}

impl App {
    pub(crate) fn new(
        latest: Arc<Latest>,
        parts: Parts,
        clock: Clock,
        interruption: Interruption,
        listen: SocketAddr,
    ) -> Self {
        let rendering = Arc::new(Semaphore::new(MAX_CONCURRENT_RENDERS));
        let render_requests = Semaphore::new(MAX_RENDER_REQUESTS);
        let refused = Mutex::default();
        Self(Arc::new(Inner {
            latest,
            parts,
            clock,
            interruption,
            listen,
            rendering,
            render_requests,
            refused,
        }))
    }

    pub(super) fn latest(&self) -> &Latest {
        &self.0.latest
    }

    pub(super) fn parts(&self) -> &Parts {
        &self.0.parts
    }

    pub(super) fn now(&self) -> SystemTime {
        self.0.clock.now()
    }

    /// Whether the server can be reached only from this machine.
    pub(super) fn is_local(&self) -> bool {
        self.0.listen.ip().is_loopback()
    }

    /// Fails if the service is stopping, or if the values are not current.
    pub(super) fn readiness(&self) -> Result<(), NotReady> {
        if self.0.interruption.has_happened() {
            return Err(NotReady::Stopping);
        }
        self.latest().readiness(self.now())
    }

    /// Takes the reasons why points are not on a page for Prometheus, and returns those that the previous page did not have. So
    /// a reason that stays the same is logged once, and not at each scrape.
    pub(super) fn new_refusals(&self, refused: Vec<String>) -> Vec<String> {
        let mut last = self.0.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let before = mem::replace(&mut *last, refused.into_iter().collect());
        last.difference(&before).cloned().collect()
    }

    /// Makes a response in a thread that may block, so that a large one delays neither the runs nor other requests. Fails if too
    /// many requests wait for their responses.
    pub(super) async fn render<T: Send + 'static>(
        &self,
        render: impl FnOnce(&Latest) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let Ok(_request) = self.0.render_requests.try_acquire() else {
            let text = "too many requests wait for their responses; try again later";
            return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, text));
        };
        let permit = Arc::clone(&self.0.rendering).acquire_owned().await;
        let latest = Arc::clone(&self.0.latest);
        let rendered = spawn_blocking(move || {
            let rendered = render(&latest);
            // The permit belongs to the thread and not to the request. If the client disconnects, the request ends, but the
            // thread continues and still needs memory.
            drop(permit);
            rendered
        });
        rendered.await.unwrap_or_else(|error| Err(Problem::internal(&error)))
    }
}
