//! `report metadata`.

use std::{cell::Cell, fmt, time::SystemTime};

use clap::{ArgMatches, CommandFactory, FromArgMatches};
use futures::{StreamExt, stream};
use serde::Serialize;
use system_health_command::{
    CommandContext, CommandType, ExitStatus,
    Format::{Json, Table},
    register_command,
};
use system_health_datadog::{DatadogApi, DatadogError, datadog_unit, metadata, metadata_update};
use system_health_registry::{Alias, Metric};
use tabled::{
    builder::Builder,
    settings::{Padding, Style, Width, object::Columns},
};

use super::arguments::MetadataArguments;
use crate::{connection::Connection, run::run};

/// Maximum number of concurrent requests. A higher number does not make a push faster.
const CONCURRENT_REQUESTS: usize = 4;
const DESCRIPTION_WIDTH: usize = 60;

/// The metadata that Datadog should have for a metric.
#[derive(Debug, Serialize)]
struct MetadataRow<'a> {
    metric: &'a str,
    /// Datadog's name for the kind.
    #[serde(rename = "type")]
    kind: String,
    /// Datadog's name for the unit.
    unit: Option<&'static str>,
    description: &'a str,
    #[serde(rename = "state", skip_serializing_if = "Option::is_none")]
    status: Option<MetadataStatus>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum MetadataStatus {
    /// Datadog had other metadata, and was updated.
    Updated,
    /// Datadog already had this metadata.
    Kept,
    /// Datadog has no points of the metric yet. It accepts metadata only after the first point.
    Unknown,
    /// A request failed.
    Failed,
    /// No request was made, because another one failed.
    Skipped,
}

impl MetadataStatus {
    const ALL: [Self; 5] = [Self::Updated, Self::Kept, Self::Unknown, Self::Failed, Self::Skipped];

    /// The same name as in JSON.
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

register_command!(CommandType {
    command: MetadataArguments::command,
    target: None,
    formats: &[Table, Json],
    run: |matches, context| run(execute(matches, context)),
});

/// Prints the metadata. With `--push`, also updates it in Datadog.
async fn execute(matches: &ArgMatches, context: &CommandContext<'_>) -> anyhow::Result<ExitStatus> {
    let arguments = MetadataArguments::from_arg_matches(matches)?;
    let catalog = &context.selected_catalog(Some(&arguments.settings), None)?;
    let stdout = context.stdout();
    for metric in catalog.metrics() {
        if let Some(unit) = metric.unit().filter(|unit| datadog_unit(unit).is_none()) {
            tracing::info!(
                "{}: Datadog has no unit `{unit}`, so it shows the metric without a unit",
                metric.key()
            );
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
    let mut rows: Vec<MetadataRow<'_>> =
        names.iter().map(|(name, metric)| MetadataRow::new(name, metric)).collect();
    let mut failure = None;
    if arguments.push {
        let connection = Connection::open(&context.settings(&arguments.settings)?).await?;
        failure = push(&connection.api, &names, &mut rows).await;
    }
    // Show what was updated even if a request failed.
    stdout.print(MetadataRows(&rows), &rows)?;
    if let Some((name, error)) = failure {
        return Err(anyhow::Error::new(error).context(failure_message(name, &rows)));
    }
    if rows.iter().any(|row| row.status == Some(MetadataStatus::Unknown)) {
        tracing::warn!(
            "Datadog has no points of some metrics yet; push a report first, then repeat this command"
        );
    }
    Ok(ExitStatus::Done)
}

/// Pushes until a request fails, then waits for the metrics whose update has already begun. Sets the status of each row.
async fn push<'a>(
    api: &DatadogApi,
    names: &[(&'a str, &Metric)],
    rows: &mut [MetadataRow<'_>],
) -> Option<(&'a str, DatadogError)> {
    let has_failed = Cell::new(false);
    let pushed = stream::iter(names).map(async |(name, metric)| {
        if has_failed.get() {
            return Ok(MetadataStatus::Skipped);
        }
        update(api, name, metric).await.inspect_err(|_| has_failed.set(true))
    });
    let mut failure = None;
    for ((row, (name, _)), result) in
        rows.iter_mut().zip(names).zip(pushed.buffered(CONCURRENT_REQUESTS).collect::<Vec<_>>().await)
    {
        row.status = Some(result.unwrap_or_else(|error| {
            failure.get_or_insert((*name, error));
            MetadataStatus::Failed
        }));
    }
    failure
}

/// The error message: the first metric whose request failed, and the number of metrics with each status.
fn failure_message(name: &str, rows: &[MetadataRow<'_>]) -> String {
    let count = |status: MetadataStatus| rows.iter().filter(|row| row.status == Some(status)).count();
    let counts: Vec<String> = MetadataStatus::ALL
        .iter()
        .filter(|status| count(**status) > 0)
        .map(|status| format!("{} {}", count(*status), status.word()))
        .collect();
    format!("cannot push the metadata of {name} (of {} metrics: {})", rows.len(), counts.join(", "))
}

async fn update(api: &DatadogApi, name: &str, metric: &Metric) -> Result<MetadataStatus, DatadogError> {
    let Some(known) = api.metadata(name).await? else { return Ok(MetadataStatus::Unknown) };
    if let (Some(unit), None) = (&known.unit, metric.unit().and_then(datadog_unit)) {
        tracing::warn!(
            "Datadog still has the unit `{unit}` for {name}; only its web interface can remove a unit"
        );
    }
    match metadata_update(&known, &metadata(metric)) {
        None => Ok(MetadataStatus::Kept),
        Some(changed) => {
            api.update_metadata(name, &changed).await?;
            Ok(MetadataStatus::Updated)
        }
    }
}

impl<'a> MetadataRow<'a> {
    fn new(name: &'a str, metric: &'a Metric) -> Self {
        Self {
            metric: name,
            kind: metadata(metric).type_.unwrap_or_default(),
            unit: metric.unit().and_then(datadog_unit),
            description: metric.description().trim(),
            status: None,
        }
    }
}

struct MetadataRows<'a>(&'a [MetadataRow<'a>]);

impl fmt::Display for MetadataRows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Builder::new();
        table.push_record(["METRIC", "TYPE", "UNIT", "", "DESCRIPTION"]);
        for row in self.0 {
            let status = row.status.map_or("", MetadataStatus::word);
            table.push_record([row.metric, &row.kind, row.unit.unwrap_or("-"), status, row.description]);
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

#[cfg(test)]
mod tests {
    use system_health_registry::{Facts, Kind, Unavailable, location};

    use super::*;

    #[test]
    fn a_row_has_the_type_that_is_pushed() {
        let facts = Facts::new("jobs.done", "Jobs that are done.").with_kind(Kind::Counter);
        let counter =
            Metric::new(facts, location!(), |_| Box::pin(async { Err(Unavailable::no_data("never")) }));

        assert_eq!(MetadataRow::new("jobs.done", &counter).kind, "count");
    }
}
