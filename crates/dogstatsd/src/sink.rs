//! Sends points and events. Each delivery opens its own socket, so it finds an Agent that was restarted.

use futures::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use system_health_registry::{DeliveryError, Event, Fate, Point, Settlement, Sink};
use tokio::time::Instant;

use crate::{address::Address, delivery::PacketDelivery, encoder::Encoder, socket::Socket};

/// Sends to an Agent.
#[derive(Debug)]
pub(crate) struct DogStatsdSink {
    pub(crate) address: Address,
    pub(crate) encoder: Encoder,
}

impl Sink for DogStatsdSink {
    fn check(&self, deadline: Instant) -> BoxFuture<'_, Result<(), DeliveryError>> {
        async move { Socket::connect(&self.address, deadline).await.map(drop).map_err(DeliveryError::new) }
            .boxed()
    }

    fn deliver<'a>(&'a self, points: &'a [Point], deadline: Instant) -> BoxStream<'a, Settlement> {
        let delivery = PacketDelivery::new(&self.address, &self.encoder, deadline);
        stream::once(delivery.deliver(points)).flat_map(stream::iter).boxed()
    }

    fn announce<'a>(&'a self, event: &'a Event, deadline: Instant) -> BoxFuture<'a, Fate> {
        async move {
            let line = match self.encoder.event(event) {
                Ok(line) => line,
                Err(error) => return Fate::Refused(DeliveryError::new(error)),
            };
            let sent = async {
                let socket = Socket::connect(&self.address, deadline).await?;
                socket.send(line.as_bytes(), &self.address, deadline).await
            };
            match sent.await {
                Ok(()) => Fate::Accepted,
                Err(error) if error.may_have_arrived() => Fate::Unknown(DeliveryError::new(error)),
                Err(error) => Fate::Left(DeliveryError::new(error)),
            }
        }
        .boxed()
    }
}
