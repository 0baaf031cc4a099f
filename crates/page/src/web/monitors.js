// The monitors and dashboards that would be pushed, with what they would show now.

const MONITOR_STATES = {
  alert: { ...STATE.error, word: "alert" }, warning: { ...STATE.missed, word: "warning" }, no_data: STATE.no_data, ok: { ...STATE.met, word: "ok" },
  unknown: { ...STATE.not_collected, word: "not evaluated" },
};

function monitorsPage({ monitors }) {
  const all = (monitors?.monitors ?? []).map(monitor => ({ ...monitor, shown: MONITOR_STATES[monitor.state] ?? MONITOR_STATES.unknown }));
  return [
    element("h1", { tabindex: -1 }, "Monitors"),
    element("p", { class: "lead" }, "What a push would create, evaluated over the local history."),
    all.sort((one, other) => one.shown.rank - other.shown.rank).map(({ name, key, query, shown, reason, groups, document: body }) => element("section", { class: "card", "data-id": name },
      element("h2", {}, stateMark(shown), " ", data(name)),
      key && element("p", {}, "Metric ", element("a", { href: metricAddress(key) }, data(key))),
      reason && element("p", {}, data(reason)),
      element("p", {}, element("code", {}, data(query))),
      groups?.length > 0 && element("ul", { class: "plain" }, groups.map(group => element("li", {}, stateMark(MONITOR_STATES[group.state] ?? MONITOR_STATES.unknown), " ", data(group.name), group.value === null ? null : `: ${shownValue(group.value)}`))),
      body && element("details", {}, element("summary", {}, "The document"), jsonText(body)))),
    all.length === 0 && element("p", { class: "faint" }, "There are no monitors: no metric has a goal, or all are turned off."),
  ];
}

function dashboardsPage({ dashboards }) {
  return [
    element("h1", { tabindex: -1 }, "Dashboards"),
    element("p", { class: "lead" }, "What a push would create, with the values that its queries find in the local history."),
    (dashboards?.dashboards ?? []).map(dashboard => element("section", { class: "card", "data-id": dashboard.title },
      element("h2", {}, data(dashboard.title)), dashboard.description && element("p", {}, data(dashboard.description)),
      element("ul", { class: "widgets" }, dashboard.widgets.map(widget => element("li", {},
        element("h3", {}, data(widget.title || widget.type)),
        widget.queries.map(query => element("div", {},
          element("p", { class: "measured" }, query.error ? [stateMark(STATE.error), " ", data(query.error)] : query.value === null ? stateMark(STATE.no_data) : data(withUnit(shownValue(query.value), query.unit))),
          element("p", { class: "small" }, element("code", {}, data(query.query)), query.key && [" ", element("a", { href: metricAddress(query.key) }, data(query.key))])))))),
      element("details", {}, element("summary", {}, "The document"), jsonText(dashboard.document)))),
  ];
}
