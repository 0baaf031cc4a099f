//! The HTTP server of the fakes. It records every complete request, and responds with the fake's answer or with a fault that a test
//! scripted.
//!
//! It listens on loopback, on a free port, in a thread and runtime of its own, so that plain and async
//! tests can use it. When it is dropped, it stops and ends requests that hang.

mod fault;

use std::{
    fmt,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::to_bytes,
    extract,
    response::{IntoResponse, Response},
};
use tokio::sync::oneshot;

pub use fault::Fault;
pub use system_health_intake::{Answer, Request};

use fault::Script;

/// Timeout of [`Server::wait_for`].
const WAIT_TIMEOUT: Duration = Duration::from_secs(30);

/// A running server.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    handler: Box<dyn Fn(&Request) -> Answer + Send + Sync>,
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    requests: Vec<Request>,
    script: Script,
    latency: Duration,
}

impl Server {
    /// Starts a server that answers with the handler.
    ///
    /// # Panics
    /// If the server cannot listen on loopback.
    #[must_use]
    pub fn start(handler: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("listen on loopback");
        listener.set_nonblocking(true).expect("a listener for tokio");
        let address = listener.local_addr().expect("the listener's address");
        let shared =
            Arc::new(Shared { handler: Box::new(handler), state: Mutex::default(), arrived: Condvar::new() });
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || serve(listener, shared, stopped)
        });
        Self { address, shared, stop: Some(stop), thread: Some(thread) }
    }

    /// The server's URL, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All requests so far, in the order of their arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.shared.state().requests.clone()
    }

    /// Answers matching requests with a fault from now on. A request matches when the text is part of
    /// its first line, such as `POST /api/v2/series`, `/jobs` or `page=2`.
    pub fn fail(&self, request: &str, fault: impl Into<Fault>) {
        self.shared.state().script.add(request, usize::MAX, fault.into());
    }

    /// Like [`Self::fail`], for the next matching requests only. Of several faults that match, the one
    /// that was scripted first comes first.
    pub fn fail_times(&self, times: usize, request: &str, fault: impl Into<Fault>) {
        self.shared.state().script.add(request, times, fault.into());
    }

    /// Delays every answer from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.shared.state().latency = latency;
    }

    /// Blocks until a matching request has arrived. Returns the first one.
    ///
    /// # Panics
    /// If none arrives within 30 seconds.
    #[must_use]
    pub fn wait_for(&self, request: &str) -> Request {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        let mut state = self.shared.state();
        loop {
            if let Some(found) = state.requests.iter().find(|found| found.line().contains(request)) {
                return found.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no request `{request}` came; there were {:#?}", state.requests);
            state = self.shared.arrived.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records the request. Returns the fault that it gets, if any, and the delay of its answer.
    fn record(&self, request: Request) -> (Option<Fault>, Duration) {
        let mut state = self.state();
        let fault = state.script.next(&request.line());
        state.requests.push(request);
        self.arrived.notify_all();
        (fault, state.latency)
    }
}

/// Serves until the server is dropped. Dropping the runtime closes all connections.
fn serve(listener: TcpListener, shared: Arc<Shared>, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        let app = Router::new().fallback(answer).with_state(shared);
        tokio::select! {
            served = axum::serve(listener, app) => served.expect("serve"),
            _ = stopped => {}
        }
    });
}

async fn answer(extract::State(shared): extract::State<Arc<Shared>>, request: extract::Request) -> Response {
    let (head, body) = request.into_parts();
    // A request whose client disconnects before the end of the body is not recorded.
    let Ok(body) = to_bytes(body, usize::MAX).await else { return Fault::disconnect() };
    let mut request = Request::new(&head, body.into());
    // What cannot be decompressed stays as it arrived.
    let _ = request.decompress(usize::MAX);
    let (fault, latency) = shared.record(request.clone());
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    match fault {
        None => (shared.handler)(&request).into_response(),
        Some(Fault::Answer(answer)) => answer.into_response(),
        Some(Fault::Disconnect) => Fault::disconnect(),
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::HangAfterwards) => {
            let _ = (shared.handler)(&request);
            std::future::pending().await
        }
        Some(Fault::DisconnectAfterwards) => {
            let _ = (shared.handler)(&request);
            Fault::disconnect()
        }
    }
}
