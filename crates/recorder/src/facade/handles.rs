//! Handles for the macros.

use metrics::{CounterFn, GaugeFn, HistogramFn};

use crate::series::{CounterSeries, DistributionSeries, GaugeSeries};

impl CounterFn for CounterSeries {
    fn increment(&self, value: u64) {
        self.add(value);
    }

    fn absolute(&self, value: u64) {
        self.raise_to(value);
    }
}

impl GaugeFn for GaugeSeries {
    fn increment(&self, value: f64) {
        self.add(value);
    }

    fn decrement(&self, value: f64) {
        self.add(-value);
    }

    fn set(&self, value: f64) {
        Self::set(self, value);
    }
}

impl HistogramFn for DistributionSeries {
    fn record(&self, value: f64) {
        Self::record(self, value, 1);
    }

    fn record_many(&self, value: f64, count: usize) {
        Self::record(self, value, u64::try_from(count).unwrap_or(u64::MAX));
    }
}
