// The first page: all metrics, those that need attention first.

const overview = { filter: "", state: null };
const ITEMS_IN_TILE = 3;

function overviewPage() {
  const report = lastDocument("report");
  const metrics = metricsOf(report, lastDocument("catalog"));
  const words = overview.filter.toLowerCase().split(/\s+/).filter(Boolean);
  const textOf = metric =>
    [metric.key, metric.facts.description, metric.group, ...metric.entries.map(entry => entry.subject ?? "")]
      .join(" ")
      .toLowerCase();
  const found = metrics.filter(metric => words.every(word => textOf(metric).includes(word)));
  const shown = found.filter(metric => overview.state === null || metric.state.name === overview.state);
  // The map keeps the order in which groups are added, so a group with a problem comes before the others.
  const groups = new Map();
  for (const metric of shown) groups.set(metric.group, [...(groups.get(metric.group) ?? []), metric]);
  return [
    element("h1", { tabindex: -1 }, "Metrics"),
    problemsOfRun(report),
    element("div.tools", stateButtons(found), filterBox()),
    shown.length === 0 && element("p.faint", metrics.length ? "No metric matches." : "This program has no metrics."),
    [...groups].map(([title, members]) => groupSection(title, members)),
  ];
}

/** The metrics of a group. Those that are not collected are folded, unless a reader uses a filter or there is no report. */
function groupSection(title, members) {
  const showsAll = overview.filter !== "" || overview.state !== null || !lastDocument("report");
  const folded = showsAll ? [] : members.filter(isNotCollected);
  const shown = members.filter(metric => !folded.includes(metric));
  const list = metrics =>
    element(
      "ul.tiles",
      metrics.map(metric => tile(metric, histories.get(historyName(metric.key)))),
    );
  return element(
    "section.group",
    { "data-id": title, "aria-label": title },
    element("h2", data(title), " ", element("span.faint", String(members.length))),
    shown.length > 0 && list(shown),
    folded.length > 0 && element("details", element("summary.faint", `${folded.length} not collected`), list(folded)),
  );
}

function isNotCollected({ state }) {
  return state.name === STATE.not_collected.name;
}

function filterBox() {
  const input = event => {
    overview.filter = event.target.value;
    renderSoon();
  };
  return element(
    "label.filter",
    "Filter ",
    element("input", {
      type: "search",
      id: "filter",
      placeholder: "key, description, subject",
      value: overview.filter,
      on: { input },
    }),
  );
}

/** A button for each state, with the number of metrics in it. The button shows only these metrics. */
function stateButtons(metrics) {
  return element(
    "div.states",
    { role: "group", "aria-label": "Show only metrics in one state" },
    STATES.map(state => {
      const number = metrics.filter(metric => metric.state.name === state.name).length;
      const chosen = overview.state === state.name;
      if (number === 0 && !chosen) return null;
      const click = () => {
        overview.state = chosen ? null : state.name;
        renderSoon();
      };
      return element(
        "button",
        { type: "button", "data-id": state.name, "aria-pressed": String(chosen), on: { click } },
        stateMark(state, stateCount(STATE[state.name], number)),
      );
    }),
  );
}

function tile(metric, history) {
  const rows = rowsOf(metric);
  const { condition } = metric.facts;
  return element(
    "li",
    { class: `tile ${metric.state.name}`, "data-id": metric.key },
    element(
      "div.what",
      element("a.key", { href: metricAddress(metric.key) }, data(metric.key)),
      element("p.faint.description", data(firstSentence(metric.facts.description))),
    ),
    element(
      "div.measured",
      data(valueText(metric) || "–"),
      condition && element("span.faint.goal-text", "goal ", data(condition)),
    ),
    element(
      "div.how",
      stateMark(metric.state),
      element("span.faint", subjectsText(metric)),
      collectedEarlier(metric),
    ),
    sparkline(metric, history),
    whyAttention(metric, rows),
  );
}

function firstSentence(text) {
  return /^[\s\S]*?[.!?](?=\s|$)/.exec(text ?? "")?.[0] ?? text ?? "";
}

/**
 * How many subjects have the state of the metric. With at most one subject, samples are counted instead of subjects. If items
 * failed, all samples and the failed items are counted.
 */
function subjectsText(metric) {
  const { states, noun, failedItems } = statesOf(metric);
  if (failedItems > 0) return `${count(states.length, noun)}, ${count(failedItems, "failed item")}`;
  if (states.length < 2) return "";
  const same = states.filter(state => state.name === metric.state.name).length;
  return same === states.length ? count(same, noun) : `${same} of ${count(states.length, noun)}`;
}

/** Below a metric that needs attention: the worst row of each state, with links to the first items. */
function whyAttention(metric, rows) {
  const bad = rows.filter(row => needsAttention(row.state));
  if (bad.length === 0) return null;
  const worst = bad.filter((row, index) => bad.findIndex(other => other.state === row.state) === index);
  return element(
    "div.why",
    worst.map(row => {
      const sign =
        worst.length > 1 &&
        element(
          "span",
          { class: `state ${row.state.name}` },
          element("span.sign", { "aria-hidden": "true" }, row.state.sign),
          element("span.unseen", row.state.word),
        );
      const about = row.name && [data(row.name, { class: "name" }), ": "];
      const value = row.sample && data(shownSample(row.sample, metric.facts.unit));
      const reasons = row.reasons && data(shortened([...new Set([row.reasons[0], row.reasons.at(-1)])].join(" … ")));
      const others = bad.filter(other => other.state === row.state).length - 1;
      return element("p", sign, about, value, reasons, others > 0 && ` and ${others} more`, itemLinks(row));
    }),
  );
}

function itemLinks(row) {
  const items = firstItems(row, ITEMS_IN_TILE).map(item => outerLink(item.link, data(item.title)));
  const links = [...items, row.link && outerLink(row.link, "all items"), traceLink(row.entry)].filter(Boolean);
  return (
    links.length > 0 &&
    element(
      "ul.items-inline",
      links.map(link => element("li", link)),
    )
  );
}

/** What is wrong besides metrics: sources and deliveries. */
function problemsOfRun(report) {
  const sources = (report?.sources ?? []).filter(source => source.state === "error" || source.refused?.length);
  const failed = failedDeliveries();
  if (sources.length + failed.length === 0) return null;
  return element(
    "ul.problems",
    { "aria-label": "Problems besides metrics" },
    sources.map(source =>
      element(
        "li",
        stateMark(STATE.error, "source "),
        data(source.name),
        ": ",
        data(shortened(source.error ?? source.refused.join("; "))),
      ),
    ),
    failed.map(delivery =>
      element(
        "li",
        stateMark(STATE.error, "delivery "),
        element("a", { href: "#/deliveries" }, data(`${delivery.sink} ${delivery.address}`)),
        ": ",
        deliveryWord(delivery),
        delivery.error && [": ", data(shortened(delivery.error))],
      ),
    ),
  );
}
