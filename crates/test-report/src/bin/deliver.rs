//! Delivers many points with a sink alone: without collecting them, and without a state folder. `benches/load.py` compares this
//! with the usual client of the backend, which does the same. Usage: `deliver SINK SETTINGS_FILE NUMBER_OF_POINTS`.

use std::{
    collections::BTreeSet,
    env,
    error::Error,
    fs,
    ops::Range,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures::StreamExt;
use system_health_registry::{Fate, Kind, Point, Process, Settings, Sink, SinkType, Tag, Value};
use system_health_report_cli as _;
use tokio::{runtime, time::Instant};

/// The tags of each point, as `report` adds them in `benches/load.py`.
const TAGS: [&str; 4] = ["env:development", "service:system-health", "source:system-health", "team:platform"];

/// The number of points that the reporter delivers together, if the backend keeps their times.
const PAGE_SIZE: u32 = 20_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [sink, file, count] = arguments.as_slice() else {
        return Err("usage: deliver SINK SETTINGS_FILE NUMBER_OF_POINTS".into());
    };
    let path = Path::new(file);
    let settings = Settings::builder().toml(path, &fs::read_to_string(path)?)?.environment().build()?;
    let count = count.parse()?;
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(deliver_all(sink, settings, count))
}

/// The points with these numbers of those that the metric `test.many` has after a run.
fn points(numbers: Range<u32>, timestamp: SystemTime) -> Result<Vec<Point>, Box<dyn Error>> {
    let tags: BTreeSet<Tag> = TAGS.into_iter().map(Tag::parse).collect::<Result<_, _>>()?;
    let point = |number| {
        let mut tags = tags.clone();
        tags.insert(Tag::parse(&format!("item:{number:06}"))?);
        Ok(Point {
            key: "test.many".to_owned(),
            kind: Kind::Gauge,
            unit: Some("item".to_owned()),
            tags,
            timestamp,
            since: None,
            value: Value::Number(f64::from(number) / 8.0),
        })
    };
    numbers.map(point).collect()
}

async fn deliver_all(name: &str, settings: Settings, count: u32) -> Result<(), Box<dyn Error>> {
    let sink_type = SinkType::linked().into_iter().find(|sink| sink.name == name);
    let sink_type = sink_type.ok_or_else(|| format!("there is no sink `{name}`"))?;
    let destinations = (sink_type.configure)(&settings).map_err(|error| error.to_string())?;
    let destination = destinations.first().ok_or_else(|| format!("`{name}` is not configured"))?;
    let page_size = if destination.capabilities().keeps_timestamps { PAGE_SIZE } else { count };
    let process = Process::new().provide(settings);
    let sink = destination.connect(process.context()).await.map_err(|error| error.to_string())?;
    // The time of a point is in whole seconds.
    let timestamp = UNIX_EPOCH + Duration::from_secs(UNIX_EPOCH.elapsed()?.as_secs());
    let mut start = 0;
    while start < count {
        let end = count.min(start + page_size);
        deliver(&*sink, &points(start..end, timestamp)?).await?;
        start = end;
    }
    Ok(())
}

async fn deliver(sink: &dyn Sink, points: &[Point]) -> Result<(), String> {
    let mut settlements = sink.deliver(points, Instant::now() + Duration::from_mins(1));
    let mut accepted = 0;
    while let Some(settlement) = settlements.next().await {
        match settlement.fate {
            Fate::Accepted => accepted += settlement.points.len(),
            fate => return Err(format!("{fate:?}")),
        }
    }
    if accepted == points.len() { Ok(()) } else { Err(format!("only {accepted} points were accepted")) }
}
