//! Sends points in packets, and derives the fate of each point from those of its packets.

use std::mem;

use system_health_registry::{DeliveryError, Fate, Point, Settlement};
use tokio::time::Instant;

use crate::{
    address::Address,
    encoder::Encoder,
    packet::Packet,
    socket::{Socket, SocketError},
};

/// A delivery in progress.
pub(crate) struct PacketDelivery<'a> {
    address: &'a Address,
    encoder: &'a Encoder,
    deadline: Instant,
    socket: Option<Socket>,
    packet: Packet,
    /// The points that are complete once the packet is sent: the position of each point, and whether earlier packets contained
    /// some of its lines.
    complete: Vec<(usize, bool)>,
    fates: Vec<(usize, Fate)>,
    /// Why no more packets are sent.
    failure: Option<DeliveryError>,
}

/// Some packets with lines of a point were sent, and the next packet failed.
#[derive(Debug, thiserror::Error)]
#[error("some lines of a point were sent, but a later packet failed")]
struct Incomplete(#[source] DeliveryError);

impl<'a> PacketDelivery<'a> {
    /// A delivery that ends at the deadline.
    pub(crate) fn new(address: &'a Address, encoder: &'a Encoder, deadline: Instant) -> Self {
        let packet = Packet::new(encoder.max_length);
        let (complete, fates) = (Vec::new(), Vec::new());
        Self { address, encoder, deadline, socket: None, packet, complete, fates, failure: None }
    }

    /// Sends the points one after the other, until a packet fails. The remaining points are left.
    pub(crate) async fn deliver(mut self, points: &[Point]) -> Vec<Settlement> {
        for (position, point) in points.iter().enumerate() {
            if let Some(error) = &self.failure {
                self.fates.push((position, Fate::Left(error.clone())));
                continue;
            }
            match self.encoder.lines(point) {
                Ok(lines) => self.add(position, &lines).await,
                Err(error) => self.fates.push((position, Fate::Refused(DeliveryError::new(error)))),
            }
        }
        let _ = self.send_packet().await;
        settlements(self.fates)
    }

    /// Adds the lines of a point, and sends each packet that is full.
    async fn add(&mut self, position: usize, lines: &[String]) {
        let (mut is_partly_sent, mut is_in_packet) = (false, false);
        for line in lines {
            if !self.packet.has_room_for(line) {
                if let Err(fate) = self.send_packet().await {
                    let fate = match (is_partly_sent, is_in_packet) {
                        (true, _) => incomplete(fate),
                        (false, true) => fate,
                        (false, false) => not_sent(fate),
                    };
                    self.fates.push((position, fate));
                    return;
                }
                is_partly_sent |= is_in_packet;
            }
            self.packet.push(line);
            is_in_packet = true;
        }
        self.complete.push((position, is_partly_sent));
    }

    /// Sends the packet. If that fails, returns the fate of its lines.
    async fn send_packet(&mut self) -> Result<(), Fate> {
        let complete = mem::take(&mut self.complete);
        if self.packet.as_str().is_empty() {
            // If the packet is empty, these points have no lines, so nothing has to be sent.
            self.fates.extend(complete.into_iter().map(|(position, _)| (position, Fate::Accepted)));
            return Ok(());
        }
        let sent = self.send().await;
        self.packet.clear();
        let Err(error) = sent else {
            self.fates.extend(complete.into_iter().map(|(position, _)| (position, Fate::Accepted)));
            return Ok(());
        };
        let may_have_arrived = error.may_have_arrived();
        let error = DeliveryError::new(error);
        self.failure = Some(error.clone());
        let fate = if may_have_arrived { Fate::Unknown(error) } else { Fate::Left(error) };
        let fate_of = |is_partly_sent| if is_partly_sent { incomplete(fate.clone()) } else { fate.clone() };
        self.fates.extend(
            complete.into_iter().map(|(position, is_partly_sent)| (position, fate_of(is_partly_sent))),
        );
        Err(fate)
    }

    async fn send(&mut self) -> Result<(), SocketError> {
        let socket = match self.socket.take() {
            Some(socket) => socket,
            None => Socket::connect(self.address, self.deadline).await?,
        };
        let socket = self.socket.insert(socket);
        tracing::debug!(bytes = self.packet.as_str().len(), address = %self.address, "sending to the Agent");
        socket.send(self.packet.as_str().as_bytes(), self.address, self.deadline).await
    }
}

/// The fate of a point, if some of its lines were sent earlier.
fn incomplete(fate: Fate) -> Fate {
    match fate {
        Fate::Left(error) | Fate::Unknown(error) | Fate::Refused(error) => {
            Fate::Unknown(DeliveryError::new(Incomplete(error)))
        }
        accepted @ (Fate::Accepted | Fate::Repeated) => accepted,
    }
}

/// The fate of a point that had no line in the packet that failed.
fn not_sent(fate: Fate) -> Fate {
    match fate {
        Fate::Unknown(error) => Fate::Left(error),
        other => other,
    }
}

/// Settlements in the order of the points. Consecutive points share a settlement if all were
/// accepted, or if all were left.
fn settlements(mut fates: Vec<(usize, Fate)>) -> Vec<Settlement> {
    fates.sort_by_key(|(position, _)| *position);
    let mut settlements: Vec<Settlement> = Vec::new();
    for (position, fate) in fates {
        match (settlements.last_mut(), &fate) {
            (Some(Settlement { points, fate: Fate::Accepted }), Fate::Accepted)
            | (Some(Settlement { points, fate: Fate::Left(_) }), Fate::Left(_))
                if points.end == position =>
            {
                points.end += 1;
            }
            _ => settlements.push(Settlement { points: position..position + 1, fate }),
        }
    }
    settlements
}
