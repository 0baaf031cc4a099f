//! Serves an intake until it is stopped.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router, extract,
    extract::State,
    middleware,
    response::{IntoResponse, Response},
};
use tokio::{
    net::{TcpListener, UdpSocket},
    sync::Semaphore,
    time::{MissedTickBehavior, interval},
};

use super::{
    body,
    guard::{self, Hosts},
};
use crate::{exchange::error, intake::Intake};

/// Maximum number of requests whose bodies are in memory at once.
const MAX_REQUESTS: usize = 16;
/// Maximum size of a UDP packet, in bytes.
const MAX_DATAGRAM_SIZE: usize = 65_535;
/// Time between two notices of the number of received lines.
const TICK: Duration = Duration::from_secs(1);
/// Number of ticks between two evaluations of monitors. Datadog evaluates most monitors each minute.
const TICKS_PER_EVALUATION: u64 = 60;

/// A server that listens, and does not answer yet.
#[derive(Debug)]
pub struct IntakeServer {
    intake: Arc<Intake>,
    http: TcpListener,
    dogstatsd: Option<UdpSocket>,
    routes: Router,
    hosts: Hosts,
}

/// Where a server listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// For HTTP.
    pub http: SocketAddr,
    /// For `DogStatsD` over UDP.
    pub dogstatsd: Option<SocketAddr>,
}

/// Why a server cannot listen or serve.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// An address cannot be listened on.
    #[error("cannot listen on {protocol} {address}")]
    Listen {
        /// `TCP` or `UDP`.
        protocol: &'static str,
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The server has failed.
    #[error("cannot serve")]
    Serve(#[source] io::Error),
}

impl IntakeServer {
    /// Listens for HTTP, and for `DogStatsD` if there is an address for it. The port 0 means a free port.
    pub async fn listen(
        intake: Arc<Intake>,
        http: SocketAddr,
        dogstatsd: Option<SocketAddr>,
    ) -> Result<Self, ServeError> {
        let failed = |protocol, address| move |source| ServeError::Listen { protocol, address, source };
        let listener = TcpListener::bind(http).await.map_err(failed("TCP", http))?;
        let dogstatsd = match dogstatsd {
            Some(address) => Some(UdpSocket::bind(address).await.map_err(failed("UDP", address))?),
            None => None,
        };
        let (routes, hosts) = (Router::new(), Hosts::default());
        Ok(Self { intake, http: listener, dogstatsd, routes, hosts })
    }

    /// Adds routes, such as those of a page. They take precedence over the endpoints.
    #[must_use]
    pub fn with_routes(mut self, routes: Router) -> Self {
        self.routes = self.routes.merge(routes);
        self
    }

    /// Accepts requests with this name in the `Host` header, besides addresses and `localhost`.
    #[must_use]
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.hosts.0.push(name.into());
        self
    }

    /// Where it listens.
    pub fn addresses(&self) -> Result<Addresses, ServeError> {
        let http = self.http.local_addr().map_err(ServeError::Serve)?;
        let dogstatsd = self.dogstatsd.as_ref().map(UdpSocket::local_addr).transpose();
        Ok(Addresses { http, dogstatsd: dogstatsd.map_err(ServeError::Serve)? })
    }

    /// Serves until `stop` ends. Then no request is accepted any more. A request that has arrived may still be answered.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
        let Self { intake, http, dogstatsd, routes, hosts } = self;
        let shared = (Arc::clone(&intake), Arc::new(Semaphore::new(MAX_REQUESTS)));
        let app = routes
            .fallback_service(Router::new().fallback(answer).with_state(shared))
            .layer(middleware::from_fn_with_state(Arc::new(hosts), guard::check));
        tokio::select! {
            served = axum::serve(http, app) => served.map_err(ServeError::Serve),
            never = receive(&intake, dogstatsd) => match never {},
            never = tick(&intake) => match never {},
            () = stop => Ok(()),
        }
    }
}

async fn answer(
    State((intake, permits)): State<(Arc<Intake>, Arc<Semaphore>)>,
    request: extract::Request,
) -> Response {
    let Ok(_permit) = permits.acquire().await else {
        return error(503, "The intake stops").into_response();
    };
    match body::read(request).await {
        Ok(request) => intake.handle(&request).into_response(),
        Err(refusal) => refusal,
    }
}

/// Receives packets for ever.
async fn receive(intake: &Intake, socket: Option<UdpSocket>) -> std::convert::Infallible {
    let Some(socket) = socket else { return std::future::pending().await };
    let mut packet = vec![0; MAX_DATAGRAM_SIZE];
    loop {
        match socket.recv(&mut packet).await {
            Ok(length) => {
                if let Err(error) = intake.receive(&packet[..length]) {
                    tracing::error!("{}", error.with_cause());
                }
            }
            // One failure does not end the server.
            Err(error) => tracing::debug!("cannot receive a packet: {error}"),
        }
    }
}

/// Notifies the observer of received lines, and evaluates monitors, for ever.
async fn tick(intake: &Intake) -> std::convert::Infallible {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for number in 1_u64.. {
        ticks.tick().await;
        intake.notify_of_lines();
        if number.is_multiple_of(TICKS_PER_EVALUATION)
            && let Err(error) = intake.evaluate_monitors()
        {
            tracing::error!("{}", error.with_cause());
        }
    }
    std::future::pending().await
}
