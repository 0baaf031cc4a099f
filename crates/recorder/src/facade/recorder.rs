//! Implements the recorder of the crate `metrics`.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Label, Metadata, SharedString, Unit};
use metrics_util::registry::{Registry, Storage};
use system_health_registry::Facts;

use super::names::{key, unit};
use crate::{
    Recorder,
    handle::Found,
    recorder::SeriesType,
    series::{CounterSeries, DistributionSeries, GaugeSeries},
};

/// Records what a program and its libraries report with the macros of the crate [`metrics`], such as `metrics::counter!`.
///
/// Names become keys: `http::requests-total` becomes `http.requests_total`. Labels become tags. Descriptions and units are those
/// of the macros `describe_counter!`, `describe_gauge!` and `describe_histogram!`.
///
/// ```
/// use system_health_recorder::{Facade, Recorder};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let recorder = Recorder::new();
/// Facade::new(recorder.clone()).install()?;
/// metrics::describe_counter!("orders::placed", "Orders that were placed.");
/// metrics::counter!("orders::placed", "shop" => "eu").increment(1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Facade {
    recorder: Recorder,
    /// The series by the names and labels in the program. Different names or labels may become one series, because they are
    /// translated and long ones are shortened. So the number of entries is limited to the maximum number of series. Other
    /// series are looked up each time.
    known: Registry<Key, SeriesStorage>,
}

/// Another recorder of the crate `metrics` was installed before.
#[derive(Debug, thiserror::Error)]
#[error("the program already has a recorder for the crate `metrics`; install only one")]
pub struct InstallError;

/// Finds the series that the registry keeps.
#[derive(Debug)]
struct SeriesStorage {
    recorder: Recorder,
    /// The number of entries in the registry.
    kept: AtomicUsize,
}

impl Facade {
    /// A facade that records with a recorder.
    #[must_use]
    pub fn new(recorder: Recorder) -> Self {
        let storage = SeriesStorage { recorder: recorder.clone(), kept: AtomicUsize::new(0) };
        Self { recorder, known: Registry::new(storage) }
    }

    /// Makes this the recorder of all macros in the program.
    pub fn install(self) -> Result<(), InstallError> {
        metrics::set_global_recorder(self).map_err(|_| InstallError)
    }

    fn find_or_create<S: SeriesType>(&self, name: &Key) -> Found<S> {
        self.recorder.find_or_create(&key(name.name()), &tags(name))
    }

    /// Whether the registry may keep another series. Threads that register series at the same time may exceed the limit, each by
    /// one series.
    fn has_room(&self) -> bool {
        self.known.storage().kept.load(Relaxed) < self.recorder.max_series()
    }

    fn describe(&self, name: &KeyName, unit_of_name: Option<Unit>, description: &str) {
        let facts = Facts::new(key(name.as_str()), description);
        self.recorder.describe(match unit_of_name.and_then(unit) {
            Some(unit) => facts.with_unit(unit),
            None => facts,
        });
    }
}

impl metrics::Recorder for Facade {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(&name, unit, &description);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(&name, unit, &description);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(&name, unit, &description);
    }

    // The registry must not keep a refused series. Otherwise memory would grow with every new label.

    fn register_counter(&self, key: &Key, _metadata: &Metadata<'_>) -> Counter {
        if let Some(known) = self.known.get_counter(key) {
            return Counter::from_arc(known);
        }
        match self.find_or_create::<CounterSeries>(key) {
            Ok(_) if self.has_room() => {
                self.known.get_or_create_counter(key, |series| Counter::from_arc(Arc::clone(series)))
            }
            Ok(series) => Counter::from_arc(series),
            Err(dropped) => Counter::from_arc(Arc::new(dropped)),
        }
    }

    fn register_gauge(&self, key: &Key, _metadata: &Metadata<'_>) -> Gauge {
        if let Some(known) = self.known.get_gauge(key) {
            return Gauge::from_arc(known);
        }
        match self.find_or_create::<GaugeSeries>(key) {
            Ok(_) if self.has_room() => {
                self.known.get_or_create_gauge(key, |series| Gauge::from_arc(Arc::clone(series)))
            }
            Ok(series) => Gauge::from_arc(series),
            Err(dropped) => Gauge::from_arc(Arc::new(dropped)),
        }
    }

    fn register_histogram(&self, key: &Key, _metadata: &Metadata<'_>) -> Histogram {
        if let Some(known) = self.known.get_histogram(key) {
            return Histogram::from_arc(known);
        }
        match self.find_or_create::<DistributionSeries>(key) {
            Ok(_) if self.has_room() => {
                self.known.get_or_create_histogram(key, |series| Histogram::from_arc(Arc::clone(series)))
            }
            Ok(series) => Histogram::from_arc(series),
            Err(dropped) => Histogram::from_arc(Arc::new(dropped)),
        }
    }
}

impl Storage<Key> for SeriesStorage {
    type Counter = Arc<CounterSeries>;
    type Gauge = Arc<GaugeSeries>;
    type Histogram = Arc<DistributionSeries>;

    fn counter(&self, name: &Key) -> Self::Counter {
        self.keep(name).unwrap_or_else(|_| Arc::new(CounterSeries::new()))
    }

    fn gauge(&self, name: &Key) -> Self::Gauge {
        self.keep(name).unwrap_or_else(|_| Arc::new(GaugeSeries::new()))
    }

    fn histogram(&self, name: &Key) -> Self::Histogram {
        self.keep(name).unwrap_or_else(|_| Arc::new(DistributionSeries::new()))
    }
}

impl SeriesStorage {
    /// Finds a series again, and counts it as kept. It was found before, and a recorder removes no series.
    fn keep<S: SeriesType>(&self, name: &Key) -> Found<S> {
        self.kept.fetch_add(1, Relaxed);
        self.recorder.find_or_create(&key(name.name()), &tags(name))
    }
}

fn tags(name: &Key) -> Vec<(&str, &str)> {
    name.labels().map(|label: &Label| (label.key(), label.value())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of entries in a facade's registry.
    fn kept(facade: &Facade) -> usize {
        let mut kept = 0;
        facade.known.visit_counters(|_, _| kept += 1);
        facade.known.visit_gauges(|_, _| kept += 1);
        facade.known.visit_histograms(|_, _| kept += 1);
        kept
    }

    #[test]
    fn memory_does_not_grow_with_labels_that_become_the_same_tag() {
        let recorder = Recorder::with_max_series(3);
        let facade = Facade::new(recorder.clone());
        // A tag has at most 200 characters.
        let long = "x".repeat(300);

        metrics::with_local_recorder(&facade, || {
            for number in 0..100 {
                let label = format!("{long}{number}");
                metrics::counter!("requests", "query" => label.clone()).increment(1);
                metrics::gauge!("open", "query" => label.clone()).increment(1.0);
                metrics::histogram!("seconds", "query" => label).record(1.0);
            }
        });

        let values: Vec<String> = recorder
            .take()
            .into_iter()
            .map(|metric| format!("{} {}", metric.facts.key(), metric.result.unwrap().samples()[0].value()))
            .collect();
        assert_eq!(
            values,
            ["open 100", "requests 100", "seconds 100 values, p50 1, p99 1"],
            "every value is recorded"
        );
        assert_eq!(kept(&facade), 3);
    }
}
