// The trace of a run: its spans as a waterfall, and the log lines that belong to it.

const MAX_SPANS = 1000;

/** A link from an entry of a report to its span. Null if the run was not traced. */
function traceLink(entry, wrapper) {
  const id = entry.trace_id ?? page.report?.run.trace_id;
  if (!id || !entry.span_id) return null;
  const link = element("a", { href: `#/trace/${encodeURIComponent(id)}?span=${encodeURIComponent(entry.span_id)}` }, "trace and log lines");
  return wrapper ? element(wrapper, {}, link) : link;
}

function tracePage({ trace, logs, parameters }, id) {
  const heading = element("h1", { tabindex: -1 }, "Trace ", data(id, { class: "small" }));
  if (trace === undefined) return [heading, element("p", { class: "faint" }, "Loading …")];
  if (trace === null) return [heading, element("p", {}, "The server does not have this trace. It keeps only the last ones.")];
  const spans = inTreeOrder(trace.spans);
  const start = spans.reduce((least, { span }) => Math.min(least, span.start_us), Infinity);
  const end = spans.reduce((most, { span }) => Math.max(most, span.start_us + span.duration_us), start + 1);
  const chosen = parameters.get("span");
  const within = chosen ? new Set(below(spans, chosen)) : null;
  const lines = (logs?.lines ?? []).filter(line => !within || !line.span_id || within.has(line.span_id));
  return [
    heading,
    element("p", { class: "faint" }, `${count(spans.length, "span")}, ${shownDuration((end - start) / 1000)}, started at ${localTime(start / 1000)}`),
    element("ol", { class: "waterfall" }, spans.slice(0, MAX_SPANS).map(({ span, depth }) => spanRow(span, depth, start, end, span.span_id === chosen))),
    spans.length > MAX_SPANS && element("p", { class: "faint" }, `… and ${count(spans.length - MAX_SPANS, "more span")}`),
    element("h2", {}, "Log lines", within && [" of the chosen span ", element("a", { class: "small", href: `#/trace/${encodeURIComponent(id)}` }, "all")]),
    lines.length === 0 ? element("p", { class: "faint" }, "None.")
      : element("ol", { class: "log", tabindex: 0 }, lines.map(line => element("li", { class: line.level }, element("time", { datetime: line.time }, localTime(line.time).slice(11)), " ", element("strong", {}, visible(line.level)), " ", data(line.message),
        Object.entries(line.fields ?? {}).map(([name, value]) => [" ", data(`${name}=${typeof value === "string" ? value : JSON.stringify(value)}`, { class: "faint" })])))),
  ];
}

function spanRow(span, depth, start, end, isChosen) {
  const percent = time => ((time / (end - start)) * 100).toFixed(2);
  const bar = drawn("svg", { class: "bar", width: "100%", height: 10, "aria-hidden": "true" },
    drawn("rect", { class: span.error ? "error" : null, x: `${percent(span.start_us - start)}%`, width: `${Math.max(0.3, percent(span.duration_us))}%`, height: 10, rx: 2 }));
  const name = element("span", { class: "span-name" }, depth > 0 && element("span", { class: "faint", "aria-hidden": "true" }, `${"· ".repeat(Math.min(depth, 12))}`),
    span.error && [stateMark(STATE.error), " "], data(span.name, { class: "faint" }), " ", data(span.resource));
  return element("li", { class: isChosen ? "chosen" : null, "aria-current": isChosen ? "true" : null, "aria-level": depth + 1, "data-id": span.span_id },
    element("details", { open: isChosen }, element("summary", {}, name, bar, element("span", { class: "number" }, shownDuration(span.duration_us / 1000))),
      element("dl", { class: "facts" }, Object.entries({ service: span.service, ...span.tags }).filter(([, value]) => value).map(([tag, value]) => element("div", {}, element("dt", {}, data(tag)), element("dd", { class: "lines" }, data(value)))))));
}

/** The spans, each parent before its children. A span whose parent is missing stands at the top. */
function inTreeOrder(spans) {
  const ids = new Set(spans.map(span => span.span_id));
  const children = Map.groupBy([...spans].sort((one, other) => one.start_us - other.start_us), span => (ids.has(span.parent_id) ? span.parent_id : null));
  const ordered = [];
  const stack = (children.get(null) ?? []).map(span => ({ span, depth: 0 })).reverse();
  while (stack.length) {
    const next = stack.pop();
    ordered.push(next);
    stack.push(...(children.get(next.span.span_id) ?? []).map(span => ({ span, depth: next.depth + 1 })).reverse());
  }
  return ordered;
}

/** A span and all below it. */
function below(spans, id) {
  const found = new Set([id]);
  for (const { span } of spans) if (found.has(span.parent_id)) found.add(span.span_id);
  return [...found];
}
