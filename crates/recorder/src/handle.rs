//! Handles of series. A handle is cheap to clone, and recording with it needs no look-up.

use std::sync::Arc;

use system_health_registry::SampleValue;

use crate::{
    refusals::Dropped,
    series::{CounterSeries, DistributionSeries, GaugeSeries},
};

/// A series, or the number of dropped values if the series is refused.
pub(crate) type Found<S> = Result<Arc<S>, Dropped>;

/// The handle of a counter, from [`Recorder::counter_handle`](crate::Recorder::counter_handle). What is recorded with the handle
/// of a refused series is dropped and counted.
#[derive(Debug, Clone)]
pub struct RecordedCounter(pub(crate) Found<CounterSeries>);

/// The handle of a gauge, from [`Recorder::gauge_handle`](crate::Recorder::gauge_handle). What is recorded with the handle of a
/// refused series is dropped and counted.
#[derive(Debug, Clone)]
pub struct RecordedGauge(pub(crate) Found<GaugeSeries>);

/// The handle of a distribution, from [`Recorder::distribution_handle`](crate::Recorder::distribution_handle). What is recorded
/// with the handle of a refused series is dropped and counted.
#[derive(Debug, Clone)]
pub struct RecordedDistribution(pub(crate) Found<DistributionSeries>);

impl RecordedCounter {
    /// Adds to the counter.
    pub fn add(&self, count: u64) {
        match &self.0 {
            Ok(series) => series.add(count),
            Err(dropped) => dropped.add(1),
        }
    }
}

impl RecordedGauge {
    /// Sets the value. NaN and infinities are refused and counted: they are failed items of the metric.
    pub fn set(&self, value: impl SampleValue) {
        match &self.0 {
            Ok(series) => series.set(value.into_f64()),
            Err(dropped) => dropped.add(1),
        }
    }
}

impl RecordedDistribution {
    /// Adds a value. NaN and infinities are refused and counted: they are failed items of the metric.
    pub fn record(&self, value: impl SampleValue) {
        self.record_many(value, 1);
    }

    /// Adds the same value `count` times.
    pub fn record_many(&self, value: impl SampleValue, count: u64) {
        match &self.0 {
            Ok(series) => series.record(value.into_f64(), count),
            Err(dropped) => dropped.add(count),
        }
    }
}
