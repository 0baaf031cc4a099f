//! The table `[local]`, and the destinations that it configures.

use std::{path, time::Duration};

use futures::future::BoxFuture;
use serde::Deserialize;
use serde_json::{Value, json};
use system_health_registry::{
    Capabilities, Context, Destination, Event, Finding, Point, Repeat, Settings, SharedError, Sink, SinkType,
    StandardOutput, Unavailable, register_sink, settings::SettingPath, settings_table,
};
use tokio::task::spawn_blocking;

use crate::{json_line::JsonLine, output::LocalOutput, sink::LocalSink};

/// The name of the sink.
const NAME: &str = "local";

register_sink!(SinkType {
    name: NAME,
    summary: "JSON lines, in a file or on the standard output",
    settings_hint: "`file` or `stdout = true` in [local]",
    configure
});

/// The table `[local]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct LocalSettings {
    /// A file to which lines are appended.
    file: Option<SettingPath>,
    /// Whether lines are also written to standard output.
    stdout: bool,
}

settings_table!(
    LocalSettings, "local",
    env: { "file" => "SYSTEM_HEALTH_LOCAL_FILE" },
    template: include_str!("settings.toml"),
);

/// An output as a destination.
#[derive(Debug)]
struct LocalDestination {
    output: LocalOutput,
}

fn configure(settings: &Settings) -> Result<Vec<Box<dyn Destination>>, SharedError> {
    let settings: LocalSettings = settings.table().map_err(SharedError::new)?;
    let file = settings.file.map(|file| LocalOutput::File(file.into()));
    let stdout = settings.stdout.then_some(LocalOutput::Stdout);
    let outputs = file.into_iter().chain(stdout);
    Ok(outputs.map(|output| Box::new(LocalDestination { output }) as Box<dyn Destination>).collect())
}

impl Destination for LocalDestination {
    fn sink(&self) -> &'static str {
        NAME
    }

    fn address(&self) -> String {
        match &self.output {
            // The outbox is named after the address, and what a relative path means depends on the working folder.
            LocalOutput::File(path) => path::absolute(path).as_deref().unwrap_or(path).display().to_string(),
            LocalOutput::Stdout => "stdout".to_owned(),
        }
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            gauges: Repeat::AddsUp,
            counts: Repeat::AddsUp,
            rates: Repeat::AddsUp,
            distributions: Repeat::AddsUp,
            max_event_age: Some(Duration::MAX),
            ..Capabilities::default()
        }
    }

    fn owns_stdout(&self) -> bool {
        self.output == LocalOutput::Stdout
    }

    fn connect(&self, context: Context) -> BoxFuture<'static, Result<Box<dyn Sink>, Unavailable>> {
        let output = self.output.clone();
        Box::pin(async move {
            let stdout: StandardOutput = context.get().await?;
            Ok(Box::new(LocalSink::new(output, stdout)) as Box<dyn Sink>)
        })
    }

    fn preview<'a>(
        &'a self,
        _context: Context,
        points: &'a [Point],
        events: &'a [Event],
    ) -> BoxFuture<'a, Result<Value, Unavailable>> {
        Box::pin(async move {
            let (mut lines, mut refused) = (Vec::new(), Vec::new());
            for point in points {
                match JsonLine::try_from(point) {
                    Ok(line) => lines.push(line),
                    Err(error) => refused.push(error.to_string()),
                }
            }
            lines.extend(events.iter().map(JsonLine::from));
            Ok(json!({ "lines": serde_json::to_value(lines)?, "refused": refused }))
        })
    }

    fn diagnose(&self, _context: Context) -> BoxFuture<'static, Vec<Finding>> {
        const CHECK: &str = "Local output";
        let output = self.output.clone();
        Box::pin(async move {
            let ok = Finding::ok(CHECK, format!("{output} can be written to"));
            let failed = |error| vec![Finding::failed(CHECK, SharedError::to_string(&error))];
            match spawn_blocking(move || output.try_open()).await {
                Ok(Ok(())) => vec![ok],
                Ok(Err(error)) => failed(SharedError::new(error)),
                Err(error) => failed(SharedError::new(error)),
            }
        })
    }
}
