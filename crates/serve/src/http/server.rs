//! Accepts connections, with limits. A slow client keeps its own connection busy, and nothing else.

use std::{
    convert::Infallible,
    io, net,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::Router;
use hyper::{
    Request,
    body::Incoming,
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

/// Maximum number of connections. If there are more, one whose client is slow is closed. If no client is slow, further connections
/// wait in the queue of the operating system.
const MAX_CONNECTIONS: usize = 64;

/// The time in which a client must have sent the head of its request.
const TIME_FOR_HEAD: Duration = Duration::from_secs(5);

/// Maximum size of the head of a request, in bytes.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// Maximum time of a connection. It serves one request, whose response the client must have read by then.
const TIME_FOR_CONNECTION: Duration = Duration::from_secs(30);

/// The time in which the server reads the request of a new connection, if the client sends it at once.
const TIME_TO_READ_REQUEST: Duration = Duration::from_millis(100);

/// Minimum time that a client has to read its response, even if there are too many connections. It is shorter than the
/// default timeout of a probe of Kubernetes, which is one second.
const MIN_TIME_FOR_RESPONSE: Duration = Duration::from_millis(500);

/// The time to wait if no connection can be accepted, for example because the process has too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// The server.
pub(crate) struct Server {
    listener: TcpListener,
    router: Router,
    permits: Arc<Semaphore>,
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
            permits: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
        })
    }

    /// Serves until it is dropped.
    pub(crate) async fn run(self) -> Infallible {
        let mut connections = Connections::default();
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    if self.permits.available_permits() == 0 {
                        connections.make_room(&self.permits).await;
                    }
                    let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else {
                        return std::future::pending().await;
                    };
                    let progress = Arc::<Progress>::default();
                    let serving = serve(stream, self.router.clone(), Arc::clone(&progress), permit);
                    connections.add(tokio::spawn(serving).abort_handle(), progress);
                }
                Err(error) => {
                    tracing::debug!("cannot accept a connection: {error}");
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

/// How far a connection is.
#[derive(Debug, Default)]
struct Progress {
    /// Whether the head of the request has arrived.
    has_request: AtomicBool,
    /// When the response was made. From then on, the connection waits for its client.
    answered: OnceLock<Instant>,
}

/// An open connection.
struct Connection {
    task: AbortHandle,
    progress: Arc<Progress>,
    accepted: Instant,
}

impl Connection {
    /// The earliest time at which the connection may be closed to make room for another one. `None` while the server makes the
    /// response.
    fn slow_from(&self) -> Option<Instant> {
        let Progress { has_request, answered } = &*self.progress;
        match answered.get() {
            Some(answered) => Some(*answered + MIN_TIME_FOR_RESPONSE),
            None if has_request.load(Ordering::Relaxed) => None,
            // A request that has arrived may not have been read yet.
            None => Some(self.accepted + TIME_TO_READ_REQUEST),
        }
    }
}

/// The open connections. Somebody who opens many connections and sends nothing, or reads nothing, must not hold up the probes.
#[derive(Default)]
struct Connections(Vec<Connection>);

impl Connections {
    fn add(&mut self, task: AbortHandle, progress: Arc<Progress>) {
        self.remove_ended();
        self.0.push(Connection { task, progress, accepted: Instant::now() });
    }

    /// Waits until a connection has ended, or closes one whose client is slow.
    async fn make_room(&mut self, permits: &Semaphore) {
        loop {
            self.remove_ended();
            let now = Instant::now();
            if self.close_slowest(now) {
                return;
            }
            // The wait is short, because a new request or response may change which connection is slow first.
            let soon = now + TIME_TO_READ_REQUEST;
            let next = self.0.iter().filter_map(Connection::slow_from).fold(soon, Instant::min);
            tokio::select! {
                _ = permits.acquire() => return,
                () = sleep_until(next) => {}
            }
        }
    }

    /// Closes the connection that has waited longest for a request, or else the one that has waited longest for its client to
    /// read the response. Returns whether a connection was closed.
    fn close_slowest(&mut self, now: Instant) -> bool {
        let slow = self.0.iter().enumerate().filter_map(|(at, connection)| {
            let from = connection.slow_from().filter(|from| *from <= now)?;
            Some((connection.progress.answered.get().is_some(), from, at))
        });
        let Some((has_response, _, at)) = slow.min() else { return false };
        let waits_for = if has_response { "its client to read the response" } else { "a request" };
        tracing::debug!(
            "a connection that waits for {waits_for} is closed, because there are too many connections"
        );
        self.0.remove(at).task.abort();
        true
    }

    fn remove_ended(&mut self) {
        self.0.retain(|connection| !connection.task.is_finished());
    }
}

/// Serves one request, and notes how far it is.
async fn serve(stream: TcpStream, router: Router, progress: Arc<Progress>, permit: OwnedSemaphorePermit) {
    let service = TowerToHyperService::new(router);
    let service = service_fn(move |request: Request<Incoming>| {
        progress.has_request.store(true, Ordering::Relaxed);
        let (answer, progress) = (service.call(request), Arc::clone(&progress));
        async move {
            let response = answer.await;
            // A connection serves one request, so this is set once.
            let _ = progress.answered.set(Instant::now());
            response
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(TIME_FOR_HEAD)
        .max_buf_size(MAX_HEAD_BYTES)
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

    use tokio::task::JoinHandle;

    use super::*;

    /// Adds a connection whose task never ends.
    fn add(connections: &mut Connections, progress: &Arc<Progress>) -> JoinHandle<()> {
        let task = tokio::spawn(pending::<()>());
        connections.add(task.abort_handle(), Arc::clone(progress));
        task
    }

    fn with_request() -> Arc<Progress> {
        Arc::new(Progress { has_request: AtomicBool::new(true), ..Progress::default() })
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_not_closed_before_its_request_can_have_been_read() {
        let (no_room, mut connections) = (Semaphore::new(0), Connections::default());
        let progress = Arc::<Progress>::default();
        let oldest = add(&mut connections, &progress);
        sleep(TIME_TO_READ_REQUEST / 2).await;
        let accepted = Instant::now();
        let other = add(&mut connections, &Arc::default());

        // The request of the oldest connection is read while the server waits for it.
        let read = async {
            sleep(TIME_TO_READ_REQUEST / 4).await;
            progress.has_request.store(true, Ordering::Relaxed);
        };
        tokio::join!(read, connections.make_room(&no_room));

        assert!(accepted.elapsed() >= TIME_TO_READ_REQUEST, "{:?}", accepted.elapsed());
        assert!(other.await.unwrap_err().is_cancelled());
        assert!(!oldest.is_finished());
    }

    #[tokio::test(start_paused = true)]
    async fn of_the_answered_connections_the_one_answered_first_is_closed() {
        let (no_room, mut connections) = (Semaphore::new(0), Connections::default());
        let progress = [with_request(), with_request(), with_request()];
        let [unanswered, later, earlier] =
            progress.each_ref().map(|progress| add(&mut connections, progress));
        let started = Instant::now();
        progress[2].answered.set(started).unwrap();
        sleep(MIN_TIME_FOR_RESPONSE / 2).await;
        progress[1].answered.set(Instant::now()).unwrap();

        connections.make_room(&no_room).await;

        assert!(started.elapsed() >= MIN_TIME_FOR_RESPONSE, "{:?}", started.elapsed());
        assert!(earlier.await.unwrap_err().is_cancelled());
        assert!(!unanswered.is_finished() && !later.is_finished());
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_a_request_is_closed_before_one_with_a_response() {
        let (no_room, mut connections) = (Semaphore::new(0), Connections::default());
        let progress = with_request();
        progress.answered.set(Instant::now()).unwrap();
        let answered = add(&mut connections, &progress);
        sleep(MIN_TIME_FOR_RESPONSE * 2).await;
        let idle = add(&mut connections, &Arc::default());
        sleep(TIME_TO_READ_REQUEST).await;

        connections.make_room(&no_room).await;

        assert!(idle.await.unwrap_err().is_cancelled());
        assert!(!answered.is_finished());
    }
}
