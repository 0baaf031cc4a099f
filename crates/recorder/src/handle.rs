//! Handles of series. A handle is cheap to clone, and recording with it needs no look-up.

use std::sync::Arc;

use system_health_registry::SampleValue;

use crate::series::{CounterSeries, DistributionSeries, GaugeSeries};

/// The handle of a counter, from [`Recorder::counter_handle`](crate::Recorder::counter_handle). What is recorded with the handle
/// of a refused series is dropped.
#[derive(Debug, Clone)]
pub struct RecordedCounter(pub(crate) Arc<CounterSeries>);

/// The handle of a gauge, from [`Recorder::gauge_handle`](crate::Recorder::gauge_handle).
#[derive(Debug, Clone)]
pub struct RecordedGauge(pub(crate) Arc<GaugeSeries>);

/// The handle of a distribution, from [`Recorder::distribution_handle`](crate::Recorder::distribution_handle).
#[derive(Debug, Clone)]
pub struct RecordedDistribution(pub(crate) Arc<DistributionSeries>);

impl RecordedCounter {
    /// Adds to the counter.
    pub fn add(&self, count: u64) {
        self.0.add(count);
    }
}

impl RecordedGauge {
    /// Sets the value.
    pub fn set(&self, value: impl SampleValue) {
        self.0.set(value.into_f64());
    }
}

impl RecordedDistribution {
    /// Adds a value. NaN and infinities are refused and counted: they are failed items of the metric.
    pub fn record(&self, value: impl SampleValue) {
        self.0.record(value.into_f64(), 1);
    }

    /// Adds the same value several times.
    pub fn record_many(&self, value: impl SampleValue, count: u64) {
        self.0.record(value.into_f64(), count);
    }
}
