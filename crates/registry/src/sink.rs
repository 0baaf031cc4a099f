//! Where points are delivered to. A sink accounts for every point that it was given, because only the sink knows what
//! its backend meant.

use std::{fmt, ops::Range, time::Duration};

use futures::{future::BoxFuture, stream::BoxStream};
use tokio::time::Instant;

use crate::{Context, Event, Finding, Kind, Point, Settings, SharedError, Unavailable};

/// A kind of backend that a linked crate can deliver to, such as Datadog. Register one with
/// [`register_sink!`](crate::register_sink).
#[derive(Debug, Clone, Copy)]
pub struct SinkType {
    /// The name, as in `--to datadog`: lower-case letters, digits and `_`.
    pub name: &'static str,
    /// What it is, in one line for `--help`.
    pub summary: &'static str,
    /// Reads the sink's settings. Most sinks have one destination; one that is not configured has none. Wrong settings
    /// are refused here, before anything is collected.
    pub configure: fn(&Settings) -> Result<Destinations, SharedError>,
}

/// The destinations of a sink.
pub type Destinations = Vec<Box<dyn Destination>>;

inventory::collect!(SinkType);

/// A place to deliver to, as the settings describe it. Nothing is connected yet.
pub trait Destination: fmt::Debug + Send + Sync {
    /// The name of the sink's type, such as `datadog`.
    fn sink(&self) -> &'static str;

    /// What tells this destination from others of the same type, such as the URL. It is part of the outbox's name, so
    /// points for one place never go to another. It must not contain a secret.
    fn address(&self) -> String;

    /// What the backend supports.
    fn limits(&self) -> Limits;

    /// Looks up credentials and sets up the client.
    fn connect(&self, context: Context) -> BoxFuture<'static, Result<Box<dyn Sink>, Unavailable>>;

    /// What would be sent, for people to read. Called with points and no event, or with one event and no points.
    fn preview(&self, points: &[Point], events: &[Event]) -> Result<serde_json::Value, SharedError>;

    /// Looks at the backend, the credentials and whatever else a delivery needs, for `report doctor`. Delivers nothing.
    fn diagnose(&self, context: Context) -> BoxFuture<'static, Vec<Finding>>;

    /// Whether points go to this process' standard output. Nothing else must be printed there then.
    fn owns_stdout(&self) -> bool {
        false
    }
}

/// What a backend supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Maximum age of a point. Older ones are not delivered.
    pub max_age: Duration,
    /// How far ahead of this machine's clock a point may be.
    pub max_ahead: Duration,
    /// Whether the backend keeps a point's own time. If not, it shows the last value as a current one, so only points of
    /// the newest run are delivered.
    pub keeps_timestamps: bool,
    /// What a repeated gauge does.
    pub gauges: Repeat,
    /// What a repeated count does.
    pub counts: Repeat,
    /// What a repeated rate does.
    pub rates: Repeat,
    /// Maximum age of an event. `None` if the backend takes no events.
    pub max_event_age: Option<Duration>,
}

/// What happens if the same point is delivered twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// The second one takes the place of the first one, so a delivery with an unclear outcome is repeated.
    Overwrites,
    /// Both count, so a delivery with an unclear outcome is never repeated.
    AddsUp,
}

/// A connected backend.
pub trait Sink: fmt::Debug + Send + Sync {
    /// Asks the backend whether it would take a delivery: it is reachable and accepts the credentials. Retries end by
    /// the deadline.
    fn check(&self, deadline: Instant) -> BoxFuture<'_, Result<(), DeliveryError>>;

    /// Delivers points and tells the fate of each as soon as it is known. Points without one when the stream ends count
    /// as left. So do those of a stream that panics, or has not ended by the deadline, unless they add up: then they may
    /// have arrived, and their fate is unknown. Retries end by the deadline.
    fn deliver<'a>(&'a self, points: &'a [Point], deadline: Instant) -> BoxStream<'a, Settlement>;

    /// Sends an event. Unlike a point it would be there twice if it were sent again. Retries end by the deadline. Only
    /// called if the destination's [`Limits`] have a maximum age of events.
    fn announce<'a>(&'a self, event: &'a Event, deadline: Instant) -> BoxFuture<'a, Fate>;
}

/// The fate of some of the points of a delivery.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// Which points, by their position in the delivery.
    pub points: Range<usize>,
    /// The fate of each of them.
    pub fate: Fate,
}

/// What became of a point or an event.
#[derive(Debug, Clone)]
pub enum Fate {
    /// The backend took it.
    Accepted,
    /// The backend does not take it, now or later.
    Refused(DeliveryError),
    /// It has certainly not arrived; another attempt may succeed.
    Left(DeliveryError),
    /// It may have arrived: no answer came.
    Unknown(DeliveryError),
}

/// Why something was not delivered, with all causes.
#[derive(Debug, Clone)]
pub struct DeliveryError(SharedError);

impl SinkType {
    /// The sinks that are linked into this program, in the order of their names.
    #[must_use]
    pub fn linked() -> Vec<Self> {
        let mut linked: Vec<Self> = inventory::iter::<Self>.into_iter().copied().collect();
        linked.sort_by_key(|sink| sink.name);
        linked
    }
}

impl Limits {
    /// What happens if a point of this kind is delivered twice.
    #[must_use]
    pub const fn repeat(&self, kind: Kind) -> Repeat {
        match kind {
            Kind::Gauge => self.gauges,
            Kind::Count { .. } => self.counts,
            Kind::Rate { .. } => self.rates,
        }
    }
}

impl Default for Limits {
    /// No limits: points of any age, with their own times, of which a repeated one overwrites; no events.
    fn default() -> Self {
        Self {
            max_age: Duration::MAX,
            max_ahead: Duration::MAX,
            keeps_timestamps: true,
            gauges: Repeat::Overwrites,
            counts: Repeat::Overwrites,
            rates: Repeat::Overwrites,
            max_event_age: None,
        }
    }
}

impl DeliveryError {
    /// Shares an error.
    pub fn new(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(SharedError::new(error))
    }
}

impl fmt::Display for DeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for DeliveryError {}

/// Registers a [`SinkType`] when the program is linked, the way the attribute registers a metric.
///
/// ```
/// use system_health_registry::{Destination, Settings, SharedError, SinkType, register_sink};
///
/// fn configure(_settings: &Settings) -> Result<Vec<Box<dyn Destination>>, SharedError> {
///     Ok(vec![])
/// }
///
/// register_sink!(SinkType { name: "nowhere", summary: "Delivers nothing", configure });
///
/// assert_eq!(SinkType::linked()[0].name, "nowhere");
/// ```
#[macro_export]
macro_rules! register_sink {
    ($sink:expr) => {
        $crate::__private::inventory::submit! { $sink }
    };
}
