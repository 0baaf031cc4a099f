//! What was recorded for one series. A handle keeps its series, so recording with it needs no look-up.

use std::{
    collections::BTreeSet,
    mem,
    sync::{
        Mutex, PoisonError,
        atomic::{
            AtomicBool, AtomicU64,
            Ordering::{Acquire, Relaxed},
        },
    },
    time::SystemTime,
};

use system_health_registry::{Distribution, Sample, SampleError, Tag};

/// A counter: the total since the series was created, or the total of another counter.
#[derive(Debug)]
pub(crate) struct CounterSeries {
    created: SystemTime,
    total: AtomicU64,
    /// Whether the total is that of another counter, such as one of the operating system. It is not known when that counter
    /// started.
    is_mirrored: AtomicBool,
}

/// A gauge: the last value.
#[derive(Debug)]
pub(crate) struct GaugeSeries {
    /// The bits of the value. NaN means that there is none yet.
    value: AtomicU64,
    /// The number of values since the last run that were NaN or infinite.
    refused: AtomicU64,
}

/// A distribution: the values since the last run.
#[derive(Debug)]
pub(crate) struct DistributionSeries(Mutex<Values>);

#[derive(Debug)]
struct Values {
    since: SystemTime,
    recorded: Distribution,
    /// The number of values that were NaN or infinite.
    refused: u64,
}

impl CounterSeries {
    pub(crate) fn new() -> Self {
        Self { created: SystemTime::now(), total: AtomicU64::new(0), is_mirrored: AtomicBool::new(false) }
    }

    /// Adds to the total, which stays at its maximum.
    pub(crate) fn add(&self, count: u64) {
        // The update cannot fail, because the closure always returns a value.
        let _ = self.total.fetch_update(Relaxed, Relaxed, |total| Some(total.saturating_add(count)));
    }

    /// Raises the total to that of another counter. A smaller value changes nothing.
    #[cfg(feature = "metrics")]
    pub(crate) fn raise_to(&self, total: u64) {
        self.is_mirrored.store(true, Relaxed);
        // A thread that sees this total also sees that it is mirrored.
        self.total.fetch_max(total, std::sync::atomic::Ordering::Release);
    }

    /// The total. A mirrored total has no start, so the first one is a baseline. With a start, all of it would count as an
    /// increase, and again after each restart of the program.
    pub(crate) fn sample(&self) -> Result<Sample, SampleError> {
        let total = Sample::new(self.total.load(Acquire))?;
        Ok(if self.is_mirrored.load(Relaxed) { total } else { total.with_start(self.created) })
    }
}

impl GaugeSeries {
    pub(crate) fn new() -> Self {
        Self { value: AtomicU64::new(f64::NAN.to_bits()), refused: AtomicU64::new(0) }
    }

    pub(crate) fn set(&self, value: f64) {
        if value.is_finite() {
            self.value.store(value.to_bits(), Relaxed);
        } else {
            self.refused.fetch_add(1, Relaxed);
        }
    }

    /// Adds to the value, which starts at zero.
    #[cfg(feature = "metrics")]
    pub(crate) fn add(&self, value: f64) {
        let add = |bits| {
            let before = f64::from_bits(bits);
            let after = if before.is_nan() { value } else { before + value };
            after.is_finite().then(|| after.to_bits())
        };
        if self.value.fetch_update(Relaxed, Relaxed, add).is_err() {
            self.refused.fetch_add(1, Relaxed);
        }
    }

    /// The last value, and the number of refused values since the last call. `None` if no value was set.
    pub(crate) fn take(&self) -> (Option<Sample>, u64) {
        let value = f64::from_bits(self.value.load(Relaxed));
        (Sample::new(value).ok(), self.refused.swap(0, Relaxed))
    }
}

impl DistributionSeries {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Values { since: SystemTime::now(), recorded: Distribution::new(), refused: 0 }))
    }

    pub(crate) fn record(&self, value: f64, count: u64) {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if values.recorded.record_many(value, count).is_err() {
            values.refused = values.refused.saturating_add(count);
        }
    }

    /// Takes the values since the last call, and the number of refused values. `None` if there are no values.
    pub(crate) fn take(&self, now: SystemTime) -> (Option<Sample>, u64) {
        let taken = {
            let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            mem::replace(&mut *values, Values { since: now, recorded: Distribution::new(), refused: 0 })
        };
        let Values { since, recorded, refused } = taken;
        ((!recorded.is_empty()).then(|| Sample::from(recorded).with_start(since)), refused)
    }
}

/// Adds the tags of a series to its sample.
pub(crate) fn tagged(mut sample: Sample, tags: &BTreeSet<Tag>) -> Result<Sample, SampleError> {
    for tag in tags {
        let (name, value) = tag.as_str().split_once(':').unwrap_or_default();
        sample = sample.with_tag(name, value)?;
    }
    Ok(sample)
}
