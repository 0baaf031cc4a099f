//! Accepts connections, with limits. A slow client keeps its own connection busy, and nothing else.

use std::{convert::Infallible, io, net, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};

use super::{app::App, router::router};

/// Maximum number of connections. More of them wait in the queue of the operating system.
const MAX_CONNECTIONS: usize = 64;

/// The time in which a client must have sent the head of its request.
const TIME_FOR_HEAD: Duration = Duration::from_secs(5);

/// Maximum size of the head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// The time in which a client must have read the response. A connection serves one request, so this limits the connection.
const TIME_FOR_CONNECTION: Duration = Duration::from_secs(30);

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
        loop {
            let connections = Arc::clone(&self.connections);
            let Ok(permit) = connections.acquire_owned().await else { return std::future::pending().await };
            match self.listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(serve(stream, self.router.clone(), permit))),
                Err(error) => {
                    tracing::debug!("cannot accept a connection: {error}");
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

async fn serve(stream: TcpStream, router: Router, permit: OwnedSemaphorePermit) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(TIME_FOR_HEAD)
        .max_buf_size(MAX_HEAD)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    match timeout(TIME_FOR_CONNECTION, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!("a request was not completed: {error}"),
        Err(_) => tracing::debug!("a client was too slow"),
    }
    drop(permit);
}
