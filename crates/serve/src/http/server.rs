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
                        idle.make_room(&self.connections).await;
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

    /// Waits until another connection has ended, or closes one that has sent no request.
    async fn make_room(&mut self, connections: &Semaphore) {
        loop {
            self.remove_busy();
            let Some(oldest) = self.0.front() else { return };
            // A request that has arrived may not have been read yet.
            let is_idle_from = oldest.accepted + TIME_TO_READ;
            if is_idle_from <= Instant::now() {
                return self.close_oldest();
            }
            // Afterwards, another connection may be the oldest one.
            tokio::select! {
                _ = connections.acquire() => return,
                () = sleep_until(is_idle_from) => {}
            }
        }
    }

    /// Closes the connection that has waited longest for a request, if there is one.
    fn close_oldest(&mut self) {
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

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_not_closed_before_its_request_can_have_been_read() {
        let (no_room, mut idle) = (Semaphore::new(0), IdleConnections::default());
        let (oldest, other) = (tokio::spawn(pending::<()>()), tokio::spawn(pending::<()>()));
        let has_request = Arc::<AtomicBool>::default();
        idle.add(oldest.abort_handle(), Arc::clone(&has_request));
        sleep(TIME_TO_READ / 2).await;
        let accepted = Instant::now();
        idle.add(other.abort_handle(), Arc::default());

        // The request of the oldest connection is read while the server waits for it.
        let read = async {
            sleep(TIME_TO_READ / 4).await;
            has_request.store(true, Ordering::Relaxed);
        };
        tokio::join!(read, idle.make_room(&no_room));

        assert!(accepted.elapsed() >= TIME_TO_READ, "{:?}", accepted.elapsed());
        assert!(other.await.unwrap_err().is_cancelled());
        assert!(!oldest.is_finished());
    }
}
