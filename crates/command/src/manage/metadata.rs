//! `report metadata`.

use std::{cell::Cell, fmt, time::SystemTime};

use futures::{StreamExt, stream};
use serde::Serialize;
use system_health_datadog::{DatadogApi, DatadogError, datadog_unit, metadata, metadata_update};
use system_health_registry::{Alias, Catalog, Metric};
use tabled::{
    builder::Builder,
    settings::{Padding, Style, Width, object::Columns},
};

use super::connection::{self, Connection};
use crate::{args::MetadataArguments, exit::Status, output::Stdout};

/// Datadog answers a few at a time as fast as one after the other.
const AT_ONCE: usize = 4;
const DESCRIPTION_WIDTH: usize = 60;

/// What Datadog knows of a metric, or should know.
#[derive(Debug, Serialize)]
struct Row<'a> {
    metric: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    /// The name that Datadog has for the unit.
    unit: Option<&'static str>,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It was told.
    Updated,
    /// It knew already.
    Kept,
    /// Datadog has had no point of the metric yet, and takes no metadata before that.
    Unknown,
    /// Datadog refused it, or was not reached.
    Failed,
    /// Not tried, because another one had failed.
    Skipped,
}

impl State {
    const ALL: [Self; 5] = [Self::Updated, Self::Kept, Self::Unknown, Self::Failed, Self::Skipped];

    /// The same word as in JSON.
    fn word(self) -> &'static str {
        match self {
            Self::Updated => "updated",
            Self::Kept => "kept",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// Prints the metadata, or tells Datadog.
pub(super) async fn run(
    arguments: &MetadataArguments,
    catalog: &Catalog,
    stdout: Stdout,
) -> anyhow::Result<Status> {
    for metric in catalog.metrics() {
        if let Some(unit) = metric.unit().filter(|unit| datadog_unit(unit).is_none()) {
            tracing::info!("{}: Datadog knows no unit `{unit}` and shows none", metric.key());
        }
    }
    let now = SystemTime::now();
    let names: Vec<(&str, &Metric)> = catalog
        .metrics()
        .iter()
        .flat_map(|metric| {
            let alias = metric.alias().filter(|alias| now < alias.until()).map(Alias::key);
            [Some(metric.key()), alias].into_iter().flatten().map(move |name| (name, metric))
        })
        .collect();
    let mut rows: Vec<Row<'_>> = names.iter().map(|(name, metric)| Row::new(name, metric)).collect();
    let mut failure = None;
    if arguments.push {
        let connection = Connection::open(&connection::settings(&arguments.settings)?).await?;
        failure = push(&connection.api, &names, &mut rows).await;
    }
    // What was changed is said also when the rest failed.
    stdout.print(Rows(&rows), &rows)?;
    if let Some((name, error)) = failure {
        return Err(anyhow::Error::new(error).context(failed(name, &rows)));
    }
    if rows.iter().any(|row| row.state == Some(State::Unknown)) {
        tracing::warn!("Datadog does not know some metrics yet; push a report first, then this again");
    }
    Ok(Status::Done)
}

/// Pushes until something fails, and lets requests that were sent by then end. Each row says what became of it.
async fn push<'a>(
    api: &DatadogApi,
    names: &[(&'a str, &Metric)],
    rows: &mut [Row<'_>],
) -> Option<(&'a str, DatadogError)> {
    let has_failed = Cell::new(false);
    let pushed = stream::iter(names).map(async |(name, metric)| {
        if has_failed.get() {
            return Ok(State::Skipped);
        }
        tell(api, name, metric).await.inspect_err(|_| has_failed.set(true))
    });
    let mut failure = None;
    for ((row, (name, _)), result) in
        rows.iter_mut().zip(names).zip(pushed.buffered(AT_ONCE).collect::<Vec<_>>().await)
    {
        row.state = Some(result.unwrap_or_else(|error| {
            failure.get_or_insert((*name, error));
            State::Failed
        }));
    }
    failure
}

/// Names the metric and counts the metrics in each state. Several fail where several requests were under way.
fn failed(name: &str, rows: &[Row<'_>]) -> String {
    let count = |state: State| rows.iter().filter(|row| row.state == Some(state)).count();
    let counts: Vec<String> = State::ALL
        .into_iter()
        .filter(|state| count(*state) > 0)
        .map(|state| format!("{} {}", count(state), state.word()))
        .collect();
    format!("cannot push the metadata of {name} (of {} metrics: {})", rows.len(), counts.join(", "))
}

async fn tell(api: &DatadogApi, name: &str, metric: &Metric) -> Result<State, DatadogError> {
    let Some(known) = api.metadata(name).await? else { return Ok(State::Unknown) };
    if let (Some(unit), None) = (&known.unit, metric.unit().and_then(datadog_unit)) {
        tracing::warn!(
            "Datadog still has the unit `{unit}` for {name}, and can only be told otherwise there"
        );
    }
    match metadata_update(&known, &metadata(metric)) {
        None => Ok(State::Kept),
        Some(update) => {
            api.update_metadata(name, &update).await?;
            Ok(State::Updated)
        }
    }
}

impl<'a> Row<'a> {
    fn new(name: &'a str, metric: &'a Metric) -> Self {
        Self {
            metric: name,
            kind: metric.kind().name(),
            unit: metric.unit().and_then(datadog_unit),
            description: metric.description().trim(),
            state: None,
        }
    }
}

struct Rows<'a>(&'a [Row<'a>]);

impl fmt::Display for Rows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Builder::new();
        table.push_record(["METRIC", "TYPE", "UNIT", "", "DESCRIPTION"]);
        for row in self.0 {
            let state = row.state.map_or("", State::word);
            table.push_record([row.metric, row.kind, row.unit.unwrap_or("-"), state, row.description]);
        }
        let mut table = table.build();
        table
            .with(Style::empty())
            .with(Padding::new(0, 2, 0, 0))
            .modify(Columns::one(4), Width::wrap(DESCRIPTION_WIDTH).keep_words(true));
        for line in table.to_string().lines() {
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
