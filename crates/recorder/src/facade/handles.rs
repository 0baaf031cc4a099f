//! The handles with which the macros of the crate `metrics` record.

use metrics::{CounterFn, GaugeFn, HistogramFn};

use crate::{
    refusals::Dropped,
    series::{CounterSeries, DistributionSeries, GaugeSeries},
};

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

// The handle of a refused series counts what it drops.

impl CounterFn for Dropped {
    fn increment(&self, _value: u64) {
        self.add(1);
    }

    fn absolute(&self, _value: u64) {
        self.add(1);
    }
}

impl GaugeFn for Dropped {
    fn increment(&self, _value: f64) {
        self.add(1);
    }

    fn decrement(&self, _value: f64) {
        self.add(1);
    }

    fn set(&self, _value: f64) {
        self.add(1);
    }
}

impl HistogramFn for Dropped {
    fn record(&self, _value: f64) {
        self.add(1);
    }

    fn record_many(&self, _value: f64, count: usize) {
        self.add(u64::try_from(count).unwrap_or(u64::MAX));
    }
}
