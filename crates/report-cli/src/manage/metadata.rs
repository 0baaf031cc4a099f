//! `report metadata`.

use std::{fmt, time::SystemTime};

use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use system_health_datadog::{DatadogApi, DatadogError, datadog_unit, metadata, metadata_update};
use system_health_registry::{Catalog, Metric};
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
    /// It has had no point of the metric yet, and takes no word about it before.
    Unknown,
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
            let alias = metric.alias().filter(|alias| now < alias.until()).map(|alias| alias.key());
            [Some(metric.key()), alias].into_iter().flatten().map(move |name| (name, metric))
        })
        .collect();
    let mut rows: Vec<Row<'_>> = names.iter().map(|(name, metric)| Row::new(name, metric)).collect();
    if arguments.push {
        let connection = Connection::open(&connection::settings(&arguments.settings)?).await?;
        let told = stream::iter(&names).map(|(name, metric)| tell(&connection.api, name, metric));
        let states: Vec<State> = told.buffered(AT_ONCE).try_collect().await?;
        for (row, state) in rows.iter_mut().zip(states) {
            row.state = Some(state);
        }
    }
    stdout.print(Rows(&rows), &rows)?;
    if rows.iter().any(|row| row.state == Some(State::Unknown)) {
        tracing::warn!("Datadog does not know some metrics yet; push a report first, then this again");
    }
    Ok(Status::Done)
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
            let state = match row.state {
                None => "",
                Some(State::Updated) => "updated",
                Some(State::Kept) => "kept",
                Some(State::Unknown) => "unknown to Datadog",
            };
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
