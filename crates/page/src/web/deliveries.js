// What became of the points of the last run, for each destination. Also the sources of the run, and the requests that a run is
// expected to send.

const DELIVERY_PROBLEMS = ["failed", "partial", "interrupted"];
const DELIVERY_STATES = {
  accepted: STATE.met,
  partial: STATE.error,
  failed: STATE.error,
  interrupted: STATE.error,
  dry_run: STATE.value,
};
const DELIVERY_WORDS = {
  accepted: "accepted",
  partial: "partly accepted",
  failed: "failed",
  interrupted: "interrupted",
  dry_run: "dry run, nothing was sent",
};
/** The numbers of a receipt, each with its label. */
const RECEIPT = [
  ["series", "Series accepted"],
  ["points_of_earlier_runs", "Points of earlier runs"],
  ["self_metrics", "Series about the reporter"],
  ["left", "Points left for the next run"],
  ["unknown", "Points unknown"],
  ["lost", "Points lost"],
  ["expired", "Points expired"],
  ["superseded", "Points superseded"],
  ["repeated", "Points repeated"],
  ["baselines", "Baselines"],
  ["events", "Events"],
  ["events_left", "Events left"],
];

function deliveryWord({ state }) {
  return DELIVERY_WORDS[state] ?? state;
}

function failedDeliveries() {
  return (lastDocument("report")?.deliveries ?? []).filter(delivery => DELIVERY_PROBLEMS.includes(delivery.state));
}

function deliveriesPage() {
  const report = lastDocument("report");
  const deliveries = report?.deliveries ?? [];
  return [
    element("h1", { tabindex: -1 }, "Deliveries"),
    deliveries.length === 0 && element("p.faint", "The last run was not delivered."),
    deliveries.map(delivery =>
      element(
        "section.card",
        { "data-id": `${delivery.sink} ${delivery.address}` },
        element("h2", data(delivery.sink), " ", data(delivery.address, { class: "faint" })),
        element(
          "p",
          stateMark(DELIVERY_STATES[delivery.state] ?? STATE.error, deliveryWord(delivery)),
          delivery.kept === true
            ? "; the points are kept for the next run"
            : delivery.kept === false
              ? "; the points are not kept"
              : null,
        ),
        delivery.error && reasonList([delivery.error]),
        delivery.state === "dry_run" ? dryRun(delivery) : receipt(delivery),
      ),
    ),
    sourcesSection(report),
    requestsSection(report),
  ];
}

function receipt(delivery) {
  const numbers = RECEIPT.filter(([name]) => delivery[name] > 0);
  return [
    numbers.length > 0 && factList(numbers.map(([name, words]) => [words, String(delivery[name])])),
    delivery.refused?.length > 0 && [
      element("p", "Refused for good:"),
      element(
        "ul",
        delivery.refused.map(refusal => element("li", `${refusal.series} series: `, data(refusal.error))),
      ),
    ],
  ];
}

function dryRun({ series, self_metrics, payload }) {
  const aboutReporter = self_metrics > 0 ? `, and ${self_metrics} about the reporter,` : "";
  return element("details", element("summary", `${series} series${aboutReporter} would be sent`), jsonText(payload));
}

function jsonText(value) {
  return element("pre", { tabindex: 0 }, visible(JSON.stringify(value, null, 2)));
}

function sourcesSection(report) {
  if (!report?.sources.length) return null;
  return element(
    "section",
    element("h2", "Sources of metrics"),
    element(
      "ul.plain",
      report.sources.map(source => {
        const state =
          source.state !== "value" ? STATE[source.state] : source.refused.length ? STATE.items_failed : STATE.value;
        const word = source.state === "value" ? count(source.metrics, "metric") : state.word;
        return element(
          "li",
          stateMark(state, word),
          " ",
          data(source.name),
          source.state !== "value" && [": ", data(source.error ?? source.reason)],
          source.refused?.length > 0 &&
            element(
              "ul.causes",
              source.refused.map(text => element("li", data(`refused: ${text}`))),
            ),
        );
      }),
    ),
  );
}

function requestsSection(report) {
  if (!report?.run.requests?.length) return null;
  return element(
    "section",
    element("h2", "Requests of a run"),
    report.run.requests.map(plan =>
      element(
        "div",
        element(
          "p",
          data(plan.api),
          `: ${count(plan.total, "request")} expected. `,
          data(plan.limits.join("; "), { class: "faint" }),
        ),
        element(
          "ul",
          plan.groups.map(group =>
            element(
              "li",
              data(group.group),
              `: ${group.requests}, `,
              data(group.basis),
              group.skipped && ["; skipped: ", data(group.skipped)],
            ),
          ),
        ),
      ),
    ),
  );
}
