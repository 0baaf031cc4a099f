//! The socket to the Agent. A packet has no response, so an error of the socket is all that a sender learns.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tokio::{
    net::{UdpSocket, UnixDatagram, lookup_host},
    time::{Instant, timeout, timeout_at},
};

use crate::address::Address;

/// How long to wait for the message that nobody listens on a UDP port. On the same machine, it arrives at once.
const PROBE_TIME: Duration = Duration::from_millis(50);

/// A connected socket.
#[derive(Debug)]
pub(crate) enum Socket {
    /// To a host, whose address says whether it is this machine.
    Udp(UdpSocket, IpAddr),
    /// To a socket file.
    Unix(UnixDatagram),
}

/// Why connecting or sending failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SocketError {
    #[error(
        "cannot reach the Agent at {address}; check `address`, or `host` and `port`, in [dogstatsd], and that the Agent's \
         DogStatsD is on"
    )]
    Connect { address: Address, source: io::Error },
    #[error("the host of {address} has no IP address")]
    NoAddress { address: Address },
    #[error("the Agent at {address} does not take packets: its queue is full")]
    Full { address: Address },
    #[error("a packet was not sent to {address}")]
    Send { address: Address, source: io::Error },
    /// The message that nobody listens came after the packet was sent, and may be about an earlier packet.
    #[error("possibly nobody listened at {address}")]
    Rejected { address: Address, source: io::Error },
    #[error("no time was left to send to {address} before the deadline")]
    TooLate { address: Address },
}

impl SocketError {
    /// Whether the packet may have arrived.
    pub(crate) fn may_have_arrived(&self) -> bool {
        matches!(self, Self::Rejected { .. })
    }
}

impl Socket {
    /// Connects, and finds out whether somebody listens, as far as that can be known.
    pub(crate) async fn connect(address: &Address, deadline: Instant) -> Result<Self, SocketError> {
        let connect = async {
            match address {
                Address::Unix(path) => {
                    let socket = UnixDatagram::unbound()?;
                    socket.connect(path)?;
                    Ok(Some(Self::Unix(socket)))
                }
                Address::Udp(host, port) => {
                    let peers: Vec<SocketAddr> = lookup_host((host.as_str(), *port)).await?.collect();
                    connect_to_any(&peers).await
                }
            }
        };
        let address = address.clone();
        match timeout_at(deadline, connect).await {
            Ok(Ok(Some(socket))) => Ok(socket),
            Ok(Ok(None)) => Err(SocketError::NoAddress { address }),
            Ok(Err(source)) => Err(SocketError::Connect { address, source }),
            Err(_) => Err(SocketError::TooLate { address }),
        }
    }

    /// Sends a packet. Waits while the Agent's queue is full.
    pub(crate) async fn send(
        &self,
        packet: &[u8],
        address: &Address,
        deadline: Instant,
    ) -> Result<(), SocketError> {
        let address = || address.clone();
        if Instant::now() >= deadline {
            return Err(SocketError::TooLate { address: address() });
        }
        let send = async {
            match self {
                Self::Udp(socket, _) => socket.send(packet).await,
                Self::Unix(socket) => socket.send(packet).await,
            }
        };
        match timeout_at(deadline, send).await {
            Ok(Ok(_)) => {}
            Ok(Err(source)) => return Err(SocketError::Send { address: address(), source }),
            Err(_) => return Err(SocketError::Full { address: address() }),
        }
        match self {
            // On this machine, the message about a packet comes before the next packet is sent. So the error is
            // about this packet.
            Self::Udp(socket, peer) => match socket.take_error() {
                Ok(None) => Ok(()),
                Ok(Some(source)) | Err(source) if peer.is_loopback() => {
                    Err(SocketError::Send { address: address(), source })
                }
                Ok(Some(source)) | Err(source) => Err(SocketError::Rejected { address: address(), source }),
            },
            Self::Unix(_) => Ok(()),
        }
    }
}

/// Tries the addresses of a host until one works. `localhost` often has an IPv6 address first, and the Agent may listen only on
/// IPv4. Fails with the last error. `None` if there is no address.
async fn connect_to_any(peers: &[SocketAddr]) -> io::Result<Option<Socket>> {
    let mut result = Ok(None);
    for &peer in peers {
        match connect_to(peer).await {
            Ok(socket) => return Ok(Some(Socket::Udp(socket, peer.ip()))),
            Err(error) => result = Err(error),
        }
    }
    result
}

async fn connect_to(peer: SocketAddr) -> io::Result<UdpSocket> {
    let local: IpAddr = match peer {
        SocketAddr::V4(_) => [0; 4].into(),
        SocketAddr::V6(_) => [0_u16; 8].into(),
    };
    let socket = UdpSocket::bind((local, 0)).await?;
    socket.connect(peer).await?;
    probe(&socket).await?;
    Ok(socket)
}

/// Sends an empty packet, which the Agent ignores, and waits briefly for the message that nobody listens.
async fn probe(socket: &UdpSocket) -> io::Result<()> {
    socket.send(&[]).await?;
    match timeout(PROBE_TIME, socket.recv(&mut [0])).await {
        Ok(Err(error)) => Err(error),
        // An Agent does not respond. If there is a response, somebody listens.
        Ok(Ok(_)) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn listener() -> (UdpSocket, SocketAddr) {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        (socket, address)
    }

    #[tokio::test]
    async fn further_addresses_of_a_host_are_tried() {
        let (agent, listening) = listener().await;
        let (other, unused) = listener().await;
        drop(other);

        let connected = connect_to_any(&[unused, listening]).await.unwrap();

        let Some(Socket::Udp(socket, _)) = connected else { panic!("{connected:?}") };
        assert_eq!(socket.peer_addr().unwrap(), listening);
        drop(agent);
        let refused = connect_to_any(&[unused, listening]).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        assert!(connect_to_any(&[]).await.unwrap().is_none());
    }
}
