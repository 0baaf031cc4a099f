//! Which JSON documents a server has. A part of the page whose documents are missing is not in its navigation.

/// JSON documents that a server has, all below the path of the page. Times are RFC 3339 in UTC, unless noted otherwise. If a
/// document does not exist, the server answers 404; if a token is needed, 401. An error is explained by one sentence of plain
/// text, which the page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Documents {
    /// The last run, the history and the catalog, as the command prints them:
    ///
    /// | `GET` | answer |
    /// |---|---|
    /// | `api/v1/report?current=true` | what `report --format json` prints; 404 or 503 before the first run |
    /// | `api/v1/history?key=KEY&since=DURATION&thin=true` | what `report history KEY --since DURATION --format json` prints; `DURATION` is `1h`, `6h`, `24h`, `7d` or `30d`. With `&subject=NAME`, only the results of this subject |
    /// | `api/v1/catalog` | the `metrics` that `report list --format json` prints |
    ///
    /// If the runs of a server collect different metrics, the server adds those that the last run did not collect. Each has
    /// the state of the run that last collected it. Its entry says in `run` when that run started, and may have the `trace_id` of
    /// that run.
    ///
    /// With `thin=true`, a server that would have to refuse the request because there are too many results may leave out whole
    /// runs instead. It then sends every Nth run, and N in the header `System-Health-One-Run-Of`. The page says so near the plot.
    Report,
    /// The monitors that a push would create, evaluated over the local history. They have the same form as the monitors of
    /// [`Documents::Intake`], without an id:
    ///
    /// | `GET` | answer |
    /// |---|---|
    /// | `api/v1/monitors` | `{"monitors": [{"name", "query", "state", "groups": [{"tags", "state"}], "monitor"}]}` |
    ///
    /// `state` is `OK`, `Warn`, `Alert`, `No Data`, or null if the monitor is not evaluated, for example because there is no
    /// recent data. `reason` may say why. `monitor` is the document that a push sends.
    Monitors,
    /// The dashboards that a push would create:
    ///
    /// | `GET` | answer |
    /// |---|---|
    /// | `api/v1/dashboards` | `{"dashboards": [DASHBOARD]}`, each in the form that a push sends |
    /// | `api/v1/query?from=SECONDS&to=SECONDS&query=QUERY` | as [Datadog's](https://docs.datadoghq.com/api/latest/metrics/#query-timeseries-points): `{"series": [{"scope", "pointlist": [[MILLISECONDS, VALUE]]}]}` or `{"error"}`. The page shows the last values of each query |
    Dashboards,
    /// The traces of the last runs. The report and the history contain their ids, as `run.trace_id` and `trace_id`. The page links to
    /// the traces of all runs that the report names, and to the traces of the history that are in the list.
    ///
    /// | `GET` | answer |
    /// |---|---|
    /// | `api/v1/traces` | the ids of the traces that the server still has: `{"traces": [ID]}` |
    /// | `api/v1/traces/ID` | `{"trace_id", "started_at", "spans": [SPAN], "dropped_spans"}`, a `Trace` of `system-health-registry` |
    ///
    /// A span is `{"span_id", "parent_id", "name", "resource", "start_ns", "duration_ns", "error": {"type", "message", "stack"}, "tags",
    /// "logs": [{"at_ns", "level", "message"}]}`. `start_ns` and `at_ns` count from the start of the trace. A failed metric is linked to
    /// the span `system_health.metric` with its key as `resource` and its subject as the tag `system_health.subject`.
    Traces,
    /// What a local stand-in for Datadog received. Times are seconds since 1970; those of spans are nanoseconds.
    ///
    /// | `GET` | answer |
    /// |---|---|
    /// | `api/v1/intake/findings` | what Datadog would refuse or change: `{"findings": [{"rule", "effect", "subject", "message", "link", "count", "first", "last"}], "dropped"}`; `effect` is `refused`, `changed` or `noted` |
    /// | `api/v1/intake/metrics` | `{"metrics": [{"metric", "type", "unit", "description", "series", "tags", "time", "value", "is_distribution"}]}` |
    /// | `api/v1/intake/series?metric=NAME&from=SECONDS` | `{"series": [{"tags", "points": [[TIME, VALUE]], "distributions": [{"time", "count", "min", "max", "avg"}]}]}` |
    /// | `api/v1/intake/events` | `{"events": [{"id", "time", "title", "text", "tags", "alert_type"}]}` |
    /// | `api/v1/intake/checks` | `{"checks": [{"check", "status", "message", "tags"}]}` |
    /// | `api/v1/intake/monitors` | as [`Documents::Monitors`] |
    /// | `api/v1/intake/dashboards` | as [`Documents::Dashboards`], with `api/v1/query` |
    /// | `api/v1/intake/traces` | `{"traces": [{"trace", "spans": [SPAN]}]}`; the spans as an Agent receives them |
    Intake,
}

impl Documents {
    /// The name in the page.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Monitors => "monitors",
            Self::Dashboards => "dashboards",
            Self::Traces => "traces",
            Self::Intake => "intake",
        }
    }
}
