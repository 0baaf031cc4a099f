//! Implements the recorder of the crate `metrics`.

use std::sync::Arc;

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
    known: Registry<Key, SeriesStorage>,
}

/// Another recorder of the crate `metrics` was installed before.
#[derive(Debug, thiserror::Error)]
#[error("the program already has a recorder for the crate `metrics`; install only one")]
pub struct InstallError;

/// Creates the series that the registry keeps.
#[derive(Debug)]
struct SeriesStorage(Recorder);

impl Facade {
    /// A facade that records with a recorder.
    #[must_use]
    pub fn new(recorder: Recorder) -> Self {
        Self { known: Registry::new(SeriesStorage(recorder.clone())), recorder }
    }

    /// Makes this the recorder of all macros in the program.
    pub fn install(self) -> Result<(), InstallError> {
        metrics::set_global_recorder(self).map_err(|_| InstallError)
    }

    fn find<S: SeriesType>(&self, name: &Key) -> Found<S> {
        self.recorder.find(&key(name.name()), &tags(name))
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
        match self.find::<CounterSeries>(key) {
            Ok(_) => self.known.get_or_create_counter(key, |series| Counter::from_arc(Arc::clone(series))),
            Err(dropped) => Counter::from_arc(Arc::new(dropped)),
        }
    }

    fn register_gauge(&self, key: &Key, _metadata: &Metadata<'_>) -> Gauge {
        if let Some(known) = self.known.get_gauge(key) {
            return Gauge::from_arc(known);
        }
        match self.find::<GaugeSeries>(key) {
            Ok(_) => self.known.get_or_create_gauge(key, |series| Gauge::from_arc(Arc::clone(series))),
            Err(dropped) => Gauge::from_arc(Arc::new(dropped)),
        }
    }

    fn register_histogram(&self, key: &Key, _metadata: &Metadata<'_>) -> Histogram {
        if let Some(known) = self.known.get_histogram(key) {
            return Histogram::from_arc(known);
        }
        match self.find::<DistributionSeries>(key) {
            Ok(_) => {
                self.known.get_or_create_histogram(key, |series| Histogram::from_arc(Arc::clone(series)))
            }
            Err(dropped) => Histogram::from_arc(Arc::new(dropped)),
        }
    }
}

impl Storage<Key> for SeriesStorage {
    type Counter = Arc<CounterSeries>;
    type Gauge = Arc<GaugeSeries>;
    type Histogram = Arc<DistributionSeries>;

    fn counter(&self, name: &Key) -> Self::Counter {
        // Only called for a series that was found before.
        self.0.find(&key(name.name()), &tags(name)).unwrap_or_else(|_| Arc::new(CounterSeries::new()))
    }

    fn gauge(&self, name: &Key) -> Self::Gauge {
        // Only called for a series that was found before.
        self.0.find(&key(name.name()), &tags(name)).unwrap_or_else(|_| Arc::new(GaugeSeries::new()))
    }

    fn histogram(&self, name: &Key) -> Self::Histogram {
        // Only called for a series that was found before.
        self.0.find(&key(name.name()), &tags(name)).unwrap_or_else(|_| Arc::new(DistributionSeries::new()))
    }
}

fn tags(name: &Key) -> Vec<(&str, &str)> {
    name.labels().map(|label: &Label| (label.key(), label.value())).collect()
}
