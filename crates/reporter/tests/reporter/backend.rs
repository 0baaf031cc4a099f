//! A destination in memory, whose behaviour a test chooses.

use std::{
    future::pending,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime},
};

use futures::{FutureExt, StreamExt, future::BoxFuture, stream, stream::BoxStream};
use system_health_registry::{
    Capabilities, Catalog, Context, DeliveryError, Descriptions, Destination, Distribution, Event, Facts,
    Fate, Finding, IntoReading, Kind, Metric, Point, Repeat, ReporterName, Settings, Settlement, Sink,
    Unavailable, location,
};
use system_health_reporter::{FinishedRun, Mode, Receipt, Reporter, ReporterBuilder};
use tempfile::TempDir;
use tokio::time::Instant;

/// A backend. Clones share the delivered points and events.
#[derive(Debug, Clone)]
pub(crate) struct Backend {
    name: &'static str,
    address: String,
    capabilities: Capabilities,
    is_configured: bool,
    is_fallback: bool,
    behaviour: Arc<Mutex<Behaviour>>,
    delivered: Arc<Mutex<Delivered>>,
    /// The descriptions of metrics in the last run that connected.
    descriptions: Arc<Mutex<Descriptions>>,
}

/// The points and events that were delivered.
#[derive(Debug, Default)]
struct Delivered {
    points: Vec<Point>,
    events: Vec<Event>,
    first_stored_at: Option<Instant>,
    /// The number of points in each call of `deliver`.
    page_sizes: Vec<usize>,
}

/// How the backend handles points. Once it is connected, it accepts events, except with `Panic`, `Leave` and `LeaveEvents`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    Accept,
    Refuse,
    Leave,
    /// It stores the points, but there is no response.
    StoreWithoutResponse,
    /// It stores the points, and the delivery never ends.
    StoreAndHang,
    StoreAndPanic,
    /// The delivery ends without the fate of any point.
    ReportNoFate,
    Hang,
    Panic,
    PanicWhenConnecting,
    HangWhenConnecting,
    FailWhenConnecting,
    /// It accepts points, and leaves events.
    LeaveEvents,
    /// It leaves all payloads that contain this key, and accepts the others.
    LeaveKey(&'static str),
    /// It leaves the first payload that contains this key, and accepts everything else.
    LeaveKeyOnce(&'static str),
}

impl Backend {
    pub(crate) fn new(name: &'static str) -> Self {
        let capabilities =
            Capabilities { max_event_age: Some(Duration::from_hours(18)), ..Capabilities::default() };
        let (behaviour, delivered) = (Arc::new(Mutex::new(Behaviour::Accept)), Arc::default());
        Self {
            name,
            address: "memory".to_owned(),
            capabilities,
            is_configured: true,
            is_fallback: false,
            behaviour,
            delivered,
            descriptions: Arc::default(),
        }
    }

    pub(crate) fn at(mut self, address: &str) -> Self {
        address.clone_into(&mut self.address);
        self
    }

    pub(crate) fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// Makes the backend one that nobody has configured.
    pub(crate) fn without_settings(self) -> Self {
        Self { is_configured: false, ..self }
    }

    /// Makes the backend one that is used only if there is no other.
    pub(crate) fn only_as_fallback(self) -> Self {
        Self { is_configured: false, is_fallback: true, ..self }
    }

    /// Makes the backend add up counts and rates, and not accept events.
    pub(crate) fn adds_up(self) -> Self {
        let capabilities =
            Capabilities { counts: Repeat::AddsUp, rates: Repeat::AddsUp, ..Capabilities::default() };
        self.with_capabilities(capabilities)
    }

    pub(crate) fn with_behaviour(self, behaviour: Behaviour) -> Self {
        self.set_behaviour(behaviour);
        self
    }

    pub(crate) fn set_behaviour(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    /// The keys and values of the stored points, except distributions and points about the reporter.
    pub(crate) fn stored(&self) -> Vec<(String, f64)> {
        let delivered = self.delivered.lock().unwrap();
        let points = delivered.points.iter().filter(|point| !point.key.starts_with("system_health."));
        points.filter_map(|point| Some((point.key.clone(), point.value.number()?))).collect()
    }

    /// The stored distributions.
    pub(crate) fn distributions(&self) -> Vec<Distribution> {
        let delivered = self.delivered.lock().unwrap();
        delivered.points.iter().filter_map(|point| point.value.distribution().cloned()).collect()
    }

    /// The points of a metric about the reporter. `name` is the last part of its key. Returns the value of each point, and
    /// its tags without `env`, `service`, `source` and `reporter`.
    pub(crate) fn about_reporter(&self, name: &str) -> Vec<(String, f64)> {
        let delivered = self.delivered.lock().unwrap();
        let key = format!("system_health.reporter.{name}");
        let points = delivered.points.iter().filter(|point| point.key == key);
        points
            .map(|point| {
                let general = ["env:", "service:", "source:", "reporter:"];
                let tags = point.tags.iter().map(ToString::to_string);
                let own = tags.filter(|tag| !general.iter().any(|general| tag.starts_with(general)));
                (own.collect::<Vec<_>>().join(" "), point.value.number().unwrap())
            })
            .collect()
    }

    /// The description of a metric whose points were stored.
    pub(crate) fn description(&self, key: &str) -> Option<String> {
        let delivered = self.delivered.lock().unwrap();
        delivered.points.iter().find(|point| point.key == key)?;
        self.descriptions.lock().unwrap().get(key)
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.delivered.lock().unwrap().events.clone()
    }

    /// The number of points in each call of `deliver`.
    pub(crate) fn page_sizes(&self) -> Vec<usize> {
        self.delivered.lock().unwrap().page_sizes.clone()
    }

    pub(crate) fn first_stored_at(&self) -> Option<Instant> {
        self.delivered.lock().unwrap().first_stored_at
    }

    fn store(&self, points: &[Point]) {
        let mut delivered = self.delivered.lock().unwrap();
        delivered.first_stored_at.get_or_insert_with(Instant::now);
        delivered.points.extend_from_slice(points);
    }

    fn behaviour(&self) -> Behaviour {
        *self.behaviour.lock().unwrap()
    }

    fn settle(&self, points: &[Point]) -> Option<Fate> {
        match self.behaviour() {
            Behaviour::Refuse => Some(Fate::Refused(error("400"))),
            Behaviour::Leave => Some(Fate::Left(error("503"))),
            Behaviour::ReportNoFate => None,
            Behaviour::StoreWithoutResponse => {
                self.store(points);
                Some(Fate::Unknown(error("no answer")))
            }
            Behaviour::StoreAndPanic => {
                self.store(points);
                panic!("a bug after sending")
            }
            Behaviour::Panic => panic!("a bug"),
            Behaviour::LeaveKey(key) if points.iter().any(|point| point.key == key) => {
                Some(Fate::Left(error("503")))
            }
            Behaviour::LeaveKeyOnce(key) if points.iter().any(|point| point.key == key) => {
                self.set_behaviour(Behaviour::Accept);
                Some(Fate::Left(error("503")))
            }
            _ => {
                self.store(points);
                Some(Fate::Accepted)
            }
        }
    }
}

fn error(text: &str) -> DeliveryError {
    DeliveryError::new(text.to_owned())
}

impl Destination for Backend {
    fn sink(&self) -> &'static str {
        self.name
    }

    fn address(&self) -> String {
        self.address.clone()
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    fn is_configured(&self) -> bool {
        self.is_configured
    }

    fn is_fallback(&self) -> bool {
        self.is_fallback
    }

    fn connect(&self, context: Context) -> BoxFuture<'static, Result<Box<dyn Sink>, Unavailable>> {
        let sink = self.clone();
        async move {
            *sink.descriptions.lock().unwrap() = context.get().await?;
            match sink.behaviour() {
                Behaviour::PanicWhenConnecting => panic!("a bug in connect"),
                Behaviour::HangWhenConnecting => pending().await,
                Behaviour::FailWhenConnecting => Err("no credentials".into()),
                _ => Ok(Box::new(sink) as Box<dyn Sink>),
            }
        }
        .boxed()
    }

    fn diagnose(&self, _context: Context) -> BoxFuture<'static, Vec<Finding>> {
        async { Vec::new() }.boxed()
    }

    fn preview<'a>(
        &'a self,
        context: Context,
        points: &'a [Point],
        events: &'a [Event],
    ) -> BoxFuture<'a, Result<serde_json::Value, Unavailable>> {
        async move {
            match self.behaviour() {
                Behaviour::Hang => pending().await,
                Behaviour::Panic => panic!("a bug"),
                _ => {}
            }
            let keys: Vec<&str> = points.iter().map(|point| point.key.as_str()).collect();
            let titles: Vec<&str> = events.iter().map(Event::title).collect();
            let descriptions: Descriptions = context.get().await?;
            let described = keys.iter().all(|key| descriptions.get(key).is_some());
            let reporter: ReporterName = context.get().await?;
            Ok(serde_json::json!({
                "keys": keys, "titles": titles, "described": described, "reporter": reporter.get(),
            }))
        }
        .boxed()
    }
}

impl Sink for Backend {
    fn check(&self, _deadline: Instant) -> BoxFuture<'_, Result<(), DeliveryError>> {
        async { Ok(()) }.boxed()
    }

    fn clear(&self, _deadline: Instant) -> BoxFuture<'_, Result<(), DeliveryError>> {
        async {
            match self.behaviour() {
                Behaviour::Accept | Behaviour::Refuse => {
                    self.delivered.lock().unwrap().points.clear();
                    Ok(())
                }
                _ => Err(error("503")),
            }
        }
        .boxed()
    }

    /// Splits the points into payloads of two, or of a hundred if there are many.
    fn deliver<'a>(&'a self, points: &'a [Point], _deadline: Instant) -> BoxStream<'a, Settlement> {
        self.delivered.lock().unwrap().page_sizes.push(points.len());
        match self.behaviour() {
            Behaviour::Hang => return stream::pending().boxed(),
            Behaviour::StoreAndHang => {
                self.store(points);
                return stream::pending().boxed();
            }
            _ => {}
        }
        let size = if points.len() < 100 { 2 } else { 100 };
        let settle = move |(number, payload): (usize, &[Point])| {
            let points = number * size..number * size + payload.len();
            self.settle(payload).map(|fate| Settlement { points, fate })
        };
        stream::iter(points.chunks(size).enumerate().filter_map(settle)).boxed()
    }

    fn announce<'a>(&'a self, event: &'a Event, _deadline: Instant) -> BoxFuture<'a, Fate> {
        async {
            match self.behaviour() {
                Behaviour::Panic => panic!("a bug in announce"),
                Behaviour::Leave | Behaviour::LeaveEvents => Fate::Left(error("503")),
                _ => {
                    self.delivered.lock().unwrap().events.push(event.clone());
                    Fate::Accepted
                }
            }
        }
        .boxed()
    }
}

/// A state folder, and the catalog of a run.
pub(crate) struct Scene {
    pub(crate) folder: TempDir,
    catalog: Catalog,
    settings: Settings,
    runs: AtomicU32,
}

impl Scene {
    /// Gauges, each with the value 1.
    pub(crate) fn gauges(keys: &[&'static str]) -> Self {
        Self::with_metrics(keys.iter().map(|key| metric(Facts::new(*key, "For a test."), 1.0)))
    }

    /// Counts, each with the value 1.
    pub(crate) fn counts(keys: &[&'static str]) -> Self {
        let kind = Kind::Count { interval: Duration::from_mins(1) };
        Self::with_metrics(
            keys.iter().map(|key| metric(Facts::new(*key, "For a test.").with_kind(kind), 1.0)),
        )
    }

    pub(crate) fn with_metrics(metrics: impl IntoIterator<Item = Metric>) -> Self {
        Self::with(Catalog::new(metrics).unwrap())
    }

    pub(crate) fn with(catalog: Catalog) -> Self {
        let settings = Settings::default();
        Self { folder: tempfile::tempdir().unwrap(), catalog, settings, runs: AtomicU32::new(0) }
    }

    /// Sets the settings file.
    pub(crate) fn settings(mut self, toml: &str) -> Self {
        self.settings = Settings::builder().toml(Path::new("a.toml"), toml).unwrap().build().unwrap();
        self
    }

    pub(crate) fn set_catalog(&mut self, catalog: Catalog) {
        self.catalog = catalog;
    }

    pub(crate) fn builder(&self, backends: &[&Backend]) -> ReporterBuilder {
        let builder = Reporter::builder(self.settings.clone())
            .catalog(self.catalog.clone())
            .state_dir(self.folder.path())
            .deadline(Duration::from_mins(1))
            .program("test")
            .to(backends.iter().map(|backend| backend.name));
        backends.iter().fold(builder, |builder, backend| builder.destination((*backend).clone()))
    }

    pub(crate) fn reporter(&self, backends: &[&Backend]) -> Reporter {
        self.builder(backends).build().unwrap()
    }

    /// Pushes without metrics about the reporter.
    pub(crate) async fn push(&self, backends: &[&Backend]) -> Vec<Receipt> {
        let reporter = self.builder(backends).without_self_metrics().build().unwrap();
        receipts(&self.run(&reporter, Mode::Push).await)
    }

    /// Runs a reporter. Each run starts a minute after the previous one, because points with the same time would
    /// replace each other.
    pub(crate) async fn run(&self, reporter: &Reporter, mode: Mode) -> FinishedRun {
        let minutes = self.runs.fetch_add(1, Ordering::Relaxed);
        let start = SystemTime::now() - Duration::from_mins(30) + minutes * Duration::from_mins(1);
        reporter.run_at(mode, start).await.unwrap()
    }
}

pub(crate) fn receipts(finished: &FinishedRun) -> Vec<Receipt> {
    finished.deliveries.iter().map(|delivery| delivery.receipt().unwrap().clone()).collect()
}

/// A metric that always has the same value.
pub(crate) fn metric(facts: Facts, value: f64) -> Metric {
    Metric::new(facts, location!(), move |_| async move { value.into_reading() }.boxed())
}
