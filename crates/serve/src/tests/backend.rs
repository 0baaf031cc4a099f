//! A destination in memory that fails when a test says so. It keeps only what is compared, because a soak test fills it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures::{FutureExt, StreamExt, future::BoxFuture, stream, stream::BoxStream};
use system_health_registry::{
    Capabilities, Context, DeliveryError, Destination, Event, Fate, Finding, Point, Repeat, Settlement, Sink,
    Unavailable,
};
use tokio::time::Instant;

/// The key of a received point, and its time in seconds since 1970.
pub(super) type KeyAndTime = (String, u64);

/// How the backend answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behaviour {
    Accept,
    /// It answers that it cannot take the points now.
    Leave,
    /// It stores the points, and the answer is lost.
    LoseAnswer,
    /// It stores every second point and answers the others with an error.
    AcceptHalf,
    /// It accepts no connection.
    Down,
    /// A delivery never ends.
    Hang,
}

/// A backend. Clones share what it has received.
#[derive(Debug, Clone)]
pub(super) struct Backend {
    name: &'static str,
    capabilities: Capabilities,
    behaviour: Arc<Mutex<Behaviour>>,
    received: Arc<Mutex<BTreeMap<KeyAndTime, Vec<f64>>>>,
}

impl Backend {
    pub(super) fn new(name: &'static str) -> Self {
        let capabilities = Capabilities {
            max_age: Duration::from_hours(24 * 30),
            max_ahead: Duration::from_hours(24),
            ..Capabilities::default()
        };
        let behaviour = Arc::new(Mutex::new(Behaviour::Accept));
        Self { name, capabilities, behaviour, received: Arc::default() }
    }

    /// Makes the backend declare that it adds up repeated counts.
    pub(super) fn adding_up(mut self) -> Self {
        self.capabilities.counts = Repeat::AddsUp;
        self
    }

    pub(super) fn set(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    /// The values of each metric at each time, in the order in which they were received.
    pub(super) fn received(&self) -> BTreeMap<KeyAndTime, Vec<f64>> {
        self.received.lock().unwrap().clone()
    }

    /// The number of times at which a metric has a value.
    pub(super) fn count(&self, key: &str) -> usize {
        self.received.lock().unwrap().keys().filter(|(received, _)| received == key).count()
    }

    fn behaviour(&self) -> Behaviour {
        *self.behaviour.lock().unwrap()
    }

    /// Keeps the points except those about the reporter, which would take most of the memory of a long test.
    fn store<'p>(&self, points: impl IntoIterator<Item = &'p Point>) {
        let mut received = self.received.lock().unwrap();
        for point in points.into_iter().filter(|point| !point.key.starts_with("system_health.")) {
            let values = received.entry((point.key.clone(), seconds(point.timestamp))).or_default();
            values.extend(point.value.number());
        }
    }
}

pub(super) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn error(text: &str) -> DeliveryError {
    DeliveryError::new(text.to_owned())
}

impl Destination for Backend {
    fn sink(&self) -> &'static str {
        self.name
    }

    fn address(&self) -> String {
        "memory".to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    fn connect(&self, _context: Context) -> BoxFuture<'static, Result<Box<dyn Sink>, Unavailable>> {
        let sink = self.clone();
        async move {
            match sink.behaviour() {
                Behaviour::Down => Err("connection refused".into()),
                _ => Ok(Box::new(sink) as Box<dyn Sink>),
            }
        }
        .boxed()
    }

    fn preview<'a>(
        &'a self,
        _context: Context,
        _points: &'a [Point],
        _events: &'a [Event],
    ) -> BoxFuture<'a, Result<serde_json::Value, Unavailable>> {
        async { Ok(serde_json::Value::Null) }.boxed()
    }

    fn diagnose(&self, _context: Context) -> BoxFuture<'static, Vec<Finding>> {
        async { Vec::new() }.boxed()
    }
}

impl Sink for Backend {
    fn check(&self, _deadline: Instant) -> BoxFuture<'_, Result<(), DeliveryError>> {
        async { Ok(()) }.boxed()
    }

    fn deliver<'a>(&'a self, points: &'a [Point], _deadline: Instant) -> BoxStream<'a, Settlement> {
        let fate = |index: usize| match self.behaviour() {
            Behaviour::Leave | Behaviour::Down => Fate::Left(error("503")),
            Behaviour::AcceptHalf if index % 2 == 1 => Fate::Left(error("503")),
            Behaviour::LoseAnswer => {
                self.store(&points[index..=index]);
                Fate::Unknown(error("no answer"))
            }
            Behaviour::Accept | Behaviour::AcceptHalf | Behaviour::Hang => {
                self.store(&points[index..=index]);
                Fate::Accepted
            }
        };
        if self.behaviour() == Behaviour::Hang {
            return stream::pending().boxed();
        }
        let settlements: Vec<Settlement> = (0..points.len())
            .map(|index| Settlement { points: index..index + 1, fate: fate(index) })
            .collect();
        stream::iter(settlements).boxed()
    }

    fn announce<'a>(&'a self, _event: &'a Event, _deadline: Instant) -> BoxFuture<'a, Fate> {
        async { Fate::Accepted }.boxed()
    }
}
