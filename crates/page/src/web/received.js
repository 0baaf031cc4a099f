// What a local stand-in for Datadog received, and what Datadog itself would refuse or change.

const EFFECTS = {
  refused: { ...STATE.error, word: "refused" },
  changed: { ...STATE.missed, word: "changed" },
  noted: { ...STATE.value, word: "noted" },
};
const CHECK_STATES = [
  { ...STATE.met, word: "ok" },
  { ...STATE.missed, word: "warning" },
  { ...STATE.error, word: "critical" },
  { ...STATE.no_data, word: "unknown" },
];

function seriesAddress(metric) {
  return `#/series/${encodeURIComponent(metric)}`;
}

// The start of the requested series, by range and metric. It stays the same for half of the range, so that the document keeps
// its path. Then it is renewed, so that the document does not grow without end.
const starts = new Map();

function receivedPath(metric) {
  const rangeAndMetric = `${range} ${metric}`;
  const start = Math.floor((Date.now() - rangeMillis()) / 1000);
  if (!(start - starts.get(rangeAndMetric) <= rangeMillis() / 2000)) starts.set(rangeAndMetric, start);
  return `intake/series?metric=${encodeURIComponent(metric)}&from=${starts.get(rangeAndMetric)}`;
}

/** The first and the last time of a `Date` are this many seconds from 1970. A client may send an event with any time. */
const MAX_SECONDS = 8.64e12;

/** The intake's times are seconds since 1970. */
function fromSeconds(seconds) {
  return new Date(Math.max(-MAX_SECONDS, Math.min(seconds, MAX_SECONDS)) * 1000).toISOString();
}

function receivedPage() {
  const { findings, dropped } = lastDocument("intake/findings") ?? { findings: [] };
  const found = findings.map(finding => ({ ...finding, state: EFFECTS[finding.effect] ?? EFFECTS.noted }));
  found.sort((one, other) => one.state.rank - other.state.rank || other.last - one.last);
  const metrics = lastDocument("intake/metrics")?.metrics ?? [];
  const checks = lastDocument("intake/checks")?.checks ?? [];
  return [
    element("h1", { tabindex: -1 }, "Received"),
    element("h2", "What Datadog would refuse or change"),
    found.length ? findingsTable(found) : element("p.faint", "Nothing so far."),
    dropped > 0 && element("p", `Not kept: ${count(dropped, "more finding")}.`),
    element("h2", "Metrics"),
    metrics.length ? receivedTable(metrics) : element("p.faint", "Nothing so far."),
    checks.length > 0 && [
      element("h2", "Service checks"),
      element(
        "ul.plain",
        checks.map(check =>
          element(
            "li",
            stateMark(CHECK_STATES[check.status] ?? CHECK_STATES[3]),
            " ",
            data(check.check),
            check.message && [": ", data(check.message)],
            " ",
            data((check.tags ?? []).join("  "), { class: "faint" }),
          ),
        ),
      ),
    ],
  ];
}

function findingsTable(found) {
  return sortableTable({
    id: "findings",
    caption: "Findings",
    rows: found,
    textOf: finding => `${finding.subject} ${finding.message}`,
    rowId: finding => `${finding.rule} ${finding.subject} ${finding.message}`,
    columns: [
      { name: "About", sort: finding => finding.subject, cell: finding => data(finding.subject) },
      { name: "Effect", sort: finding => finding.state.rank, cell: finding => stateMark(finding.state) },
      {
        name: "Why",
        sort: finding => finding.message,
        cell: finding => [data(finding.message), " ", isWebUrl(finding.link) && outerLink(finding.link, "the rule")],
      },
      { name: "Times", numeric: true, sort: finding => finding.count, cell: finding => String(finding.count) },
      {
        name: "Last",
        numeric: true,
        sort: finding => finding.last,
        cell: finding => timeElement(fromSeconds(finding.last)),
      },
    ],
  });
}

function receivedTable(metrics) {
  return sortableTable({
    id: "received",
    caption: "Received metrics",
    rows: metrics,
    textOf: metric => `${metric.metric} ${metric.tags.join(" ")}`,
    rowId: metric => metric.metric,
    columns: [
      {
        name: "Metric",
        sort: metric => metric.metric,
        cell: metric => element("a", { href: seriesAddress(metric.metric) }, data(metric.metric)),
      },
      {
        name: "Last value",
        numeric: true,
        sort: metric => metric.value,
        cell: metric => data(withUnit(shownValue(metric.value), metric.unit)),
      },
      { name: "Type", sort: typeOf, cell: metric => data(typeOf(metric)) },
      { name: "Series", numeric: true, sort: metric => metric.series, cell: metric => String(metric.series) },
      {
        name: "Last",
        numeric: true,
        sort: metric => metric.time,
        cell: metric => timeElement(fromSeconds(metric.time)),
      },
    ],
  });
}

function typeOf({ is_distribution, type }) {
  return is_distribution ? "distribution" : (type ?? "");
}

/** One received metric: its series as a plot, and their tags. */
function receivedMetricPage({ argument, paths, width }) {
  const metric = lastDocument("intake/metrics")?.metrics.find(({ metric }) => metric === argument);
  const series = lastDocument(paths.at(-1))?.series ?? [];
  const row = (tags, time, value) => ({
    time: fromSeconds(time),
    key: argument,
    subject: "",
    state: "value",
    unit: metric?.unit ?? null,
    tags,
    ...value,
  });
  const rows = series.flatMap(({ tags, points, distributions }) => [
    ...(points ?? []).map(([time, value]) => row(tags, time, { value })),
    // A distribution whose values are too large to be added has no average, and is not drawn.
    ...(distributions ?? [])
      .filter(({ avg }) => avg !== null)
      .map(({ time, count, avg, max }) =>
        row(tags, time, { value: null, distribution: { count, p50: avg, p99: max } }),
      ),
  ]);
  const start = Date.now() - rangeMillis();
  const recent = rows.filter(({ time }) => Date.parse(time) >= start);
  const plotted = { key: argument, facts: { kind: "gauge", condition: null, unit: metric?.unit }, entries: [] };
  return [
    element("p.crumbs", element("a", { href: "#/received" }, "Received")),
    element("h1", { tabindex: -1 }, data(argument)),
    metric?.description && element("p.lead", data(metric.description)),
    metric &&
      factList(
        [
          ["Type", typeOf(metric)],
          ["Unit", metric.unit],
          ["Last value", shownValue(metric.value)],
          ["Last point", localTime(fromSeconds(metric.time))],
        ].filter(([, value]) => value),
      ),
    historyPlot(plotted, recent, { width, subject: null, events: [], middle: "avg", upper: "max" }),
    element("h2", "Series"),
    element(
      "ul.plain",
      series.map(({ tags, points, distributions }) =>
        element(
          "li",
          data(tags.join("  ") || "no tags"),
          " ",
          element("span.faint", count((points?.length ?? 0) + (distributions?.length ?? 0), "point")),
        ),
      ),
    ),
  ];
}

function receivedEventsPage() {
  const events = (lastDocument("intake/events")?.events ?? []).map(event => ({
    id: String(event.id),
    title: event.title ?? "",
    text: event.text ?? null,
    level: LEVELS[event.alert_type] ? event.alert_type : "info",
    time: fromSeconds(event.time),
    tags: event.tags ?? [],
    link: event.url ?? null,
  }));
  return [
    element("h1", { tabindex: -1 }, "Received events"),
    events.length ? eventList(events) : element("p.faint", "Nothing so far."),
  ];
}

function receivedTracesPage() {
  const traces = lastDocument("intake/traces")?.traces ?? [];
  return [
    element("h1", { tabindex: -1 }, "Received traces"),
    traces.length === 0 && element("p.faint", "Nothing so far."),
    element(
      "ul.plain",
      traces.map(({ trace, spans }) => {
        const failed = spans.filter(({ error }) => error).length;
        const [root] = spans;
        return element(
          "li",
          { "data-id": trace },
          element(
            "a",
            { href: `#/intake-trace/${encodeURIComponent(trace)}` },
            data(`${root?.service ?? ""} ${root?.resource ?? root?.name ?? trace}`),
          ),
          ` ${count(spans.length, "span")} `,
          failed > 0 && stateMark(STATE.error, count(failed, "error")),
          " ",
          root && element("span.faint", timeElement(fromSeconds(root.start / 1e9), { full: true })),
        );
      }),
    ),
  ];
}

/** A received trace, converted from the form of the Agent's API to the form of a run's trace. */
function receivedTracePage({ argument }) {
  const received = lastDocument("intake/traces")?.traces.find(({ trace }) => trace === argument);
  if (!received)
    return [
      traceHeading(argument),
      element("p", "The intake does not have this trace. It shows only the last traces."),
    ];
  const start = received.spans.reduce((first, span) => Math.min(first, span.start), Infinity);
  const spans = received.spans.map(
    ({ span_id, parent_id, name, resource, duration, error, meta, metrics, ...span }) => ({
      span_id,
      parent_id,
      name: name ?? "",
      resource: resource ?? "",
      start_ns: span.start - start,
      duration_ns: duration ?? 0,
      error: error
        ? {
            type: meta?.["error.type"] ?? meta?.["error.kind"],
            message: meta?.["error.message"] ?? meta?.["error.msg"],
          }
        : undefined,
      tags: {
        service: span.service,
        ...Object.fromEntries(Object.entries(meta ?? {}).filter(([name]) => !name.startsWith("error."))),
        ...metrics,
      },
    }),
  );
  return traceView(argument, { started_at: fromSeconds(start / 1e9), spans }, () => false, null);
}
