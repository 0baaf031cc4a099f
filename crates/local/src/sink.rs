//! The sink. A line that is written twice is there twice, so what may have been written is not written again.

use futures::{
    StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use system_health_registry::{DeliveryError, Event, Fate, Point, Settlement, Sink};
use tokio::{
    task::spawn_blocking,
    time::{Instant, timeout_at},
};

use crate::{
    line::Line,
    output::{Output, OutputError},
};

/// Writes to an output.
#[derive(Debug)]
pub(crate) struct LocalSink {
    output: Output,
}

/// A value that JSON cannot express.
#[derive(Debug, thiserror::Error)]
#[error("the value of `{key}` is {value}, which is no finite number")]
struct NotFinite {
    key: String,
    value: f64,
}

impl LocalSink {
    pub(crate) fn new(output: Output) -> Self {
        Self { output }
    }

    async fn settle(&self, points: &[Point], deadline: Instant) -> Vec<Settlement> {
        let mut settlements = Vec::new();
        let mut lines = Vec::new();
        for (position, point) in points.iter().enumerate() {
            // Only a value that is no number has no line.
            if !point.value.is_finite() || Line::from(point).write_to(&mut lines).is_err() {
                let error = NotFinite { key: point.key.clone(), value: point.value };
                let fate = Fate::Refused(DeliveryError::new(error));
                settlements.push(Settlement { points: position..position + 1, fate });
            }
        }
        let fate = self.write(lines, deadline).await;
        // The others lie between those that are refused.
        let refused: Vec<usize> = settlements.iter().map(|settlement| settlement.points.start).collect();
        let starts = std::iter::once(0).chain(refused.iter().map(|position| position + 1));
        let ends = refused.iter().copied().chain([points.len()]);
        let ranges = starts.zip(ends).filter(|(start, end)| start < end);
        settlements.extend(ranges.map(|(start, end)| Settlement { points: start..end, fate: fate.clone() }));
        settlements
    }

    /// Writes lines. Nobody may read a pipe, so this ends at the deadline.
    async fn write(&self, lines: Vec<u8>, deadline: Instant) -> Fate {
        let output = self.output.clone();
        let writing = spawn_blocking(move || output.write(&lines));
        match timeout_at(deadline, writing).await {
            Ok(Ok(Ok(()))) => Fate::Accepted,
            Ok(Ok(Err(error @ OutputError::NotWritten { .. }))) => Fate::Left(DeliveryError::new(error)),
            Ok(Ok(Err(error))) => Fate::Unknown(DeliveryError::new(error)),
            Ok(Err(error)) => Fate::Unknown(DeliveryError::new(error)),
            Err(_) => Fate::Unknown(DeliveryError::new(format!(
                "nobody read {} before the run's deadline",
                self.output
            ))),
        }
    }
}

impl Sink for LocalSink {
    fn check(&self, _deadline: Instant) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Box::pin(async {
            let output = self.output.clone();
            let tried = spawn_blocking(move || output.try_open()).await.map_err(DeliveryError::new)?;
            tried.map_err(DeliveryError::new)
        })
    }

    fn deliver<'a>(&'a self, points: &'a [Point], deadline: Instant) -> BoxStream<'a, Settlement> {
        stream::once(self.settle(points, deadline)).flat_map(stream::iter).boxed()
    }

    fn announce<'a>(&'a self, event: &'a Event, deadline: Instant) -> BoxFuture<'a, Fate> {
        Box::pin(async move {
            let mut line = Vec::new();
            match Line::from(event).write_to(&mut line) {
                Ok(()) => self.write(line, deadline).await,
                Err(error) => Fate::Refused(DeliveryError::new(error)),
            }
        })
    }
}
