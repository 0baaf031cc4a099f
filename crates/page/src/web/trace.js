// The trace of a run: its spans as a waterfall, and the messages that were logged during them.

const MAX_SPANS = 1000;
const NANOS_PER_MILLI = 1e6;

/** A link from an entry of a report to its part of the trace of its run. Null if there is no trace. */
function traceLink(entry) {
  const id = (entry.run ?? lastDocument("report")?.run)?.trace_id;
  if (!id || !offered.has("traces")) return null;
  const chosen = new URLSearchParams({
    metric: entry.key,
    ...(entry.subject === undefined ? {} : { subject: entry.subject }),
  });
  return element("a", { href: `#/trace/${id}?${chosen}` }, "trace and log lines");
}

function tracePage({ argument, paths, parameters }) {
  const trace = lastDocument(paths.at(-1));
  if (!trace)
    return [
      traceHeading(argument),
      element("p", "The server does not have this trace. It keeps only those of the last runs."),
    ];
  const [metric, subject] = [parameters.get("metric"), parameters.get("subject")];
  const isChosen = span =>
    metric !== null &&
    span.name === "system_health.metric" &&
    span.resource === metric &&
    (span.tags?.["system_health.subject"] ?? null) === subject;
  return traceView(
    argument,
    trace,
    isChosen,
    metric && [
      data([metric, subject].filter(Boolean).join(" ")),
      " ",
      element("a.small", { href: `#/trace/${argument}` }, "whole run"),
    ],
  );
}

function traceHeading(id) {
  return element("h1", { tabindex: -1 }, "Trace ", data(id, { class: "small faint" }));
}

function traceView(id, trace, isChosen, choice) {
  const spans = inTreeOrder(trace.spans);
  const end = spans.reduce((latest, { span }) => Math.max(latest, span.start_ns + span.duration_ns), 1);
  const chosenIds = new Set(spans.filter(({ span }) => isChosen(span)).map(({ span }) => span.span_id));
  const within = chosenIds.size ? below(spans, chosenIds) : null;
  const lines = spans
    .filter(({ span }) => !within || within.has(span.span_id))
    .flatMap(({ span }) => span.logs ?? [])
    .sort((one, other) => one.at_ns - other.at_ns);
  return [
    traceHeading(id),
    element(
      "p.faint",
      `${count(spans.length, "span")} in ${shownDuration(end / NANOS_PER_MILLI)}, started at ${localTime(trace.started_at)}.`,
      trace.dropped_spans > 0 && ` Not kept: ${count(trace.dropped_spans, "more span")}.`,
    ),
    element(
      "ol.waterfall",
      { "aria-label": "Spans" },
      spans.slice(0, MAX_SPANS).map(({ span, depth }) => spanRow(span, depth, end, chosenIds.has(span.span_id))),
    ),
    spans.length > MAX_SPANS && element("p.faint", `… and ${count(spans.length - MAX_SPANS, "more span")}`),
    element("h2", "Log lines", choice && [" of ", choice]),
    lines.length === 0
      ? element("p.faint", "None.")
      : element(
          "ol.log",
          { tabindex: 0, "aria-label": "Log lines" },
          lines.map(line =>
            element(
              "li",
              { class: line.level },
              element("span.faint", `+${shownDuration(line.at_ns / NANOS_PER_MILLI)} `),
              element("strong", visible(line.level)),
              " ",
              data(line.message),
            ),
          ),
        ),
  ];
}

function spanRow(span, depth, end, isChosen) {
  const percent = nanos => (nanos / end) * 100;
  const bar = drawn(
    "svg.bar",
    { width: "100%", height: 10, "aria-hidden": "true" },
    drawn("rect", {
      class: span.error ? "failed" : null,
      x: `${percent(span.start_ns).toFixed(2)}%`,
      width: `${Math.max(0.3, percent(span.duration_ns)).toFixed(2)}%`,
      height: 10,
      rx: 2,
    }),
  );
  const name = element(
    "span.span-name",
    depth > 0 && element("span.faint", { "aria-hidden": "true" }, "· ".repeat(Math.min(depth, 12))),
    span.error && [stateMark(STATE.error), " "],
    data(span.name.replace(/^system_health\./, ""), { class: "faint" }),
    " ",
    data(span.resource),
    span.tags?.["system_health.subject"] && [" ", data(span.tags["system_health.subject"])],
  );
  const error = span.error
    ? [
        ["error.type", span.error.type],
        ["error.message", span.error.message],
        ["error.stack", span.error.stack],
      ]
    : [];
  const pairs = [
    ...error,
    ...Object.entries(span.tags ?? {}),
    ["unfinished", span.unfinished ? "its work was abandoned" : null],
  ].filter(([, value]) => value !== null && value !== undefined && value !== "");
  return element(
    "li",
    { class: isChosen ? "chosen" : null, "aria-current": isChosen ? "true" : null, "data-id": span.span_id },
    element(
      "details",
      { open: isChosen },
      element("summary", name, bar, element("span.number", shownDuration(span.duration_ns / NANOS_PER_MILLI))),
      pairs.length ? factList(pairs.map(([key, value]) => [key, String(value)])) : element("p.faint", "No tags."),
    ),
  );
}

/**
 * The spans, each parent before its children. A span stands at the top if its parent is missing. Of the spans at or below a
 * cycle of parents, the one that started first stands at the top.
 */
function inTreeOrder(spans) {
  const ids = new Set(spans.map(span => span.span_id));
  const sorted = [...spans].sort((one, other) => one.start_ns - other.start_ns);
  const children = Map.groupBy(sorted, span =>
    ids.has(span.parent_id) && span.parent_id !== span.span_id ? span.parent_id : null,
  );
  const ordered = [];
  const placed = new Set();
  // Spans at or below a cycle of parents are below no span at the top, so they are placed last, by their start.
  for (const top of [...(children.get(null) ?? []), ...sorted]) {
    const stack = [{ span: top, depth: 0 }];
    while (stack.length) {
      const { span, depth } = stack.pop();
      if (placed.has(span)) continue;
      placed.add(span);
      ordered.push({ span, depth });
      for (const child of (children.get(span.span_id) ?? []).toReversed()) stack.push({ span: child, depth: depth + 1 });
    }
  }
  return ordered;
}

/** The given ids, and the ids of all spans below these spans. */
function below(spans, ids) {
  const found = new Set(ids);
  for (const { span } of spans) if (found.has(span.parent_id)) found.add(span.span_id);
  return found;
}
