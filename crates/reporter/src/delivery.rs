//! What a run did with its report at one destination.

use std::sync::Arc;

use system_health_registry::Report;

use crate::{DeliveryStatus, Receipt};

/// A run that is over.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Finished {
    /// What was collected.
    pub report: Arc<Report>,
    /// What became of it, for each destination.
    pub deliveries: Vec<Delivery>,
    /// Whether state should have been kept and could not be.
    pub state_is_unusable: bool,
}

/// What became of a report at one destination.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Delivery {
    /// The name of the sink, such as `datadog`.
    pub sink: &'static str,
    /// What tells the destination from others of the sink.
    pub address: String,
    /// How it ended.
    pub result: DeliveryResult,
}

/// How a delivery ended.
#[derive(Debug, Clone)]
pub enum DeliveryResult {
    /// It was tried.
    Pushed(Receipt),
    /// Nothing was sent.
    DryRun(Preview),
}

/// What would be delivered.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Preview {
    /// The number of series.
    pub series: usize,
    /// Them, in the form that the destination gets.
    pub payload: serde_json::Value,
    /// The events, in the same form.
    pub events: Vec<serde_json::Value>,
}

impl Finished {
    /// Whether all destinations took everything.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        !self.deliveries.iter().any(Delivery::failed)
    }
}

impl Delivery {
    /// Whether something did not get out.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.receipt().is_some_and(|receipt| receipt.success() != DeliveryStatus::Accepted)
    }

    /// The receipt, if a delivery was tried.
    #[must_use]
    pub fn receipt(&self) -> Option<&Receipt> {
        match &self.result {
            DeliveryResult::Pushed(receipt) => Some(receipt),
            DeliveryResult::DryRun(_) => None,
        }
    }
}
