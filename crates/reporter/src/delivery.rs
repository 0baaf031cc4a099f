//! The results of a run.

use std::sync::Arc;

use system_health_registry::{Event, Report, trace::Trace};

use crate::{DeliveryStatus, Receipt, UnmatchedPattern};

/// A finished run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FinishedRun {
    /// The collected outcomes, with tags and timestamp.
    pub report: Arc<Report>,
    /// The metrics about the reporter itself, if the run delivers and they are enabled. A run that was interrupted, or whose
    /// collection was ended early, has none.
    pub self_metrics_report: Option<Arc<Report>>,
    /// The reporter's name, if the run delivers or previews.
    pub reporter_name: Option<String>,
    /// The deliveries, one for each destination.
    pub deliveries: Vec<Delivery>,
    /// The events that collectors have attached, sorted by time, with the tags of the report. They are included even if
    /// they are not sent to any destination.
    pub events: Vec<Event>,
    /// The patterns of the selection and the settings that match no metric. They are known only if all sources have returned
    /// their metrics, and each is returned by only one run of a reporter.
    pub unmatched: Vec<UnmatchedPattern>,
    /// Whether state should have been kept, but could not be.
    pub state_is_unusable: bool,
    /// The trace of the run, if spans were collected.
    pub trace: Option<Arc<Trace>>,
}

/// A delivery to one destination, or its preview.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Delivery {
    /// The name of the sink, such as `datadog`.
    pub sink: &'static str,
    /// The address, which distinguishes the destination from others of the same sink.
    pub address: String,
    /// The result.
    pub result: DeliveryResult,
}

/// The result of a delivery.
#[derive(Debug, Clone)]
pub enum DeliveryResult {
    /// A delivery was attempted.
    Pushed(Receipt),
    /// Nothing was sent.
    DryRun(Preview),
    /// The run was interrupted before the delivery had finished.
    Interrupted {
        /// Whether the points that were not delivered wait in the outbox for the next run. Otherwise they are lost.
        kept: bool,
    },
}

/// A preview of a delivery.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Preview {
    /// The number of series of this run.
    pub series: usize,
    /// The number of series about the reporter itself.
    pub self_metrics: usize,
    /// All these series in the format of the destination.
    pub payload: serde_json::Value,
    /// The events in the same format.
    pub events: Vec<serde_json::Value>,
}

impl FinishedRun {
    /// Whether no delivery has failed. This is also true if the run does not deliver.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        !self.deliveries.iter().any(Delivery::has_failed)
    }
}

impl Delivery {
    /// Whether a push did not deliver everything to the destination.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        match &self.result {
            DeliveryResult::Pushed(receipt) => receipt.status() != DeliveryStatus::Accepted,
            DeliveryResult::DryRun(_) => false,
            DeliveryResult::Interrupted { .. } => true,
        }
    }

    /// The receipt, if a delivery was attempted and not interrupted.
    #[must_use]
    pub fn receipt(&self) -> Option<&Receipt> {
        match &self.result {
            DeliveryResult::Pushed(receipt) => Some(receipt),
            DeliveryResult::DryRun(_) | DeliveryResult::Interrupted { .. } => None,
        }
    }
}
