//! The destination that the settings configure.

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use serde_json::{Value, json};
use system_health_registry::{
    Capabilities, Context, Destination, Event, Finding, Point, Repeat, Settings, SharedError, Sink, SinkType,
    Temporality, Unavailable, register_sink,
};
use tokio::time::Instant;

use crate::{
    address::Address,
    encoder::Encoder,
    limits::{MAX_AGE, MAX_AHEAD, MAX_EVENT_AGE},
    origin::container,
    settings::DogStatsdSettings,
    sink::DogStatsdSink,
    socket::Socket,
};

/// The name of the sink.
const NAME: &str = "dogstatsd";

/// Name of the check in findings.
const CHECK: &str = "DogStatsD";

/// Timeout of a diagnosis.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The Agent forwards a gauge with its timestamp, and Datadog keeps the last value. An Agent before 7.40, or without
/// `dogstatsd_no_aggregation_pipeline`, ignores timestamps and adds up counts. So this sink says that repeated counts add up.
const CAPABILITIES: Capabilities = Capabilities {
    max_age: MAX_AGE,
    max_ahead: MAX_AHEAD,
    keeps_timestamps: true,
    gauges: Repeat::Overwrites,
    counts: Repeat::AddsUp,
    rates: Repeat::Overwrites,
    distributions: Repeat::AddsUp,
    counter_temporality: Temporality::Delta,
    distribution_temporality: Temporality::Delta,
    max_event_age: Some(MAX_EVENT_AGE),
};

register_sink!(SinkType {
    name: NAME,
    summary: "A Datadog Agent, through DogStatsD",
    settings_hint: "`address` in [dogstatsd], or DD_DOGSTATSD_URL",
    configure,
});

/// An Agent as a destination.
#[derive(Debug, Clone)]
struct DogStatsdDestination {
    address: Address,
    encoder: Encoder,
    /// Whether the settings file or a flag says where the Agent is, and not only the environment.
    is_configured: bool,
}

fn configure(settings: &Settings) -> Result<Vec<Box<dyn Destination>>, SharedError> {
    let table: DogStatsdSettings = settings.table().map_err(SharedError::new)?;
    let Some(address) = table.address() else { return Ok(Vec::new()) };
    let max_length = table.max_packet_size.unwrap_or(address.default_packet_size()).into();
    let container = if table.origin_detection { container() } else { None };
    let encoder = Encoder { container, max_length };
    let is_configured = DogStatsdSettings::is_chosen(settings);
    Ok(vec![Box::new(DogStatsdDestination { address, encoder, is_configured })])
}

impl Destination for DogStatsdDestination {
    fn sink(&self) -> &'static str {
        NAME
    }

    fn is_configured(&self) -> bool {
        self.is_configured
    }

    /// Datadog's operator sets the Agent's address in the environment of every pod. So the address alone does not mean that
    /// points should go through the Agent.
    fn is_fallback(&self) -> bool {
        true
    }

    fn address(&self) -> String {
        self.address.to_string()
    }

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn connect(&self, _context: Context) -> BoxFuture<'static, Result<Box<dyn Sink>, Unavailable>> {
        let sink = DogStatsdSink { address: self.address.clone(), encoder: self.encoder.clone() };
        async move { Ok(Box::new(sink) as Box<dyn Sink>) }.boxed()
    }

    fn preview<'a>(
        &'a self,
        _context: Context,
        points: &'a [Point],
        events: &'a [Event],
    ) -> BoxFuture<'a, Result<Value, Unavailable>> {
        async move {
            let (mut lines, mut refused) = (Vec::new(), Vec::new());
            for point in points {
                match self.encoder.lines(point) {
                    Ok(more) => lines.extend(more),
                    Err(error) => refused.push(error.to_string()),
                }
            }
            for event in events {
                match self.encoder.event(event) {
                    Ok(line) => lines.push(line),
                    Err(error) => refused.push(error.to_string()),
                }
            }
            Ok(json!({ "lines": lines, "refused": refused }))
        }
        .boxed()
    }

    fn diagnose(&self, _context: Context) -> BoxFuture<'static, Vec<Finding>> {
        let address = self.address.clone();
        async move {
            let finding = match Socket::connect(&address, Instant::now() + TIMEOUT).await {
                Ok(Socket::Unix(_)) => Finding::ok(CHECK, format!("a program reads from {address}")),
                Ok(Socket::Udp(..)) => Finding::ok(
                    CHECK,
                    format!(
                        "packets can be sent to {address}; UDP does not say whether an Agent receives them"
                    ),
                ),
                Err(error) => Finding::failed(CHECK, SharedError::new(error).to_string()),
            };
            vec![finding]
        }
        .boxed()
    }
}
