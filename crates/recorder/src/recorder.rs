//! Finds the series of a value, and makes the readings of a run.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::SystemTime,
};

use system_health_registry::{
    DescribedReading, Facts, ItemError, Kind, Reading, Sample, SampleValue, Source, Tag, TagError,
    Unavailable, location,
};

use crate::{
    handle::{Found, RecordedCounter, RecordedDistribution, RecordedGauge},
    refusals::{Dropped, Refusals},
    series::{CounterSeries, DistributionSeries, GaugeSeries, tagged},
};

/// Default maximum number of series of a recorder.
pub const DEFAULT_MAX_SERIES: usize = 10_000;

/// The key of the metric for refused values whose own metric has no room. The refused values are its failed items.
const REFUSED_KEY: &str = "recorder.refused";

/// Why NaN and infinities are refused.
const NOT_FINITE: &str = "a value must be a finite number";

/// Records values from any thread, and keeps a total, the last value or a distribution for each series. Cheap to clone.
///
/// | | what a run reports | without new values |
/// |---|---|---|
/// | [`count`](Self::count) | a counter: the total since the first value | the same total |
/// | [`gauge`](Self::gauge) | the last value | the same value |
/// | [`record`](Self::record) | the [distribution](system_health_registry::Distribution) of the values since the previous run | no data |
///
/// A value that cannot be recorded, for example because there are too many series, is dropped and counted. The reason and the
/// number of such values are a failed item of the metric in the next run. If there is no room for the metric either, they are a
/// failed item of the metric `recorder.refused`, which exists only in this case.
///
/// These methods look up the series for each value. Where that is too slow, keep a [handle](Self::counter_handle).
///
/// Every run takes the values of the distributions, even a run that does not deliver.
#[derive(Clone)]
pub struct Recorder(Arc<RwLock<Recorded>>);

struct Recorded {
    /// The metrics that have a series or a description, or of which a value was refused. A metric without a series is added only
    /// while there are fewer than `max_series` metrics. So there are never more than `2 * max_series` metrics.
    metrics: BTreeMap<String, RecordedMetric>,
    /// The number of series of all metrics.
    series_count: usize,
    max_series: usize,
    /// The refused values of metrics for which there is no room. A library may make a new key from each id that it sees.
    refusals: Refusals,
}

struct RecordedMetric {
    facts: Facts,
    series: Option<AllSeries>,
    refusals: Refusals,
}

/// The series of a metric by their tags. The first value determines the kind.
pub(crate) enum AllSeries {
    Counters(HashMap<BTreeSet<Tag>, Arc<CounterSeries>>),
    Gauges(HashMap<BTreeSet<Tag>, Arc<GaugeSeries>>),
    Distributions(HashMap<BTreeSet<Tag>, Arc<DistributionSeries>>),
}

/// Why a value was not recorded.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(
        "the {max} series of the recorder are used up, so that there is none for [{tags}]; use tags with fewer values, or raise \
         the maximum with `Recorder::with_max_series`"
    )]
    Full { max: usize, tags: String },
    #[error("its values were recorded as a {first} before, and as a {now} now")]
    Kind { first: &'static str, now: &'static str },
    #[error(transparent)]
    Tag(#[from] TagError),
}

/// A type of series.
pub(crate) trait SeriesType: Sized {
    const KIND: Kind;
    fn new() -> Self;
    fn empty() -> AllSeries;
    fn find(series: &AllSeries) -> Option<&HashMap<BTreeSet<Tag>, Arc<Self>>>;
    fn find_mut(series: &mut AllSeries) -> Option<&mut HashMap<BTreeSet<Tag>, Arc<Self>>>;
}

impl Recorder {
    /// A recorder for at most [`DEFAULT_MAX_SERIES`] series.
    #[must_use]
    pub fn new() -> Self {
        Self::with_max_series(DEFAULT_MAX_SERIES)
    }

    /// A recorder for at most this number of series, and as many metrics without a series. Each series or metric takes a few
    /// hundred bytes, and a distribution at most 66 KiB more.
    #[must_use]
    pub fn with_max_series(max_series: usize) -> Self {
        let (metrics, refusals) = (BTreeMap::new(), Refusals::default());
        Self(Arc::new(RwLock::new(Recorded { metrics, series_count: 0, max_series, refusals })))
    }

    /// Describes a metric: what it measures, its unit and its tags. The kind of the facts is ignored, because the values
    /// determine it. A metric without facts has a general description. If there is no room for the metric, its facts are dropped.
    pub fn describe(&self, facts: Facts) {
        if let Some(metric) = self.write().get_or_add_metric_if_room(facts.key()) {
            metric.facts = facts;
        }
    }

    /// Adds to a counter.
    pub fn count(&self, key: &str, tags: &[(&str, &str)], count: u64) {
        self.counter_handle(key, tags).add(count);
    }

    /// Sets a gauge.
    pub fn gauge(&self, key: &str, tags: &[(&str, &str)], value: impl SampleValue) {
        self.gauge_handle(key, tags).set(value);
    }

    /// Adds a value to a distribution.
    pub fn record(&self, key: &str, tags: &[(&str, &str)], value: impl SampleValue) {
        self.distribution_handle(key, tags).record(value);
    }

    /// The handle of a counter. If the series is refused, what the handle records is dropped, and each run says how often that
    /// happened, and why.
    #[must_use]
    pub fn counter_handle(&self, key: &str, tags: &[(&str, &str)]) -> RecordedCounter {
        RecordedCounter(self.find_or_create(key, tags))
    }

    /// The handle of a gauge. If the series is refused, what the handle records is dropped, and each run says how often that
    /// happened, and why.
    #[must_use]
    pub fn gauge_handle(&self, key: &str, tags: &[(&str, &str)]) -> RecordedGauge {
        RecordedGauge(self.find_or_create(key, tags))
    }

    /// The handle of a distribution. If the series is refused, what the handle records is dropped, and each run says how often that
    /// happened, and why.
    #[must_use]
    pub fn distribution_handle(&self, key: &str, tags: &[(&str, &str)]) -> RecordedDistribution {
        RecordedDistribution(self.find_or_create(key, tags))
    }

    /// The source of the recorded metrics, for a [`Catalog`](system_health_registry::Catalog).
    #[must_use]
    pub fn source(&self) -> Source {
        let recorder = self.clone();
        Source::new("recorder", "Values that the program records itself.", location!(), move |_| {
            let taken = recorder.take();
            Box::pin(async move { Ok(taken) })
        })
    }

    /// The metrics with what was recorded since the last call.
    pub(crate) fn take(&self) -> Vec<DescribedReading> {
        self.write().take(SystemTime::now())
    }

    /// Maximum number of series.
    #[cfg(feature = "metrics")]
    pub(crate) fn max_series(&self) -> usize {
        self.read().max_series
    }

    /// Finds or creates a series. If the series is refused, returns the number to which the caller adds each dropped value.
    pub(crate) fn find_or_create<S: SeriesType>(&self, key: &str, tags: &[(&str, &str)]) -> Found<S> {
        let parsed: Result<BTreeSet<Tag>, TagError> =
            tags.iter().map(|(name, value)| Tag::new(name, value)).collect();
        let tags = match parsed {
            Ok(tags) => tags,
            Err(error) => return Err(self.write().refuse(key, &error.into())),
        };
        if let Some(series) = self.read().known(key, &tags) {
            return Ok(series);
        }
        let mut recorded = self.write();
        recorded.create(key, &tags).map_err(|refusal| recorded.refuse(key, &refusal))
    }

    fn read(&self) -> RwLockReadGuard<'_, Recorded> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Recorded> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recorded {
    fn known<S: SeriesType>(&self, key: &str, tags: &BTreeSet<Tag>) -> Option<Arc<S>> {
        S::find(self.metrics.get(key)?.series.as_ref()?)?.get(tags).cloned()
    }

    fn create<S: SeriesType>(&mut self, key: &str, tags: &BTreeSet<Tag>) -> Result<Arc<S>, Refusal> {
        let max = self.max_series;
        let full = || {
            let tags = tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(", ");
            Err(Refusal::Full { max, tags })
        };
        let is_full = self.series_count >= max;
        if is_full && self.metrics.get(key).is_none_or(|metric| metric.series.is_none()) {
            return full();
        }
        let series = self.get_or_add_metric(key).series.get_or_insert_with(S::empty);
        let first = series.kind().name();
        let by_tags = S::find_mut(series).ok_or(Refusal::Kind { first, now: S::KIND.name() })?;
        if let Some(known) = by_tags.get(tags) {
            return Ok(Arc::clone(known));
        }
        if is_full {
            return full();
        }
        let new = Arc::new(S::new());
        by_tags.insert(tags.clone(), Arc::clone(&new));
        self.series_count += 1;
        Ok(new)
    }

    /// The number to which the caller adds each value of a metric that is dropped for this reason.
    fn refuse(&mut self, key: &str, refusal: &Refusal) -> Dropped {
        match self.get_or_add_metric_if_room(key) {
            Some(metric) => metric.refusals.dropped_for(refusal.to_string()),
            None => self.refusals.dropped_for(format!("`{key}`: {refusal}")),
        }
    }

    /// A metric, which is added if it is unknown.
    fn get_or_add_metric(&mut self, key: &str) -> &mut RecordedMetric {
        let new = || RecordedMetric::new(Facts::new(key, "Recorded by the program."));
        self.metrics.entry(key.to_owned()).or_insert_with(new)
    }

    /// A metric, which is added if it is unknown and there is room for it.
    fn get_or_add_metric_if_room(&mut self, key: &str) -> Option<&mut RecordedMetric> {
        let has_room = self.metrics.len() < self.max_series || self.metrics.contains_key(key);
        has_room.then(|| self.get_or_add_metric(key))
    }

    fn take(&mut self, now: SystemTime) -> Vec<DescribedReading> {
        let refusals = self.refusals.take();
        let refused = (!refusals.is_empty()).then(|| DescribedReading {
            facts: Facts::new(REFUSED_KEY, "Values of metrics for which the recorder has no room."),
            result: Reading::new(Vec::new(), refusals),
        });
        self.metrics.values_mut().filter_map(|metric| metric.take(now)).chain(refused).collect()
    }
}

impl RecordedMetric {
    fn new(facts: Facts) -> Self {
        Self { facts, series: None, refusals: Refusals::default() }
    }

    /// The reading of a run. `None` if the metric has no series, and no value was refused since the last call.
    fn take(&mut self, now: SystemTime) -> Option<DescribedReading> {
        let Self { facts, series, refusals } = self;
        let mut samples = Vec::new();
        let mut add = |sample: Sample, tags: &BTreeSet<Tag>| samples.push(tagged(sample, tags));
        match &*series {
            None => {}
            Some(AllSeries::Counters(by_tags)) => by_tags.iter().for_each(|(tags, series)| {
                // A total is always finite.
                if let Ok(sample) = series.sample() {
                    add(sample, tags);
                }
            }),
            Some(AllSeries::Gauges(by_tags)) => by_tags.iter().for_each(|(tags, series)| {
                let (sample, refused) = series.take();
                if let Some(sample) = sample {
                    add(sample, tags);
                }
                refusals.add(NOT_FINITE, refused);
            }),
            Some(AllSeries::Distributions(by_tags)) => by_tags.iter().for_each(|(tags, series)| {
                let (sample, refused) = series.take(now);
                if let Some(sample) = sample {
                    add(sample, tags);
                }
                refusals.add(NOT_FINITE, refused);
            }),
        }
        let kind = series.as_ref().map(AllSeries::kind);
        let mut failed = refusals.take();
        let mut kept = Vec::with_capacity(samples.len());
        for sample in samples {
            match sample {
                Ok(sample) => kept.push(sample),
                Err(error) => failed.push(ItemError::new(error)),
            }
        }
        if kind.is_none() && failed.is_empty() {
            return None;
        }
        let facts = facts.clone().with_kind(kind.unwrap_or(Kind::Gauge));
        let result = if kept.is_empty() && failed.is_empty() {
            Err(Unavailable::no_data("nothing was recorded since the previous run"))
        } else {
            Reading::new(kept, failed)
        };
        Some(DescribedReading { facts, result })
    }
}

impl AllSeries {
    fn kind(&self) -> Kind {
        match self {
            Self::Counters(_) => CounterSeries::KIND,
            Self::Gauges(_) => GaugeSeries::KIND,
            Self::Distributions(_) => DistributionSeries::KIND,
        }
    }
}

/// Implements [`SeriesType`] for a type and its variant.
macro_rules! series_type {
    ($series:ty, $variant:ident, $kind:expr) => {
        impl SeriesType for $series {
            const KIND: Kind = $kind;

            fn new() -> Self {
                Self::new()
            }

            fn empty() -> AllSeries {
                AllSeries::$variant(HashMap::new())
            }

            fn find(series: &AllSeries) -> Option<&HashMap<BTreeSet<Tag>, Arc<Self>>> {
                match series {
                    AllSeries::$variant(by_tags) => Some(by_tags),
                    _ => None,
                }
            }

            fn find_mut(series: &mut AllSeries) -> Option<&mut HashMap<BTreeSet<Tag>, Arc<Self>>> {
                match series {
                    AllSeries::$variant(by_tags) => Some(by_tags),
                    _ => None,
                }
            }
        }
    };
}

series_type!(CounterSeries, Counters, Kind::Counter);
series_type!(GaugeSeries, Gauges, Kind::Gauge);
series_type!(DistributionSeries, Distributions, Kind::Distribution);

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recorded = self.read();
        f.debug_struct("Recorder")
            .field("metrics", &recorded.metrics.len())
            .field("series", &recorded.series_count)
            .field("max_series", &recorded.max_series)
            .finish_non_exhaustive()
    }
}
