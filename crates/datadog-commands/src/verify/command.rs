//! `report verify`.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anstyle::{AnsiColor, Style};
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use futures::{StreamExt, stream};
use serde::Serialize;
use system_health_command::{
    CommandContext, CommandType, ExitStatus,
    Format::{Json, Table},
    register_command,
};
use system_health_datadog::{DatadogError, DatadogSink, MonitorScope};
use system_health_monitor_settings::MonitorSettings;
use system_health_registry::{Fate, Kind, Point, Sink, Tag};
use tokio::time::{Instant, sleep};

use super::{arguments::VerifyArguments, queries};
use crate::{
    connection::{self, Connection},
    run::run,
};

/// Key of the delivered point.
const PROBE: &str = "system_health.reporter.probe";
/// Time between two queries for the probe.
const POLL_INTERVAL: Duration = Duration::from_secs(5);
/// Minimum time range of the queries, unless an argument sets the time range.
const MIN_SINCE: Duration = Duration::from_hours(1);
/// Maximum number of concurrent queries. Datadog limits the rate of queries for a whole organization.
/// See <https://docs.datadoghq.com/api/latest/rate-limits/>.
const CONCURRENT_QUERIES: usize = 4;

/// A query and its result.
#[derive(Debug, Serialize)]
struct QueryCheck {
    /// The probe, or the name of a dashboard or monitor.
    #[serde(rename = "of")]
    owner: String,
    query: String,
    #[serde(rename = "found")]
    result: QueryResult,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum QueryResult {
    Data,
    NoData,
    Error(String),
}

register_command!(CommandType {
    command: VerifyArguments::command,
    target: None,
    formats: &[Table, Json],
    run: |matches, context| run(execute(matches, context)),
});

/// Checks the probe and all queries.
async fn execute(matches: &ArgMatches, context: &CommandContext<'_>) -> anyhow::Result<ExitStatus> {
    let arguments = VerifyArguments::from_arg_matches(matches)?;
    let stdout = context.stdout();
    let settings = context.settings(&arguments.settings)?;
    let tags = connection::base_tags(&settings)?;
    let scope = MonitorScope::from_tags(&tags);
    let connection = Connection::open(&settings).await?;
    let mut checks = vec![probe(&connection, tags, &scope, arguments.timeout).await?];
    let managed = managed_queries(&connection, &scope).await?;
    let to = SystemTime::now();
    let schedule = settings.table::<MonitorSettings>()?.schedule();
    let longest_interval = schedule.longest_gap.saturating_add(schedule.every);
    let since = arguments.since.unwrap_or(longest_interval.max(MIN_SINCE));
    let from = to.checked_sub(since).unwrap_or(UNIX_EPOCH);
    let api = &connection.api;
    let queries = stream::iter(managed).map(async |(owner, query)| {
        let result = query_result(api.query(&query, from, to).await.map(|series| {
            series.iter().any(|series| series.points.iter().any(|(_, value)| value.is_some()))
        }))?;
        Ok::<_, DatadogError>(QueryCheck { owner, query, result })
    });
    for check in queries.buffered(CONCURRENT_QUERIES).collect::<Vec<_>>().await {
        checks.push(check?);
    }
    stdout.print(QueryChecks(&checks), &checks)?;
    let all_have_data = checks.iter().all(|check| check.result == QueryResult::Data);
    Ok(if all_have_data { ExitStatus::Done } else { ExitStatus::Different })
}

/// Delivers a point, and queries it until it is found or the timeout expires.
async fn probe(
    connection: &Connection,
    tags: Vec<Tag>,
    scope: &MonitorScope,
    timeout: Duration,
) -> anyhow::Result<QueryCheck> {
    let end = Instant::now() + timeout;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let sent = UNIX_EPOCH + Duration::from_secs(now);
    // The value identifies this probe. A tag would create a new series each time.
    let value = f64::from(u32::try_from(now % 1_000_000).unwrap_or_default());
    let point = Point {
        key: PROBE.to_owned(),
        kind: Kind::Gauge,
        unit: None,
        tags: tags.into_iter().collect(),
        timestamp: sent,
        since: None,
        value: value.into(),
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
    let result = loop {
        let series = connection.api.query(&query, before, SystemTime::now() + Duration::from_secs(1)).await;
        let is_found = series.map(|series| {
            let mut points = series.iter().flat_map(|series| &series.points);
            points.any(|(_, stored)| stored.is_some_and(|stored| (stored - value).abs() < 0.5))
        });
        let result = query_result(is_found)?;
        let pause = POLL_INTERVAL.min(end.saturating_duration_since(Instant::now()));
        if result != QueryResult::NoData || pause.is_zero() {
            break result;
        }
        tracing::info!("the probe cannot be queried yet; trying again");
        sleep(pause).await;
    };
    Ok(QueryCheck { owner: "the probe".to_owned(), query, result })
}

/// All queries of managed dashboards and monitors, each with the dashboard or monitor it belongs to.
async fn managed_queries(
    connection: &Connection,
    scope: &MonitorScope,
) -> Result<Vec<(String, String)>, DatadogError> {
    let mut found = Vec::new();
    for summary in connection.api.managed_dashboards().await? {
        if let Some(dashboard) = connection.api.dashboard(&summary.id).await? {
            let owner = format!("dashboard {}", summary.title);
            let queries = queries::in_dashboard(&dashboard);
            found.extend(queries.into_iter().map(|query| (owner.clone(), query)));
        }
    }
    for monitor in connection.api.managed_monitors(scope).await? {
        let owner = format!("monitor {}", monitor.name);
        found.extend(queries::in_monitor(&monitor.query).map(|query| (owner, query)));
    }
    Ok(found)
}

/// The result of a query. A refusal by Datadog is also a result. Any other error ends the command.
fn query_result(found: Result<bool, DatadogError>) -> Result<QueryResult, DatadogError> {
    match found {
        Ok(true) => Ok(QueryResult::Data),
        Ok(false) => Ok(QueryResult::NoData),
        Err(error @ DatadogError::Refused(_)) => Ok(QueryResult::Error(error.to_string())),
        Err(error) => Err(error),
    }
}

/// The checks as text: each query that failed or found no data, and the number of queries that found data.
struct QueryChecks<'a>(&'a [QueryCheck]);

impl fmt::Display for QueryChecks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (good, bad): (Vec<&QueryCheck>, Vec<&QueryCheck>) =
            self.0.iter().partition(|check| check.result == QueryResult::Data);
        for check in bad {
            let (style, word) = match &check.result {
                QueryResult::Error(error) => (AnsiColor::Red.on_default(), error.as_str()),
                _ => (AnsiColor::Yellow.on_default(), "no data"),
            };
            writeln!(f, "{style}{word}{style:#}: {} in {}", check.query, check.owner)?;
        }
        let style: Style = AnsiColor::Green.on_default();
        writeln!(f, "{style}data{style:#}: {} of {} queries", good.len(), self.0.len())
    }
}
