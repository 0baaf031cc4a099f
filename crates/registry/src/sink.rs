//! Where points are delivered. A sink reports the fate of every point, because only the sink understands the responses of
//! its backend.

use std::{fmt, ops::Range, time::Duration};

use futures::{future::BoxFuture, stream::BoxStream};
use tokio::time::Instant;

use crate::{Context, Event, Finding, Kind, Point, Settings, SharedError, Unavailable};

/// A type of backend, such as Datadog. Register it with [`register_sink!`](crate::register_sink).
#[derive(Debug, Clone, Copy)]
pub struct SinkType {
    /// The name, such as `datadog`: lower-case letters, digits and `_`.
    pub name: &'static str,
    /// A summary in one line.
    pub summary: &'static str,
    /// The settings that configure a destination, for messages. For example "`file` or `stdout = true` in \[local\]".
    pub settings_hint: &'static str,
    /// Reads the sink's settings. Most sinks have one destination, or none if they are not configured. Invalid settings
    /// are refused here, before anything is collected.
    pub configure: fn(&Settings) -> Result<Destinations, SharedError>,
}

/// The destinations of a sink.
pub type Destinations = Vec<Box<dyn Destination>>;

inventory::collect!(SinkType);

/// A place to deliver to, as configured in the settings. It is not connected yet.
pub trait Destination: fmt::Debug + Send + Sync {
    /// The name of the sink's type, such as `datadog`.
    fn sink(&self) -> &'static str;

    /// What distinguishes this destination from others of the same type, such as the URL. It is part of the outbox's
    /// name, so that points for one destination are never delivered to another. It must not contain a secret.
    fn address(&self) -> String;

    /// What the backend supports.
    fn capabilities(&self) -> Capabilities;

    /// Gets the credentials and builds the client.
    fn connect(&self, context: Context) -> BoxFuture<'static, Result<Box<dyn Sink>, Unavailable>>;

    /// The request that would be sent, as readable JSON. Called with points and no events, or with one event and no
    /// points. The context has the same resources as for [`connect`](Self::connect), such as the reporter's name. Does
    /// not connect to the backend. If it panics or does not end by the run's deadline, the dry run fails.
    fn preview<'a>(
        &'a self,
        context: Context,
        points: &'a [Point],
        events: &'a [Event],
    ) -> BoxFuture<'a, Result<serde_json::Value, Unavailable>>;

    /// Checks everything that a delivery needs, such as the backend and the credentials. Delivers nothing.
    fn diagnose(&self, context: Context) -> BoxFuture<'static, Vec<Finding>>;

    /// Whether the settings or the environment choose this destination. If not, it is used only if `to` in `[report]` names its
    /// sink, or if no destination is configured. For example, a sink returns a destination that nothing chooses if the
    /// credentials may be in a store of secrets.
    fn is_configured(&self) -> bool {
        true
    }

    /// Whether a destination that is not configured is used only if there is no other destination. For example, points that
    /// go through an Agent would be in Datadog twice if they were also delivered there directly.
    fn is_fallback(&self) -> bool {
        false
    }

    /// Whether points are written to standard output. Then the program must print nothing else there.
    fn owns_stdout(&self) -> bool {
        false
    }
}

/// What a backend supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Maximum age of a point. Older points are not delivered.
    pub max_age: Duration,
    /// How far in the future a point may be, by this machine's clock.
    pub max_ahead: Duration,
    /// Whether the backend keeps the timestamps of points. If not, it shows the last value as the current value, so only
    /// points of the newest run are delivered, and [`Sink::clear`] is called if the newest run has no value.
    pub keeps_timestamps: bool,
    /// What happens if a gauge is delivered twice.
    pub gauges: Repeat,
    /// What happens if a count is delivered twice.
    pub counts: Repeat,
    /// What happens if a rate is delivered twice.
    pub rates: Repeat,
    /// What happens if a distribution is delivered twice. This applies only if the backend gets just the new values.
    pub distributions: Repeat,
    /// Whether the backend gets the totals of counters, or counts of what was added since the previous run.
    pub counter_temporality: Temporality,
    /// Whether a distribution contains all values since the first run, or only those of this run.
    pub distribution_temporality: Temporality,
    /// Maximum age of an event. `None` if the backend does not accept events.
    pub max_event_age: Option<Duration>,
}

/// What happens if the same point is delivered twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// The second point replaces the first. A point with an unknown fate is delivered again.
    Overwrites,
    /// Both points count. A point with an unknown fate is never delivered again.
    AddsUp,
}

/// The time that the values of counters and distributions cover in a backend. See
/// <https://opentelemetry.io/docs/specs/otel/metrics/data-model/#temporality>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temporality {
    /// All time since a start. The reporter adds up the distributions of all runs.
    Cumulative,
    /// The time since the previous run. The reporter delivers the differences between the totals of counters as counts. It keeps
    /// the last totals in its state.
    Delta,
}

/// A connected backend.
pub trait Sink: fmt::Debug + Send + Sync {
    /// Checks that the backend is reachable and accepts the credentials. Retries end by the deadline.
    fn check(&self, deadline: Instant) -> BoxFuture<'_, Result<(), DeliveryError>>;

    /// Delivers points and reports the fate of each point as soon as it is known. Retries end by the deadline.
    ///
    /// Points without a fate at the end of the stream count as left. If the stream panics or does not end by the deadline,
    /// points that add up have an unknown fate instead, because they may have arrived.
    fn deliver<'a>(&'a self, points: &'a [Point], deadline: Instant) -> BoxStream<'a, Settlement>;

    /// Removes the values of earlier runs, because the newest run has no value. Only called if the destination's
    /// [`Capabilities`] say that the backend does not keep timestamps. Without this call, such a backend would still show the old
    /// values as current values. Retries end by the deadline.
    fn clear(&self, _deadline: Instant) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Box::pin(async { Err(DeliveryError::new("the sink cannot remove the values of earlier runs")) })
    }

    /// Sends an event. An event that is sent twice exists twice. Retries end by the deadline. Only called if the
    /// destination's [`Capabilities`] have a maximum age of events.
    fn announce<'a>(&'a self, event: &'a Event, deadline: Instant) -> BoxFuture<'a, Fate>;
}

/// The fate of some of the points of a delivery.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// The points, by their positions in the delivery.
    pub points: Range<usize>,
    /// The fate of each of these points.
    pub fate: Fate,
}

/// What happened to a point or an event.
#[derive(Debug, Clone)]
pub enum Fate {
    /// The backend accepted it.
    Accepted,
    /// The backend already has a value of the same series and time, and keeps it. For example, an earlier run in the same
    /// schedule slot delivered that value.
    Repeated,
    /// The backend refused it and will not accept it later.
    Refused(DeliveryError),
    /// It has certainly not arrived. Another attempt may succeed.
    Left(DeliveryError),
    /// It may have arrived: there was no response.
    Unknown(DeliveryError),
}

/// Why something was not delivered, with all its causes.
#[derive(Debug, Clone)]
pub struct DeliveryError(SharedError);

impl SinkType {
    /// The sinks that are linked into this program, sorted by name.
    #[must_use]
    pub fn linked() -> Vec<Self> {
        let mut linked: Vec<Self> = inventory::iter::<Self>.into_iter().copied().collect();
        linked.sort_by_key(|sink| sink.name);
        linked
    }
}

impl Capabilities {
    /// What happens if a point of this kind is delivered twice.
    #[must_use]
    pub const fn repeat(&self, kind: Kind) -> Repeat {
        match kind {
            Kind::Gauge => self.gauges,
            Kind::Count { .. } => self.counts,
            Kind::Rate { .. } => self.rates,
            Kind::Counter => Repeat::Overwrites,
            Kind::Distribution => match self.distribution_temporality {
                Temporality::Cumulative => Repeat::Overwrites,
                Temporality::Delta => self.distributions,
            },
        }
    }
}

impl Default for Capabilities {
    /// No restrictions: points of any age, with their timestamps. A repeated point overwrites. Events are not accepted.
    fn default() -> Self {
        Self {
            max_age: Duration::MAX,
            max_ahead: Duration::MAX,
            keeps_timestamps: true,
            gauges: Repeat::Overwrites,
            counts: Repeat::Overwrites,
            rates: Repeat::Overwrites,
            distributions: Repeat::Overwrites,
            counter_temporality: Temporality::Cumulative,
            distribution_temporality: Temporality::Delta,
            max_event_age: None,
        }
    }
}

impl DeliveryError {
    /// A delivery error with a cause.
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

/// Registers a [`SinkType`] when the program is linked.
///
/// ```
/// use system_health_registry::{Destination, Settings, SharedError, SinkType, register_sink};
///
/// fn configure(_settings: &Settings) -> Result<Vec<Box<dyn Destination>>, SharedError> {
///     Ok(vec![])
/// }
///
/// register_sink!(SinkType {
///     name: "nowhere",
///     summary: "Delivers nothing",
///     settings_hint: "`anything` in [nowhere]",
///     configure,
/// });
///
/// assert_eq!(SinkType::linked()[0].name, "nowhere");
/// ```
#[macro_export]
macro_rules! register_sink {
    ($sink:expr) => {
        $crate::__private::inventory::submit! { $sink }
    };
}
