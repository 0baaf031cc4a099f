// What surrounds each page: the navigation, the last run, and what a reader must know before anything else.

function navigation(current) {
  const offeredPages = Object.entries(PAGES).filter(([name, { title }]) => title && isOffered(name));
  return element(
    "ul",
    offeredPages.map(([name, { title, mark }]) =>
      element(
        "li",
        { "data-id": title },
        element(
          "a",
          { href: `#/${name}`, "aria-current": name === current ? "page" : null },
          title,
          mark?.() ? element("span.mark", String(mark())) : null,
        ),
      ),
    ),
  );
}

/** When the shown run started, how long it took, and its tags. */
function runLine() {
  const run = lastDocument("report")?.run;
  if (!run) return null;
  return [
    element("span", "Run ", timeElement(run.started_at, { full: true })),
    element("span.faint", `took ${shownDuration(run.duration_ms)}`),
    run.tags.length > 0 && data(run.tags.join("  "), { class: "faint" }),
  ];
}

/** A warning if the shown data is old, or if there is no run to show. */
function banner() {
  const report = lastDocument("report");
  if (readError) {
    const old = report ? `. This is the run of ${localTime(report.run.started_at)}.` : ".";
    return element("p.banner.error", { role: "alert" }, stateMark(STATE.error, "Not current: "), `${readError}${old}`);
  }
  if (report === null)
    return element(
      "p.banner.no_data",
      stateMark(STATE.no_data, "No run to show. "),
      reasonForNoReport ? ["The server says: ", data(reasonForNoReport), ". "] : "No run has finished yet. ",
      "This page shows the first run as soon as it ends.",
    );
  return null;
}

/** Says which metrics changed their state. A refresh without changes says nothing. */
function announce(before, after) {
  if (!before || !after) return;
  const states = new Map(metricsOf(before, lastDocument("catalog")).map(metric => [metric.key, metric.state]));
  const changed = metricsOf(after, lastDocument("catalog")).filter(metric => states.get(metric.key) !== metric.state);
  if (changed.length === 0) return;
  const texts = changed.slice(0, 3).map(metric => `${metric.key}: ${metric.state.word}`);
  document.getElementById("news").textContent =
    `${texts.join(", ")}${changed.length > 3 ? `, and ${count(changed.length - 3, "more change")}` : ""}`;
}
