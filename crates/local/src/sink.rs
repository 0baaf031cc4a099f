//! The sink. A reader would count a repeated line twice, so lines that may have been written are not written again.

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

use crate::{
    json_line::JsonLine,
    output::{LocalOutput, LocalOutputError},
};

/// Writes to an output.
#[derive(Debug)]
pub(crate) struct LocalSink {
    output: LocalOutput,
    stdout: StandardOutput,
}

/// There was no time to write, so nothing was written.
#[derive(Debug, thiserror::Error)]
#[error("no time was left to write to {output} before the run's deadline")]
struct TooLate {
    output: LocalOutput,
}

/// Some lines may have been written.
#[derive(Debug, thiserror::Error)]
#[error("writing to {output} was not finished at the run's deadline{}", self.hint())]
struct Unfinished {
    output: LocalOutput,
}

impl Unfinished {
    fn hint(&self) -> &'static str {
        if self.output.needs_reader() { "; does a process read from it?" } else { "" }
    }
}

impl LocalSink {
    pub(crate) fn new(output: LocalOutput, stdout: StandardOutput) -> Self {
        Self { output, stdout }
    }

    async fn settle(&self, points: &[Point], deadline: Instant) -> Vec<Settlement> {
        let mut settlements = Vec::new();
        let mut lines = Vec::new();
        for (position, point) in points.iter().enumerate() {
            let written = JsonLine::try_from(point)
                .map_err(DeliveryError::new)
                .and_then(|line| line.write_to(&mut lines).map_err(DeliveryError::new));
            if let Err(error) = written {
                let fate = Fate::Refused(error);
                settlements.push(Settlement { points: position..position + 1, fate });
            }
        }
        let fate = self.write(lines, deadline).await;
        // All points between the refused ones have the same fate.
        let refused: Vec<usize> = settlements.iter().map(|settlement| settlement.points.start).collect();
        let starts = std::iter::once(0).chain(refused.iter().map(|position| position + 1));
        let ends = refused.iter().copied().chain([points.len()]);
        let ranges = starts.zip(ends).filter(|(start, end)| start < end);
        settlements.extend(ranges.map(|(start, end)| Settlement { points: start..end, fate: fate.clone() }));
        settlements
    }

    /// Writes lines, but waits only until the deadline, because a pipe may have no reader and a disk may hang.
    async fn write(&self, lines: Vec<u8>, deadline: Instant) -> Fate {
        if Instant::now() >= deadline {
            return Fate::Left(DeliveryError::new(TooLate { output: self.output.clone() }));
        }
        let (output, stdout) = (self.output.clone(), self.stdout.clone());
        let writing = spawn_blocking(move || output.write(&lines, &stdout));
        match timeout_at(deadline, writing).await {
            Ok(Ok(Ok(()))) => Fate::Accepted,
            Ok(Ok(Err(error @ LocalOutputError::NotWritten { .. }))) => Fate::Left(DeliveryError::new(error)),
            Ok(Ok(Err(error))) => Fate::Unknown(DeliveryError::new(error)),
            Ok(Err(error)) => Fate::Unknown(DeliveryError::new(error)),
            Err(_) => Fate::Unknown(DeliveryError::new(Unfinished { output: self.output.clone() })),
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
            match JsonLine::from(event).write_to(&mut line) {
                Ok(()) => self.write(line, deadline).await,
                Err(error) => Fate::Refused(DeliveryError::new(error)),
            }
        })
    }
}
