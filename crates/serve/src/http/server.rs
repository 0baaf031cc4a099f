//! Accepts connections, with limits. A slow client keeps its own connection busy, and nothing else.

use std::{
    collections::VecDeque,
    convert::Infallible,
    io, net,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::Router;
use hyper::{
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::AbortHandle,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{app::App, router::router};

/// Maximum number of connections. If all of them have sent a request, more of them wait in the queue of the operating system.
const MAX_CONNECTIONS: usize = 64;

/// The time in which a client must have sent the head of its request.
const TIME_FOR_HEAD: Duration = Duration::from_secs(5);

/// Maximum size of the head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// The time in which a client must have read the response. A connection serves one request, so this limits the connection.
const TIME_FOR_CONNECTION: Duration = Duration::from_secs(30);

/// The time in which the request of a new connection is read, if it has arrived with it.
const TIME_TO_READ: Duration = Duration::from_millis(100);

/// The time to wait if the process has too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// The server.
pub(crate) struct Server {
    listener: TcpListener,
    router: Router,
    connections: Arc<Semaphore>,
}

impl Server {
    /// A server that accepts connections when it [runs](Self::run).
    ///
    /// # Panics
    /// Panics outside a Tokio runtime.
    pub(crate) fn new(listener: net::TcpListener, app: App) -> io::Result<Self> {
        Ok(Self {
            listener: TcpListener::from_std(listener)?,
            router: router(app),
            connections: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
        })
    }

    /// Serves until it is dropped.
    pub(crate) async fn run(self) -> Infallible {
        let mut idle = IdleConnections::default();
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    if self.connections.available_permits() == 0 {
                        self.make_room(&mut idle).await;
                    }
                    let connections = Arc::clone(&self.connections);
                    let Ok(permit) = connections.acquire_owned().await else {
                        return std::future::pending().await;
                    };
                    let has_request = Arc::<AtomicBool>::default();
                    let serving = serve(stream, self.router.clone(), Arc::clone(&has_request), permit);
                    idle.add(tokio::spawn(serving).abort_handle(), has_request);
                }
                Err(error) => {
                    tracing::debug!("cannot accept a connection: {error}");
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

impl Server {
    /// Waits until another connection has ended, or closes one that has sent no request.
    async fn make_room(&self, idle: &mut IdleConnections) {
        idle.remove_busy();
        let Some(oldest) = idle.0.front() else { return };
        // A request that has arrived may not have been read yet.
        let is_idle = sleep_until(oldest.accepted + TIME_TO_READ);
        tokio::select! {
            _ = self.connections.acquire() => {}
            () = is_idle => idle.close_oldest(),
        }
    }
}

/// A connection that has not sent a request yet.
struct IdleConnection {
    task: AbortHandle,
    has_request: Arc<AtomicBool>,
    accepted: Instant,
}

/// The connections that have not sent a request yet, the oldest one first. Without a limit for them, somebody who opens many
/// connections and sends nothing would hold up the probes.
#[derive(Default)]
struct IdleConnections(VecDeque<IdleConnection>);

impl IdleConnections {
    fn add(&mut self, task: AbortHandle, has_request: Arc<AtomicBool>) {
        self.remove_busy();
        self.0.push_back(IdleConnection { task, has_request, accepted: Instant::now() });
    }

    /// Closes the connection that has waited longest for a request, if there is one.
    fn close_oldest(&mut self) {
        self.remove_busy();
        if let Some(connection) = self.0.pop_front() {
            tracing::debug!(
                "a connection without a request is closed, because there are too many connections"
            );
            connection.task.abort();
        }
    }

    fn remove_busy(&mut self) {
        self.0.retain(|IdleConnection { task, has_request, .. }| {
            !task.is_finished() && !has_request.load(Ordering::Relaxed)
        });
    }
}

/// Serves one request. Sets `has_request` when its head has arrived.
async fn serve(
    stream: TcpStream,
    router: Router,
    has_request: Arc<AtomicBool>,
    permit: OwnedSemaphorePermit,
) {
    let service = TowerToHyperService::new(router);
    let service = service_fn(move |request| {
        has_request.store(true, Ordering::Relaxed);
        service.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(TIME_FOR_HEAD)
        .max_buf_size(MAX_HEAD)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    match timeout(TIME_FOR_CONNECTION, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!("a request was not completed: {error}"),
        Err(_) => tracing::debug!("a client was too slow"),
    }
    drop(permit);
}
