// Dashboards: their groups and widgets, with the values that the queries find now. Values come from the server's `api/v1/query`,
// which works like Datadog's endpoint with the same path.

/** The time range of a query, in seconds. */
const QUERY_RANGE = 3600;
// Datadog's endpoint requires keys. A local stand-in accepts any keys, and reports a finding if there are none.
const API_KEYS = { "dd-api-key": "page", "dd-application-key": "page" };
/** The results of queries, by query. */
const queryResults = new Map();

function dashboardsPage({ name, paths }) {
  const dashboards = lastDocument(paths.at(-1))?.dashboards ?? [];
  return [
    element("h1", { tabindex: -1 }, PAGES[name].title),
    element(
      "p.lead",
      name === "dashboards" ? "What a push would create. " : "What was pushed to this intake. ",
      "Values are the latest from the last hour.",
    ),
    dashboards.length === 0 && element("p.faint", "There are none."),
    dashboards.map(dashboard =>
      element(
        "section.card",
        { "data-id": dashboard.id ?? dashboard.title },
        element("h2", data(dashboard.title)),
        dashboard.description && element("p.faint", data(dashboard.description, { class: "lines" })),
        element("ul.widgets", dashboard.widgets.flatMap(widgetsIn).map(widgetItem)),
        element("details", element("summary", "The document"), jsonText(dashboard)),
      ),
    ),
  ];
}

/** The widgets of a group follow its title. */
function widgetsIn({ definition }) {
  if (!definition.widgets) return [definition];
  return [{ type: "group", title: definition.title }, ...definition.widgets.flatMap(widgetsIn)];
}

function widgetItem(definition) {
  if (definition.type === "group") return element("li.widget-group", element("h3", data(definition.title ?? "")));
  const queries = queriesOf(definition);
  return element(
    "li",
    definition.type === "note"
      ? element("p.lines", data(definition.content ?? ""))
      : element("h3", data(definition.title || definition.type), " ", element("span.faint.small", definition.type)),
    queries.map(query =>
      element("div", queryValue(query), element("p.small", element("code", data(query)), metricLinks(query))),
    ),
  );
}

function queriesOf({ requests }) {
  const queries = [requests ?? []]
    .flat()
    .flatMap(request => [...(request.queries ?? []).map(({ query }) => query), request.q]);
  return [...new Set(queries.filter(query => typeof query === "string"))];
}

function queryValue(query) {
  const result = queryResults.get(query);
  refreshQueryResult(query);
  if (!result || result.isFirstLoad) return element("p.faint", "…");
  if (result.error) return element("p", stateMark(STATE.error), " ", data(result.error));
  const values = result.series
    .map(({ pointlist }) => pointlist.findLast(([, value]) => value !== null)?.[1])
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  if (values.length === 0) return element("p", stateMark(STATE.no_data));
  const [min, max] = [shownValue(values[0]), shownValue(values.at(-1))];
  return element(
    "p.measured",
    min === max ? min : `${min} to ${max}`,
    values.length > 1 && element("span.faint.small", ` ${values.length} series`),
  );
}

// Reads the result of a query, unless it was read recently. Template variables are left out of the scopes, as if `*` was chosen
// for each variable.
async function refreshQueryResult(query) {
  const before = queryResults.get(query);
  if (before && (before.isFirstLoad || Date.now() - before.at < REFRESH_MILLIS)) return;
  queryResults.set(query, { ...before, isFirstLoad: !before, at: Date.now() });
  const to = Math.floor(Date.now() / 1000);
  const text = query.replace(
    /\{([^}]*)\}/g,
    (whole, scope) =>
      `{${
        scope
          .split(/\s*,\s*/)
          .filter(part => !part.startsWith("$"))
          .join(",") || "*"
      }}`,
  );
  const parameters = new URLSearchParams({ from: to - QUERY_RANGE, to, query: text });
  try {
    const { series, error } = (await readDocument(`query?${parameters}`, API_KEYS)) ?? {
      error: "this server does not evaluate queries",
    };
    queryResults.set(query, { series: series ?? [], error, at: Date.now() });
  } catch (error) {
    queryResults.set(query, { error: error.message, at: Date.now() });
  }
  renderSoon();
}
