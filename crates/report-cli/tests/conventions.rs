//! Checks that the table of names, units and types in each backend (`docs/metrics.md`) shows what the sinks deliver.
//! `UPDATE_DOCS=1` regenerates the table.
#![cfg(all(
    feature = "cloudwatch",
    feature = "datadog",
    feature = "dogstatsd",
    feature = "otlp",
    feature = "prometheus"
))]

use std::{
    collections::BTreeSet,
    env, fs,
    path::Path,
    time::{Duration, SystemTime},
};

use serde_json::Value as Json;
use system_health_registry::{
    Context, Destination, Distribution, Kind, Point, Settings, SinkType, Temporality, Value,
};
use system_health_report_cli as _;

const START: &str = "<!-- conventions -->\n";
const END: &str = "<!-- end of conventions -->\n";

/// The time since the previous run.
const INTERVAL: Duration = Duration::from_mins(15);

/// A metric of the table: its key, kind, unit and value.
type Example = (&'static str, Kind, Option<&'static str>, f64);

const EXAMPLES: [Example; 11] = [
    ("commits.hotfix", Kind::Gauge, Some("commit"), 3.0),
    ("queue.length", Kind::Gauge, None, 4.0),
    ("build.duration_ms", Kind::Gauge, Some("ms"), 250.0),
    ("branch.age_days", Kind::Gauge, Some("day"), 2.0),
    ("coverage.percent", Kind::Gauge, Some("%"), 87.5),
    ("disk.free", Kind::Gauge, Some("MiB"), 512.0),
    ("deploys", Kind::Count { interval: INTERVAL }, Some("deploy"), 2.0),
    ("net.received", Kind::Rate { interval: INTERVAL }, Some("byte"), 128.0),
    ("builds", Kind::Counter, Some("build"), 42.0),
    ("cpu.time_ms.total", Kind::Counter, Some("ms"), 1500.0),
    ("wait.duration", Kind::Distribution, Some("s"), 0.5),
];

/// A metric as a backend gets it. `kind` is the type that the backend names. A field that a backend does not have is empty.
#[derive(Default)]
struct DeliveredMetric {
    name: String,
    kind: String,
    unit: String,
    value: String,
}

/// A backend, and how to find the metric in the preview of a request to it.
struct Backend {
    title: &'static str,
    sink: &'static str,
    settings: &'static str,
    read: fn(&Json) -> Option<DeliveredMetric>,
}

const BACKENDS: [Backend; 5] = [
    Backend {
        title: "Prometheus",
        sink: "prometheus",
        settings: "[prometheus]\ntextfile = 'a.prom'",
        read: prometheus,
    },
    Backend {
        title: "OTLP",
        sink: "otlp",
        settings: "[otlp]\nendpoint = 'http://collector:4318'",
        read: otlp,
    },
    Backend {
        title: "CloudWatch",
        sink: "cloudwatch",
        settings: "[cloudwatch]\nnamespace = 'Shop'\nregion = 'eu-west-1'",
        read: cloudwatch,
    },
    Backend { title: "Datadog", sink: "datadog", settings: "", read: datadog },
    Backend {
        title: "DogStatsD",
        sink: "dogstatsd",
        settings: "[dogstatsd]\naddress = 'udp://127.0.0.1:8125'",
        read: dogstatsd,
    },
];

fn prometheus(preview: &Json) -> Option<DeliveredMetric> {
    let lines = preview["pages"].as_object()?.values().next()?.as_array()?;
    let mut lines = lines.iter().filter_map(Json::as_str);
    let (name, kind) = lines.find_map(|line| line.strip_prefix("# TYPE "))?.split_once(' ')?;
    // A histogram has a line for each bucket.
    let value = lines.next()?.rsplit_once(' ')?.1;
    let value = if kind == "histogram" { "" } else { value };
    Some(DeliveredMetric {
        name: name.to_owned(),
        kind: kind.to_owned(),
        unit: String::new(),
        value: value.to_owned(),
    })
}

fn otlp(preview: &Json) -> Option<DeliveredMetric> {
    let metric = preview.pointer("/request/resourceMetrics/0/scopeMetrics/0/metrics/0")?;
    let forms = [("gauge", "Gauge"), ("sum", "Sum"), ("exponentialHistogram", "ExponentialHistogram")];
    let (form, kind) = forms.into_iter().find(|(form, _)| metric.get(form).is_some())?;
    let value = metric[form].pointer("/dataPoints/0/asDouble").map(ToString::to_string).unwrap_or_default();
    Some(DeliveredMetric {
        name: text(&metric["name"]),
        kind: kind.to_owned(),
        unit: metric.get("unit").map(text).unwrap_or_default(),
        value,
    })
}

fn cloudwatch(preview: &Json) -> Option<DeliveredMetric> {
    let datum = preview.pointer("/requests/0/MetricData/0")?;
    let value = datum.get("Value").map(ToString::to_string).unwrap_or_default();
    let kind = if value.is_empty() { "values" } else { "value" };
    Some(DeliveredMetric {
        name: text(&datum["MetricName"]),
        kind: kind.to_owned(),
        unit: text(&datum["Unit"]),
        value,
    })
}

fn datadog(preview: &Json) -> Option<DeliveredMetric> {
    if let Some(series) = preview.pointer("/distribution_points/series/0") {
        let kind = "distribution".to_owned();
        return Some(DeliveredMetric { name: text(&series["metric"]), kind, ..DeliveredMetric::default() });
    }
    let series = preview.pointer("/series/0")?;
    let kind =
        ["unspecified", "count", "rate", "gauge"].get(usize::try_from(series["type"].as_u64()?).ok()?)?;
    Some(DeliveredMetric {
        name: text(&series["metric"]),
        kind: (*kind).to_owned(),
        unit: series.get("unit").map(text).unwrap_or_default(),
        value: series.pointer("/points/0/value")?.to_string(),
    })
}

fn dogstatsd(preview: &Json) -> Option<DeliveredMetric> {
    let line = preview.pointer("/lines/0")?.as_str()?;
    let mut fields = line.split('|');
    let (name, value) = fields.next()?.split_once(':')?;
    let kind = fields.next()?.to_owned();
    Some(DeliveredMetric { name: name.to_owned(), kind, unit: String::new(), value: value.to_owned() })
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A cell of the table. The name and the value are left out if they are those of the example.
fn cell(metric: Option<DeliveredMetric>, (key, _, _, value): &Example) -> String {
    let Some(DeliveredMetric { name, kind, unit, value: delivered }) = metric else {
        return "not delivered".to_owned();
    };
    let mut words = Vec::new();
    if name != *key {
        words.push(format!("`{name}`"));
    }
    words.push(if kind.len() == 1 { format!("`{kind}`") } else { kind });
    if !unit.is_empty() {
        words.push(format!("`{unit}`"));
    }
    let number = delivered.parse::<f64>().ok().filter(|number| number.total_cmp(value).is_ne());
    words.extend(number.map(|number| format!("= {number}")));
    words.join(" ")
}

/// The point of an example as the reporter gives it to a destination.
fn point((key, kind, unit, value): &Example, destination: &dyn Destination) -> Point {
    let gets_increases = destination.capabilities().counter_temporality == Temporality::Delta;
    let kind = match kind {
        Kind::Counter if gets_increases => Kind::Count { interval: INTERVAL },
        kind => *kind,
    };
    let value = match kind {
        Kind::Distribution => Value::from(Distribution::from_values([*value]).unwrap()),
        _ => Value::Number(*value),
    };
    let timestamp = SystemTime::now();
    Point {
        key: (*key).to_owned(),
        kind,
        unit: unit.map(str::to_owned),
        tags: BTreeSet::new(),
        timestamp,
        since: timestamp.checked_sub(INTERVAL),
        value,
    }
}

async fn delivered_cell(backend: &Backend, example: &Example) -> String {
    let settings = Settings::builder().toml(Path::new("system-health.toml"), backend.settings).unwrap();
    let settings = settings.build().unwrap();
    let sink = SinkType::linked().into_iter().find(|sink| sink.name == backend.sink).unwrap();
    let destination = (sink.configure)(&settings).unwrap().remove(0);
    let point = point(example, &*destination);
    let preview = destination.preview(Context::new(), &[point], &[]).await.unwrap();
    cell((backend.read)(&preview), example)
}

async fn table() -> String {
    let mut lines = vec![
        format!("| metric | {} |", BACKENDS.map(|backend| backend.title).join(" | ")),
        format!("|{}", "---|".repeat(BACKENDS.len() + 1)),
    ];
    for example in &EXAMPLES {
        let (key, kind, unit, value) = example;
        let unit = unit.map(|unit| format!(" `{unit}`")).unwrap_or_default();
        let mut cells = vec![format!("`{key}` {}{unit} = {value}", kind.name())];
        for backend in &BACKENDS {
            cells.push(delivered_cell(backend, example).await);
        }
        lines.push(format!("| {} |", cells.join(" | ")));
    }
    lines.push(String::new());
    lines.join("\n")
}

#[tokio::test]
async fn the_documentation_has_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(START).expect("the page has the start of the table");
    let (_, after) = rest.split_once(END).expect("the page has the end of the table");

    let expected = format!("{before}{START}{}{END}{after}", table().await);

    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, expected).unwrap();
    } else {
        assert!(
            page == expected,
            "docs/metrics.md is out of date; regenerate it with UPDATE_DOCS=1:\n{expected}"
        );
    }
}
