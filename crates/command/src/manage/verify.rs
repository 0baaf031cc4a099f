//! `report verify`: whether what is delivered can be seen, from the first point to the last widget.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anstyle::{AnsiColor, Style};
use futures::{StreamExt, stream};
use serde::Serialize;
use system_health_datadog::{DatadogError, DatadogSink, Scope};
use system_health_registry::{Fate, Kind, Point, Sink, Tag};
use tokio::time::{Instant, sleep};

use super::{
    connection::{self, Connection},
    queries,
    schedule::schedule,
};
use crate::{args::VerifyArguments, exit::Status, output::Stdout, settings::monitors::MonitorSettings};

/// The metric of the probe.
const PROBE: &str = "system_health.reporter.probe";
/// How long to wait before Datadog is asked for the probe again.
const PAUSE: Duration = Duration::from_secs(5);
/// How far back is always looked.
const LEAST_SINCE: Duration = Duration::from_hours(1);
/// Queries are limited for a whole organization.
/// See <https://docs.datadoghq.com/api/latest/rate-limits/>.
const AT_ONCE: usize = 4;

/// What was looked at, and what was found.
#[derive(Debug, Serialize)]
struct Check {
    /// The probe, or a dashboard or monitor by its name.
    of: String,
    query: String,
    found: Found,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Found {
    Data,
    NoData,
    Error(String),
}

/// Checks the probe and all queries; the status says whether each found data.
pub(super) async fn run(arguments: &VerifyArguments, stdout: Stdout) -> anyhow::Result<Status> {
    let settings = connection::settings(&arguments.settings)?;
    let tags = connection::base_tags(&settings)?;
    let scope = Scope::of(&tags);
    let connection = Connection::open(&settings).await?;
    let mut checks = vec![probe(&connection, tags, &scope, arguments.timeout).await?];
    let wanted = managed_queries(&connection, &scope).await?;
    let to = SystemTime::now();
    let schedule = schedule(&settings.table::<MonitorSettings>()?);
    let runs = schedule.longest_gap + schedule.every;
    let since = arguments.since.unwrap_or(runs.max(LEAST_SINCE));
    let from = to.checked_sub(since).unwrap_or(UNIX_EPOCH);
    let api = &connection.api;
    let asked = stream::iter(wanted).map(async |(of, query)| {
        let found = judge(api.query(&query, from, to).await.map(|series| {
            series.iter().any(|series| series.points.iter().any(|(_, value)| value.is_some()))
        }))?;
        Ok::<_, DatadogError>(Check { of, query, found })
    });
    for check in asked.buffered(AT_ONCE).collect::<Vec<_>>().await {
        checks.push(check?);
    }
    stdout.print(Checks(&checks), &checks)?;
    let all = checks.iter().all(|check| check.found == Found::Data);
    Ok(if all { Status::Done } else { Status::NotAsWanted })
}

/// Delivers a point, and asks for it until it is there or the time is over.
async fn probe(
    connection: &Connection,
    tags: Vec<Tag>,
    scope: &Scope,
    timeout: Duration,
) -> anyhow::Result<Check> {
    let end = Instant::now() + timeout;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let sent = UNIX_EPOCH + Duration::from_secs(now);
    // The value tells this probe from earlier ones, as a tag would, but makes no series of its own.
    let value = f64::from(u32::try_from(now % 1_000_000).unwrap_or_default());
    let point = Point {
        key: PROBE.to_owned(),
        kind: Kind::Gauge,
        unit: None,
        tags: tags.into_iter().collect(),
        timestamp: sent,
        value,
    };
    let sink = DatadogSink::new(&connection.config)?;
    let points = [point];
    let mut settlements = sink.deliver(&points, end);
    while let Some(settlement) = settlements.next().await {
        if let Fate::Refused(error) | Fate::Left(error) | Fate::Unknown(error) = settlement.fate {
            return Err(error.into());
        }
    }
    let query = format!("max:{PROBE}{{{scope}}}");
    let before = sent - Duration::from_mins(1);
    let found = loop {
        let series = connection.api.query(&query, before, SystemTime::now() + Duration::from_secs(1)).await;
        let is_there = series.map(|series| {
            let mut points = series.iter().flat_map(|series| &series.points);
            points.any(|(_, found)| found.is_some_and(|found| (found - value).abs() < 0.5))
        });
        let found = judge(is_there)?;
        let pause = PAUSE.min(end.saturating_duration_since(Instant::now()));
        if found != Found::NoData || pause.is_zero() {
            break found;
        }
        tracing::info!("the probe cannot be queried yet; asking again");
        sleep(pause).await;
    };
    Ok(Check { of: "the probe".to_owned(), query, found })
}

/// All queries of managed dashboards and monitors, and where they are.
async fn managed_queries(
    connection: &Connection,
    scope: &Scope,
) -> Result<Vec<(String, String)>, DatadogError> {
    let mut wanted = Vec::new();
    for summary in connection.api.managed_dashboards().await? {
        if let Some(dashboard) = connection.api.dashboard(&summary.id).await? {
            let of = format!("dashboard {}", summary.title);
            wanted.extend(queries::of_dashboard(&dashboard).into_iter().map(|query| (of.clone(), query)));
        }
    }
    for monitor in connection.api.managed_monitors(scope).await? {
        let of = format!("monitor {}", monitor.name);
        wanted.extend(queries::of_monitor(&monitor.query).map(|query| (of, query)));
    }
    Ok(wanted)
}

/// What was found. That a query is refused is a finding like others; all else ends the check.
fn judge(found: Result<bool, DatadogError>) -> Result<Found, DatadogError> {
    match found {
        Ok(true) => Ok(Found::Data),
        Ok(false) => Ok(Found::NoData),
        Err(error @ DatadogError::Refused(_)) => Ok(Found::Error(error.to_string())),
        Err(error) => Err(error),
    }
}

/// The checks for people: what is wrong in full, the rest as a count.
struct Checks<'a>(&'a [Check]);

impl fmt::Display for Checks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (good, bad): (Vec<&Check>, Vec<&Check>) =
            self.0.iter().partition(|check| check.found == Found::Data);
        for check in bad {
            let (style, word) = match &check.found {
                Found::Error(error) => (AnsiColor::Red.on_default(), error.as_str()),
                _ => (AnsiColor::Yellow.on_default(), "no data"),
            };
            writeln!(f, "{style}{word}{style:#}: {} in {}", check.query, check.of)?;
        }
        let style: Style = AnsiColor::Green.on_default();
        writeln!(f, "{style}data{style:#}: {} of {} queries", good.len(), self.0.len())
    }
}
