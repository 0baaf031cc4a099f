//! What becomes of a report: delivered, refused, or only shown.

use std::time::Duration;

use system_health_registry::{Report, Sink, Unavailable};
use tokio::time::{Instant, timeout_at};

const DATADOG: &str = "datadog";

/// What one sink did with a report.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// The sink's name.
    pub(crate) sink: &'static str,
    /// What became of the report there.
    pub(crate) fate: Fate,
}

/// How a delivery ended.
#[derive(Debug)]
pub(crate) enum Fate {
    /// The sink took it.
    Accepted {
        /// The number of series.
        series: usize,
    },
    /// The sink did not take it.
    Failed {
        /// Why, with all causes.
        error: String,
    },
    /// Nothing was sent.
    DryRun {
        /// The number of series.
        series: usize,
        /// What would be sent.
        payload: serde_json::Value,
    },
}

impl Delivery {
    /// Whether the report did not get out.
    pub(crate) fn failed(&self) -> bool {
        matches!(self.fate, Fate::Failed { .. })
    }

    /// A delivery that is only shown.
    pub(crate) fn dry_run(payload: serde_json::Value, report: &Report) -> Self {
        Self { sink: DATADOG, fate: Fate::DryRun { series: report.series().count(), payload } }
    }
}

/// Delivers a report until the deadline at the latest.
pub(crate) async fn deliver(
    sink: Result<Box<dyn Sink>, Unavailable>,
    report: &Report,
    deadline: Instant,
) -> Delivery {
    let fate = match sink {
        Err(unavailable) => Fate::Failed { error: unavailable.to_string() },
        Ok(sink) => match timeout_at(deadline, sink.deliver(report)).await {
            Ok(Ok(receipt)) => Fate::Accepted { series: receipt.series },
            Ok(Err(error)) => Fate::Failed { error: error.to_string() },
            Err(_) => Fate::Failed { error: "no answer before the run's deadline".to_owned() },
        },
    };
    Delivery { sink: DATADOG, fate }
}

/// How much of a run's time is kept for delivery: a fifth, but no more than half a minute.
pub(crate) fn reserve(deadline: Duration) -> Duration {
    (deadline / 5).min(Duration::from_secs(30))
}
