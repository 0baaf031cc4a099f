//! `report list`: what is linked, without running anything.

use std::fmt;

use serde::Serialize;
use system_health_registry::{Aggregate, Alias, Catalog, Metric};
use tabled::{
    builder::Builder,
    settings::{Padding, Style, Width, object::Columns},
};

use super::text::count;

const DESCRIPTION_WIDTH: usize = 48;

/// The catalog for people.
pub(crate) struct TableList<'a>(pub(crate) &'a Catalog);

/// The catalog for programs.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct JsonList<'a>(Vec<JsonMetric<'a>>);

#[derive(Serialize)]
struct JsonMetric<'a> {
    key: &'a str,
    kind: &'a str,
    interval_seconds: Option<u64>,
    unit: Option<&'a str>,
    goal: Option<String>,
    description: &'a str,
    tags: &'a [String],
    timeout_seconds: Option<f64>,
    owner: Option<&'a str>,
    runbook: Option<&'a str>,
    window_seconds: Option<u64>,
    aggregate: Option<&'a str>,
    recovery: Option<f64>,
    notify: &'a [String],
    alias: Option<JsonAlias<'a>>,
    #[serde(rename = "crate")]
    crate_name: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<u32>,
    /// The type of what the metric is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    /// The source that described it.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonAlias<'a> {
    key: &'a str,
    until: String,
}

impl<'a> JsonList<'a> {
    /// Describes a catalog.
    pub(crate) fn new(catalog: &'a Catalog) -> Self {
        Self(catalog.metrics().iter().map(JsonMetric::new).collect())
    }
}

impl<'a> JsonMetric<'a> {
    fn new(metric: &'a Metric) -> Self {
        let location = metric.location();
        Self {
            key: metric.key(),
            kind: metric.kind().name(),
            interval_seconds: metric.kind().interval().map(|interval| interval.as_secs()),
            unit: metric.unit(),
            goal: metric.goal().map(|goal| goal.to_string()),
            description: metric.description(),
            tags: metric.tags(),
            timeout_seconds: metric.timeout().map(|timeout| timeout.as_secs_f64()),
            owner: metric.owner(),
            runbook: metric.runbook(),
            window_seconds: metric.window().map(|window| window.as_secs()),
            aggregate: metric.aggregate().map(Aggregate::name),
            recovery: metric.recovery(),
            notify: metric.notify(),
            alias: metric.alias().map(JsonAlias::from),
            subject: metric.subject_type(),
            source: metric.source().map(AsRef::as_ref),
            crate_name: location.crate_name(),
            file: location.line().map(|(file, _)| file),
            line: location.line().map(|(_, line)| line),
        }
    }
}

impl<'a> From<&'a Alias> for JsonAlias<'a> {
    fn from(alias: &'a Alias) -> Self {
        Self { key: alias.key(), until: alias.until_day() }
    }
}

impl fmt::Display for TableList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Builder::new();
        table.push_record(["METRIC", "EACH", "KIND", "UNIT", "GOAL", "DESCRIPTION", "SOURCE"]);
        for metric in self.0.metrics() {
            table.push_record([
                metric.key().to_owned(),
                metric.subject_type().unwrap_or("-").to_owned(),
                metric.kind().to_string(),
                metric.unit().unwrap_or("-").to_owned(),
                metric.goal().map_or_else(|| "-".to_owned(), |goal| goal.to_string()),
                metric.description().to_owned(),
                place(metric),
            ]);
        }
        let mut table = table.build();
        table
            .with(Style::empty())
            .with(Padding::new(0, 2, 0, 0))
            .modify(Columns::one(5), Width::wrap(DESCRIPTION_WIDTH).keep_words(true));
        for line in table.to_string().lines() {
            writeln!(f, "{}", line.trim_end())?;
        }
        self.sources(f)
    }
}

impl TableList<'_> {
    /// The sources. Which metrics they have is known once a run has asked them.
    fn sources(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let metrics = self.0.metrics();
        for (number, source) in self.0.sources().iter().enumerate() {
            if number == 0 {
                writeln!(f, "\nSources of further metrics")?;
            }
            let known = metrics.iter().filter(|metric| metric.source() == Some(source.name())).count();
            let known = match known {
                0 => "no run has seen its metrics yet".to_owned(),
                known => format!("{} known", count(known, "metric")),
            };
            let (name, location) = (source.name(), source.location());
            let description = source.description().split_whitespace().collect::<Vec<_>>().join(" ");
            writeln!(f, "  {name}: {known}; {location}; {description}")?;
        }
        Ok(())
    }
}

/// Where a metric is registered: `crate file:line`.
fn place(metric: &Metric) -> String {
    let location = metric.location();
    match location.crate_name().zip(location.line()) {
        Some((name, (file, line))) => format!("{name} {file}:{line}"),
        None => location.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use system_health_registry::{Facts, Location, Source, Unavailable};

    use super::*;
    use crate::output::fixture;

    #[test]
    fn the_list_says_what_a_metric_is_about_and_which_source_described_it() {
        let source = |name| {
            Source::new(name, "The views\nof a database.", Location::code("acme", "db.rs", 7), |_| {
                Box::pin(async { Err(Unavailable::no_data("a test")) })
            })
        };
        let hotfix = Metric::new(
            Facts::new("commits.hotfix", "Hotfixes."),
            Location::code("git", "lib.rs", 3),
            |_| Box::pin(async { Err(Unavailable::no_data("a test")) }),
        );
        let catalog = Catalog::new([hotfix.each::<fixture::Repository>()])
            .unwrap()
            .with_sources([source("warehouse"), source("archive")])
            .unwrap()
            .with_described("warehouse", [Facts::new("orders.open", "Orders.")]);

        let list = TableList(&catalog).to_string();
        let json = serde_json::to_value(JsonList::new(&catalog)).unwrap();

        assert_snapshot!(list, @"
        METRIC          EACH        KIND   UNIT  GOAL  DESCRIPTION  SOURCE
        commits.hotfix  Repository  gauge  -     -     Hotfixes.    git lib.rs:3
        orders.open     -           gauge  -     -     Orders.      the source `warehouse`

        Sources of further metrics
          archive: no run has seen its metrics yet; acme (db.rs:7); The views of a database.
          warehouse: 1 metric known; acme (db.rs:7); The views of a database.
        ");
        assert_eq!((&json[0]["subject"], &json[1]["source"]), (&"Repository".into(), &"warehouse".into()));
    }
}
