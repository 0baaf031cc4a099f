//! `report serve --check` tells whether the service on this machine is ready. It is for health checks in an image that contains
//! no other program.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use anyhow::Context as _;
use axum::body::{Body, to_bytes};
use hyper::{Request, StatusCode, client::conn::http1};
use hyper_util::rt::TokioIo;
use system_health_command::ExitStatus;
use tokio::{net::TcpStream, time::timeout};

/// The time in which the service must answer.
const TIMEOUT: Duration = Duration::from_secs(4);

/// Maximum size of an answer, in bytes. An answer is one sentence.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Asks the service that listens on an address. The status is 0 if the service is ready. If it is not, the reason is logged, and
/// the status is 1.
pub(crate) async fn check(listen: SocketAddr) -> anyhow::Result<ExitStatus> {
    let address = SocketAddr::new(reachable(listen.ip()), listen.port());
    let asked = timeout(TIMEOUT, ask(address)).await;
    let answered = asked.unwrap_or_else(|_| Err(anyhow::anyhow!("there was no answer within {TIMEOUT:?}")));
    match answered.with_context(|| format!("cannot ask the service at http://{address}")) {
        Ok((StatusCode::OK, _)) => Ok(ExitStatus::Done),
        Ok((_, reason)) => {
            tracing::error!("{reason}");
            Ok(ExitStatus::Different)
        }
        Err(error) => {
            tracing::error!("{error:#}");
            Ok(ExitStatus::Different)
        }
    }
}

/// A service that listens on all addresses can be reached on the loopback address.
fn reachable(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
}

async fn ask(address: SocketAddr) -> anyhow::Result<(StatusCode, String)> {
    let stream = TokioIo::new(TcpStream::connect(address).await?);
    let (mut sender, connection) = http1::handshake(stream).await?;
    let connection = tokio::spawn(connection);
    let request = Request::get("/readyz").header("Host", address.to_string()).body(Body::empty())?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = to_bytes(Body::new(response.into_body()), MAX_ANSWER_BYTES).await?;
    connection.abort();
    Ok((status, String::from_utf8_lossy(&body).trim().to_owned()))
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn a_service_on_all_addresses_is_asked_on_this_machine() {
        for (listen, asked) in
            [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("127.0.0.1", "127.0.0.1"), ("10.0.0.7", "10.0.0.7")]
        {
            let listen: IpAddr = listen.parse().unwrap();
            assert_eq!(reachable(listen).to_string(), asked);
        }
    }
}
