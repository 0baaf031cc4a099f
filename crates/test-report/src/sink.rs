//! A sink that the program adds without registering it. It appends the key of each point to a file.

use std::{env, fs::OpenOptions, io::Write, path::PathBuf};

use futures::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use serde_json::{Value, json};
use system_health_registry::{
    Capabilities, Context, DeliveryError, Destination, Destinations, Event, Fate, Finding, Point, Settings,
    Settlement, SharedError, Sink, SinkType, Unavailable,
};
use tokio::time::Instant;

/// The sink. `TEST_SINK` names the file.
pub(crate) const FILE: SinkType =
    SinkType { name: "test", summary: "Keys, in a file", settings_hint: "the variable TEST_SINK", configure };

#[derive(Debug, Clone)]
struct File(PathBuf);

#[expect(clippy::unnecessary_wraps, reason = "the type of `SinkType::configure`")]
fn configure(_settings: &Settings) -> Result<Destinations, SharedError> {
    let file = env::var_os("TEST_SINK").map(|path| Box::new(File(path.into())) as Box<dyn Destination>);
    Ok(file.into_iter().collect())
}

impl Destination for File {
    fn sink(&self) -> &'static str {
        FILE.name
    }

    fn address(&self) -> String {
        self.0.display().to_string()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    fn connect(&self, _context: Context) -> BoxFuture<'static, Result<Box<dyn Sink>, Unavailable>> {
        let file = self.clone();
        async move { Ok(Box::new(file) as Box<dyn Sink>) }.boxed()
    }

    fn preview<'a>(
        &'a self,
        _context: Context,
        points: &'a [Point],
        _events: &'a [Event],
    ) -> BoxFuture<'a, Result<Value, Unavailable>> {
        async { Ok(json!(points.iter().map(|point| &point.key).collect::<Vec<_>>())) }.boxed()
    }

    fn diagnose(&self, _context: Context) -> BoxFuture<'static, Vec<Finding>> {
        async { vec![Finding::ok("test sink", "is there")] }.boxed()
    }
}

impl Sink for File {
    fn check(&self, _deadline: Instant) -> BoxFuture<'_, Result<(), DeliveryError>> {
        async { Ok(()) }.boxed()
    }

    fn deliver<'a>(&'a self, points: &'a [Point], _deadline: Instant) -> BoxStream<'a, Settlement> {
        let keys: String = points.iter().flat_map(|point| [point.key.as_str(), "\n"]).collect();
        let opened = OpenOptions::new().create(true).append(true).open(&self.0);
        let fate = match opened.and_then(|mut file| file.write_all(keys.as_bytes())) {
            Ok(()) => Fate::Accepted,
            Err(error) => Fate::Left(DeliveryError::new(error)),
        };
        stream::iter([Settlement { points: 0..points.len(), fate }]).boxed()
    }

    fn announce<'a>(&'a self, _event: &'a Event, _deadline: Instant) -> BoxFuture<'a, Fate> {
        async { Fate::Accepted }.boxed()
    }
}
