//! `report list`: the metrics and sources of the catalog. Nothing is collected.

use std::{collections::BTreeMap, fmt, time::Duration};

use humantime::format_duration;
use serde::{Serialize, Serializer, ser::SerializeMap};
use system_health_registry::{
    Catalog, DEFAULT_TIMEOUT, Form, Metric, MetricOption, OptionValue, Source, group_title,
    self_metrics::is_self_metric,
};
use system_health_reporter::{Choice, Selection};
use tabled::{
    builder::Builder,
    settings::{Padding, Style},
};

use super::{
    columns::max_line_width,
    text::{count, wrap},
};

/// Width of the descriptions, in columns of the terminal.
const DESCRIPTION_WIDTH: usize = 48;
/// Minimum width of the descriptions, for a narrow terminal.
const MIN_DESCRIPTION_WIDTH: usize = 24;

/// The catalog as a table for people.
pub(crate) struct TableList<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) selection: &'a Selection,
    /// The width of the terminal, if there is one. On a narrow terminal, there is no column `SOURCE`, and descriptions are
    /// narrower.
    pub(crate) width: Option<usize>,
}

/// The catalog as JSON for programs: the metrics and the sources.
#[derive(Serialize)]
pub(crate) struct JsonCatalog<'a> {
    metrics: JsonList<'a>,
    sources: Vec<JsonSource<'a>>,
}

/// The metrics of a catalog as JSON for programs.
#[derive(Serialize)]
#[serde(transparent)]
pub struct JsonList<'a>(Vec<JsonMetric<'a>>);

/// A metric with its options in `#[system_health_metric]`, and whether a run collects it. An option without a value is `null`.
struct JsonMetric<'a> {
    metric: &'a Metric,
    choice: Choice,
    /// The maximum time of one collection.
    timeout: Duration,
}

/// A source. Its metrics are known only after a run has called it.
#[derive(Serialize)]
struct JsonSource<'a> {
    name: &'a str,
    description: &'a str,
    timeout: String,
    /// Whether a run calls it.
    collected: bool,
    /// The keys of the metrics that are known.
    metrics: Vec<&'a str>,
    #[serde(rename = "crate")]
    crate_name: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<u32>,
}

impl<'a> JsonCatalog<'a> {
    /// Describes a catalog.
    pub(crate) fn new(catalog: &'a Catalog, selection: &Selection) -> Self {
        let source = |source: &'a Source| {
            let known = catalog.metrics().iter().filter(|metric| metric.source() == Some(source.name()));
            let location = source.location();
            JsonSource {
                name: source.name(),
                description: source.description().trim(),
                timeout: format_duration(source.timeout().unwrap_or(DEFAULT_TIMEOUT)).to_string(),
                collected: !selection.skipped_sources().any(|name| *name == **source.name()),
                metrics: known.map(|metric| metric.key()).collect(),
                crate_name: location.crate_name(),
                file: location.file_and_line().map(|(file, _)| file),
                line: location.file_and_line().map(|(_, line)| line),
            }
        };
        let sources = catalog.sources().iter().map(source).collect();
        Self { metrics: JsonList::new(catalog, selection), sources }
    }
}

impl<'a> JsonList<'a> {
    /// Describes the metrics of a catalog.
    #[must_use]
    pub fn new(catalog: &'a Catalog, selection: &Selection) -> Self {
        let timeout = |metric: &Metric| match metric.source() {
            None => metric.timeout(),
            // A source collects all its metrics at once.
            Some(name) => catalog.sources().iter().find(|it| it.name() == name).and_then(Source::timeout),
        };
        let metric = |metric: &'a Metric| JsonMetric {
            metric,
            choice: selection.choice(metric),
            timeout: timeout(metric).unwrap_or(DEFAULT_TIMEOUT),
        };
        Self(catalog.metrics().iter().map(metric).collect())
    }
}

impl Serialize for JsonMetric<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { metric, choice, timeout } = self;
        let location = metric.location();
        let mut values: BTreeMap<_, _> =
            metric.options().map(|(option, value)| (option.name, value)).collect();
        values.insert("timeout", OptionValue::Text(format_duration(*timeout).to_string()));
        values.insert("enabled", OptionValue::Bool(metric.is_enabled()));
        values.insert("backfill", OptionValue::Bool(metric.can_backfill()));
        let mut map = serializer.serialize_map(None)?;
        for option in MetricOption::all().filter(|option| option.form != Form::Type) {
            map.serialize_entry(option.name, &values.get(option.name))?;
        }
        map.serialize_entry("description", metric.description())?;
        map.serialize_entry("group", metric.group())?;
        map.serialize_entry("group_title", &group_title(metric.group()))?;
        map.serialize_entry("collected", &(*choice == Choice::Collected))?;
        map.serialize_entry("about_reporter", &is_self_metric(metric.key()))?;
        map.serialize_entry("crate", &location.crate_name())?;
        map.serialize_entry("file", &location.file_and_line().map(|(file, _)| file))?;
        map.serialize_entry("line", &location.file_and_line().map(|(_, line)| line))?;
        if let Some(subject) = metric.subject_type() {
            map.serialize_entry("subject", subject)?;
        }
        if let Some(source) = metric.source() {
            map.serialize_entry("source", &**source)?;
        }
        map.end()
    }
}

impl fmt::Display for TableList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = self.table(true, DESCRIPTION_WIDTH);
        if let Some(width) = self.width.filter(|width| max_line_width(&table) > *width) {
            table = self.table(false, DESCRIPTION_WIDTH);
            let excess = max_line_width(&table).saturating_sub(width);
            if excess > 0 {
                table =
                    self.table(false, DESCRIPTION_WIDTH.saturating_sub(excess).max(MIN_DESCRIPTION_WIDTH));
            }
        }
        table.lines().try_for_each(|line| writeln!(f, "{}", line.trim_end()))?;
        self.write_sources(f)
    }
}

impl TableList<'_> {
    /// The metrics, with or without the places where they are registered.
    fn table(&self, with_places: bool, description_width: usize) -> String {
        let mut table = Builder::new();
        let headings =
            ["METRIC", "EACH", "KIND", "UNIT", "GOAL", "REQUESTS", "COLLECTED", "DESCRIPTION", "SOURCE"];
        let shown = headings.len() - usize::from(!with_places);
        table.push_record(headings.into_iter().take(shown));
        for metric in self.catalog.metrics() {
            let row = [
                metric.key().to_owned(),
                metric.subject_type().unwrap_or("-").to_owned(),
                metric.kind().to_string(),
                metric.unit().unwrap_or("-").to_owned(),
                metric.goal().map_or_else(|| "-".to_owned(), |goal| goal.to_string()),
                metric.requests().map_or_else(|| "-".to_owned(), |requests| requests.to_string()),
                collected(self.selection.choice(metric)).to_owned(),
                wrapped(metric.description(), description_width),
                place(metric),
            ];
            table.push_record(row.into_iter().take(shown));
        }
        let mut table = table.build();
        table.with(Style::empty()).with(Padding::new(0, 2, 0, 0)).to_string()
    }

    /// Writes the sources. The metrics of a source are known only after a run has called it.
    fn write_sources(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let metrics = self.catalog.metrics();
        for (number, source) in self.catalog.sources().iter().enumerate() {
            if number == 0 {
                writeln!(f, "\nSources of further metrics")?;
            }
            let known = metrics.iter().filter(|metric| metric.source() == Some(source.name())).count();
            let is_skipped = self.selection.skipped_sources().any(|name| *name == **source.name());
            let known = match known {
                _ if is_skipped => "skipped".to_owned(),
                0 => "no metrics known yet".to_owned(),
                known => format!("{} known", count(known, "metric")),
            };
            let (name, location) = (source.name(), source.location());
            let description = source.description().split_whitespace().collect::<Vec<_>>().join(" ");
            writeln!(f, "  {name}: {known}; {location}; {description}")?;
        }
        Ok(())
    }
}

fn wrapped(text: &str, width: usize) -> String {
    let mut lines = String::new();
    // Writing to a string cannot fail.
    let _ = wrap(&mut lines, Some(width), ("", ""), text.trim());
    lines.trim_end().to_owned()
}

fn collected(choice: Choice) -> &'static str {
    match choice {
        Choice::Collected => "yes",
        Choice::NotEnabled => "not enabled",
        Choice::Skipped => "skipped",
    }
}

/// Where a metric is registered: `crate file:line`.
fn place(metric: &Metric) -> String {
    let location = metric.location();
    match location.crate_name().zip(location.file_and_line()) {
        Some((name, (file, line))) => format!("{name} {file}:{line}"),
        None => location.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use insta::assert_snapshot;
    use system_health_registry::{Facts, Location, Settings, Unavailable};

    use super::*;
    use crate::output::fixture;

    #[test]
    fn the_list_shows_which_metrics_a_run_collects() {
        let metric = |facts| {
            Metric::new(facts, Location::code("acme", "lib.rs", 3), |_| {
                Box::pin(async { Err(Unavailable::no_data("a test")) })
            })
        };
        let disabled = |key| metric(Facts::new(key, "For a test.").disabled().with_requests(2.5));
        let catalog = Catalog::new([
            metric(Facts::new("ci.runs", "For a test.")),
            metric(Facts::new("commits.landed", "For a test.")),
            disabled("prs.merged"),
            disabled("prs.open"),
        ]);
        let catalog = catalog.unwrap();
        let toml = "[metrics]\nenable = ['prs.o*']\n[report]\nskip = ['ci.*']";
        let settings = Settings::builder().toml(Path::new("a.toml"), toml).unwrap().build().unwrap();
        let selection = Selection::default().with_settings(&catalog, &settings).unwrap();

        let list = TableList { catalog: &catalog, selection: &selection, width: None }.to_string();
        let json = serde_json::to_value(JsonList::new(&catalog, &selection)).unwrap();

        assert_snapshot!(list, @"
        METRIC          EACH  KIND   UNIT  GOAL  REQUESTS  COLLECTED    DESCRIPTION  SOURCE
        ci.runs         -     gauge  -     -     -         skipped      For a test.  acme lib.rs:3
        commits.landed  -     gauge  -     -     -         yes          For a test.  acme lib.rs:3
        prs.merged      -     gauge  -     -     2.5       not enabled  For a test.  acme lib.rs:3
        prs.open        -     gauge  -     -     2.5       yes          For a test.  acme lib.rs:3
        ");
        let collected = json.as_array().unwrap().iter().map(|metric| metric["collected"].as_bool().unwrap());
        assert_eq!(collected.collect::<Vec<_>>(), [false, true, false, true]);
        assert_eq!((&json[0]["group"], &json[0]["timeout"]), (&"ci".into(), &"30s".into()));
        assert_eq!((&json[0]["enabled"], &json[2]["enabled"]), (&true.into(), &false.into()));
    }

    #[test]
    fn a_skipped_source_is_listed_with_its_metrics() {
        let source = Source::new("warehouse", "Orders.", Location::code("acme", "db.rs", 7), |_| {
            Box::pin(async { Err(Unavailable::no_data("a test")) })
        });
        let catalog = Catalog::from_sources([source]).unwrap();
        let selection = Selection::default().skip_sources(&catalog, ["warehouse"]).unwrap();
        let catalog =
            catalog.with_described_metrics("warehouse", [Facts::new("orders.open", "Open orders.")]);

        let list = TableList { catalog: &catalog, selection: &selection, width: None }.to_string();
        let json = serde_json::to_value(JsonCatalog::new(&catalog, &selection)).unwrap();

        assert_snapshot!(list, @"
        METRIC       EACH  KIND   UNIT  GOAL  REQUESTS  COLLECTED  DESCRIPTION   SOURCE
        orders.open  -     gauge  -     -     -         skipped    Open orders.  the source `warehouse`

        Sources of further metrics
          warehouse: skipped; acme (db.rs:7); Orders.
        ");
        assert_eq!(json["metrics"][0]["collected"], false);
        assert_eq!(json["sources"][0]["collected"], false);
    }

    #[test]
    fn metrics_are_listed_with_their_subjects_and_sources() {
        let source = |name| {
            Source::new(name, "The views\nof a database.", Location::code("acme", "db.rs", 7), |_| {
                Box::pin(async { Err(Unavailable::no_data("a test")) })
            })
            .with_timeout(Duration::from_mins(1))
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
            .with_described_metrics("warehouse", [Facts::new("orders.open", "Orders.")]);

        let selection = Selection::default();
        let list = TableList { catalog: &catalog, selection: &selection, width: None }.to_string();
        let json = serde_json::to_value(JsonCatalog::new(&catalog, &selection)).unwrap();

        assert_snapshot!(list, @"
        METRIC          EACH        KIND   UNIT  GOAL  REQUESTS  COLLECTED  DESCRIPTION  SOURCE
        commits.hotfix  Repository  gauge  -     -     -         yes        Hotfixes.    git lib.rs:3
        orders.open     -           gauge  -     -     -         yes        Orders.      the source `warehouse`

        Sources of further metrics
          archive: no metrics known yet; acme (db.rs:7); The views of a database.
          warehouse: 1 metric known; acme (db.rs:7); The views of a database.
        ");
        let [hotfix, orders] = &json["metrics"].as_array().unwrap()[..] else { panic!("{json:#}") };
        assert_eq!((&hotfix["subject"], &orders["source"]), (&"Repository".into(), &"warehouse".into()));
        assert_eq!((&hotfix["timeout"], &orders["timeout"]), (&"30s".into(), &"1m".into()));
        assert_snapshot!(json["sources"], @r#"[{"collected":true,"crate":"acme","description":"The views\nof a database.","file":"db.rs","line":7,"metrics":[],"name":"archive","timeout":"1m"},{"collected":true,"crate":"acme","description":"The views\nof a database.","file":"db.rs","line":7,"metrics":["orders.open"],"name":"warehouse","timeout":"1m"}]"#);
    }
}
