// Monitors, with the states that they would have now.

const MONITOR_STATES = {
  Alert: { ...STATE.error, word: "alert" },
  Warn: { ...STATE.missed, word: "warning" },
  "No Data": STATE.no_data,
  OK: { ...STATE.met, word: "ok" },
};
const NOT_EVALUATED = { ...STATE.not_collected, word: "not evaluated" };

/** The start of the keys of the metrics about the reporter. A report does not contain these metrics, so they have no page. */
const ABOUT_REPORTER = "system_health.reporter.";

function monitorsPage({ name, paths }) {
  const monitors = (lastDocument(paths.at(-1))?.monitors ?? []).map(monitor => ({
    ...monitor,
    shownState: MONITOR_STATES[monitor.state] ?? NOT_EVALUATED,
  }));
  monitors.sort((one, other) => one.shownState.rank - other.shownState.rank || compareText(one.name, other.name));
  return [
    element("h1", { tabindex: -1 }, PAGES[name].title),
    element(
      "p.lead",
      name === "monitors"
        ? "What a push would create, evaluated over the local history. "
        : "What was pushed to this intake, evaluated over the points that it received. ",
      "A monitor without recent data is not evaluated.",
    ),
    monitors.length === 0 && element("p.faint", "There are none."),
    monitors.map(monitorCard),
  ];
}

function monitorCard({ id, name, query, shownState, reason, groups, monitor }) {
  const group = ({ tags, state }) =>
    element("li", stateMark(MONITOR_STATES[state] ?? NOT_EVALUATED), " ", data([tags].flat().join(" ") || "all"));
  return element(
    "section.card",
    { "data-id": `${id ?? ""} ${name}` },
    element("h2", stateMark(shownState), " ", data(name)),
    reason && element("p", data(reason)),
    element("p", element("code", data(query)), metricLinks(query)),
    groups?.length > 0 && element("ul.plain", groups.map(group)),
    monitor && element("details", element("summary", "The document"), jsonText(monitor)),
  );
}

/** Links to those metrics of a query that have a page. */
function metricLinks(query) {
  const hasReport = offered.has("report");
  const names = [...query.matchAll(/:([A-Za-z][\w.]*)\{/g)].map(([, name]) => name);
  const linked = names.filter(name => !hasReport || !name.startsWith(ABOUT_REPORTER));
  return [...new Set(linked)].map(name => [
    " ",
    element("a.small", { href: hasReport ? metricAddress(name) : seriesAddress(name) }, "history of ", data(name)),
  ]);
}
