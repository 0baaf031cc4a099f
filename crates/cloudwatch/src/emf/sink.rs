//! Writes documents to the standard output. CloudWatch would count a repeated document twice, so documents that may have been
//! written are not written again.

use futures::{
    StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use system_health_registry::{DeliveryError, Event, Fate, Point, Settlement, Sink, StandardOutput};
use tokio::{
    task::spawn_blocking,
    time::{Instant, timeout_at},
};

use super::document::{Document, Documents};
use crate::namespace::Namespace;

/// Writes documents.
#[derive(Debug)]
pub(crate) struct EmfSink {
    namespace: Namespace,
    stdout: StandardOutput,
}

/// Why documents were not written, or not all of them.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error("cannot write the points as JSON")]
    Json(#[from] serde_json::Error),
    #[error("no time was left to write to the standard output before the run's deadline")]
    TooLate,
    #[error(
        "writing to the standard output was not finished at the run's deadline; does a process read from it?"
    )]
    Unfinished,
    #[error("cannot write to the standard output, and some lines may have been written")]
    Failed(#[from] std::io::Error),
    #[error("writing to the standard output was interrupted")]
    Interrupted(#[from] tokio::task::JoinError),
}

impl EmfSink {
    pub(crate) fn new(namespace: Namespace, stdout: StandardOutput) -> Self {
        Self { namespace, stdout }
    }

    async fn settle(&self, points: &[Point], deadline: Instant) -> Vec<Settlement> {
        let Documents { documents, refused } = Documents::from_points(&self.namespace, points);
        let written = match lines(documents) {
            Ok(lines) => self.write(lines, deadline).await,
            Err(error) => Err(error.into()),
        };
        let fate = match written {
            Ok(()) => Fate::Accepted,
            Err(error @ (WriteError::Json(_) | WriteError::TooLate)) => Fate::Left(DeliveryError::new(error)),
            Err(error) => Fate::Unknown(DeliveryError::new(error)),
        };
        let mut settlements = Vec::new();
        let mut start = 0;
        for settlement in refused {
            settlements.push(Settlement { points: start..settlement.points.start, fate: fate.clone() });
            start = settlement.points.end;
            settlements.push(settlement);
        }
        settlements.push(Settlement { points: start..points.len(), fate });
        settlements.retain(|settlement| !settlement.points.is_empty());
        settlements
    }

    /// Waits only until the deadline, because writing to a pipe does not end if no process reads from it.
    async fn write(&self, lines: Vec<u8>, deadline: Instant) -> Result<(), WriteError> {
        if Instant::now() >= deadline {
            return Err(WriteError::TooLate);
        }
        let stdout = self.stdout.clone();
        let writing = spawn_blocking(move || stdout.write_all(&lines));
        Ok(timeout_at(deadline, writing).await.map_err(|_| WriteError::Unfinished)???)
    }
}

/// One line for each document.
fn lines(documents: Vec<Document<'_>>) -> serde_json::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for document in documents {
        serde_json::to_writer(&mut lines, &document)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

impl Sink for EmfSink {
    fn check(&self, _deadline: Instant) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Box::pin(async { Ok(()) })
    }

    fn deliver<'a>(&'a self, points: &'a [Point], deadline: Instant) -> BoxStream<'a, Settlement> {
        stream::once(self.settle(points, deadline)).flat_map(stream::iter).boxed()
    }

    fn announce<'a>(&'a self, _event: &'a Event, _deadline: Instant) -> BoxFuture<'a, Fate> {
        Box::pin(async { Fate::Refused(DeliveryError::new("CloudWatch does not accept events")) })
    }
}
