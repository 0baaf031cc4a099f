// The page of one metric: value, goal, history, subjects, and the items behind the values.

const MAX_OPEN_SECTIONS = 3;

function metricPage({ argument: key, parameters, width }) {
  const report = lastDocument("report");
  const metric = metricsOf(report, lastDocument("catalog")).find(metric => metric.key === key);
  if (!metric)
    return [
      element("h1", { tabindex: -1 }, data(key)),
      element(
        "p",
        "The last run and the list of metrics do not contain this metric. ",
        element("a", { href: "#/" }, "All metrics"),
      ),
    ];
  const rows = rowsOf(metric);
  const subject = parameters.get("subject");
  const name = historyName(key, subject);
  const history = metric.isGoal ? null : histories.get(name);
  const events = eventsOf(report, metric, subject);
  return [
    element("p.crumbs", element("a", { href: "#/" }, "Metrics"), " / ", data(metric.group)),
    element("h1", { tabindex: -1 }, data(key)),
    element("p.lead", data(metric.facts.description, { class: "lines" })),
    element(
      "div.headline",
      stateMark(metric.state),
      element("strong.big", data(valueText(metric) || "no value")),
      metric.facts.condition && element("span", "goal ", data(metric.facts.condition)),
      isWebUrl(metric.facts.runbook) && outerLink(metric.facts.runbook, "runbook"),
      element("span.faint", summaryOf(metric)),
      collectedEarlier(metric),
    ),
    rows.length === 1 && rows[0].reasons && reasonList(rows[0].reasons, rows[0].state),
    metricFactList(metric),
    !metric.isGoal &&
      element(
        "section",
        { "aria-label": "History" },
        element(
          "h2",
          "History",
          subject !== null && [
            " of ",
            data(subject),
            " ",
            element("a.small", { href: metricAddress(key) }, "all subjects"),
          ],
        ),
        element(
          "div",
          { "data-history": name },
          history?.error && element("p.faint", `The history cannot be read: ${history.error}.`),
          history?.rows
            ? historyPlot(metric, history.rows, { width, subject, events, oneRunOf: history.oneRunOf })
            : !history?.error && element("p.faint", "Loading …"),
        ),
      ),
    rows.length > 1 && subjectTable(metric, rows),
    evidenceSections(rows.filter(row => subject === null || row.entry.subject === subject)),
    events.length > 0 && element("section", { "aria-label": "Events" }, element("h2", "Events"), eventList(events)),
  ];
}

function traceParagraph({ entry, state }) {
  const link = needsAttention(state) ? traceLink(entry) : null;
  return link && element("p", link);
}

function metricFactList({ facts, entries }) {
  const tags = entries
    .map(entry => new Set(entry.tags))
    .reduce((all, tags) => all.intersection(tags), new Set(entries[0]?.tags));
  const definedIn = facts.file
    ? `${facts.crate ?? ""} ${facts.file}:${facts.line}`.trim()
    : facts.source
      ? `source ${facts.source}`
      : facts.crate;
  const kind = facts.interval_seconds
    ? `${facts.kind} for ${shownDuration(facts.interval_seconds * 1000)}`
    : facts.kind;
  const slowest = entries.reduce((longest, entry) => Math.max(longest, entry.duration_ms), 0);
  const list = [
    ["Kind", kind],
    ["Unit", facts.unit],
    ["Owner", facts.owner],
    ["Tags", [...tags].join("  ")],
    ["Defined in", definedIn],
    ["Collected in", entries.length ? `${entries.length > 1 ? "at most " : ""}${shownDuration(slowest)}` : null],
  ];
  return factList(list.filter(([, value]) => value));
}

function subjectTable(metric, rows) {
  const { unit } = metric.facts;
  const run = metric.earlierRun ? `run of ${localTime(metric.earlierRun.started_at)}` : "last run";
  const hasDetails = rows.some(row => row.details);
  const columns = [
    {
      name: metric.entries.length > 1 ? "Subject" : "Sample",
      sort: row => row.name,
      cell: row =>
        row.entry.subject
          ? element("a", { href: metricAddress(metric.key, row.entry.subject) }, data(row.name))
          : data(row.name || "–"),
    },
    { name: "State", sort: row => row.state.rank, cell: row => stateMark(row.state) },
    {
      name: "Value",
      numeric: true,
      sort: row => row.value,
      cell: row => (row.sample ? data(shownSample(row.sample, unit)) : element("span.faint", "–")),
    },
    {
      name: "Why",
      sort: row => row.reasons?.[0] ?? (row.evidence ? String(row.evidence.counted).padStart(9, "0") : null),
      cell: whyCell,
    },
    hasDetails && {
      name: "Tags",
      sort: row => row.details,
      cell: row => data(row.details, { class: "faint" }),
    },
    {
      name: "Collected in",
      numeric: true,
      sort: row => row.entry.duration_ms,
      cell: row => shownDuration(row.entry.duration_ms),
    },
  ].filter(Boolean);
  return element(
    "section",
    { "aria-label": "Subjects" },
    element("h2", "Subjects"),
    sortableTable({
      id: `subjects of ${metric.key}`,
      caption: `${metric.key} in the ${run}`,
      columns,
      rows,
      textOf: row => `${row.name} ${row.state.word} ${row.tags.join(" ")} ${(row.reasons ?? []).join(" ")}`,
      rowId: row => JSON.stringify([row.entry.subject, row.tags]),
    }),
  );
}

function whyCell(row) {
  if (row.reasons) return [data(shortened(row.reasons.join(": "), 160)), " ", traceLink(row.entry)];
  if (row.evidence)
    return [
      `${row.evidence.counted} of ${row.evidence.total} counted`,
      row.link && [" ", outerLink(row.link, "items")],
    ];
  return row.link ? outerLink(row.link, "items") : null;
}

/** The items behind each value. Those of the worst rows are open. */
function evidenceSections(rows) {
  const explained = rows.filter(row => row.evidence || row.link || row.reasons);
  if (explained.length === 0) return null;
  const single = rows.length === 1;
  const body = row => [
    row.reasons && !(single && rows[0] === row && !row.name) && reasonList(row.reasons, row.state),
    traceParagraph(row),
    (row.evidence || row.link) && evidenceLists(row),
  ];
  return element(
    "section",
    { "aria-label": "Evidence" },
    element("h2", "Evidence"),
    explained.slice(0, MAX_ROWS).map((row, index) =>
      single
        ? element("div", body(row))
        : element(
            "details.row",
            {
              open: index < MAX_OPEN_SECTIONS && needsAttention(row.state),
              "data-id": JSON.stringify([row.entry.subject, row.tags]),
            },
            element(
              "summary",
              stateMark(row.state),
              " ",
              data(row.name || "–"),
              row.sample && [" ", data(shownSample(row.sample))],
            ),
            body(row),
          ),
    ),
    explained.length > MAX_ROWS &&
      element("p.faint", `… and ${count(explained.length - MAX_ROWS, "more row")}: see the JSON document.`),
  );
}
