//! `report list`: what is linked, without running anything.

use std::fmt;

use serde::Serialize;
use system_health_registry::{Aggregate, Alias, Catalog, Metric};
use tabled::{
    builder::Builder,
    settings::{Padding, Style, Width, object::Columns},
};

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
    tags: &'a [&'a str],
    timeout_seconds: Option<f64>,
    owner: Option<&'a str>,
    runbook: Option<&'a str>,
    window_seconds: Option<u64>,
    aggregate: Option<&'a str>,
    recovery: Option<f64>,
    notify: &'a [&'a str],
    alias: Option<JsonAlias>,
    #[serde(rename = "crate")]
    crate_name: &'a str,
    file: &'a str,
    line: u32,
}

#[derive(Serialize)]
struct JsonAlias {
    key: &'static str,
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
        let source = metric.source();
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
            crate_name: source.crate_name(),
            file: source.file(),
            line: source.line(),
        }
    }
}

impl From<Alias> for JsonAlias {
    fn from(alias: Alias) -> Self {
        Self { key: alias.key(), until: alias.until_day() }
    }
}

impl fmt::Display for TableList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Builder::new();
        table.push_record(["METRIC", "KIND", "UNIT", "GOAL", "DESCRIPTION", "SOURCE"]);
        for metric in self.0.metrics() {
            let source = metric.source();
            table.push_record([
                metric.key().to_owned(),
                metric.kind().to_string(),
                metric.unit().unwrap_or("-").to_owned(),
                metric.goal().map_or_else(|| "-".to_owned(), |goal| goal.to_string()),
                metric.description().to_owned(),
                format!("{} {}:{}", source.crate_name(), source.file(), source.line()),
            ]);
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
