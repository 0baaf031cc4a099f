// What a local stand-in for Datadog received, and what Datadog itself would refuse or change.

const FINDING_LEVELS = { refused: { ...STATE.error, word: "refused" }, changed: { ...STATE.missed, word: "changed" }, note: { ...STATE.value, word: "note" } };

function intakePage({ findings, intake }) {
  const found = (findings?.findings ?? []).map(finding => ({ ...finding, shown: FINDING_LEVELS[finding.level] ?? FINDING_LEVELS.note }));
  found.sort((one, other) => one.shown.rank - other.shown.rank || compareText(other.last_at, one.last_at));
  const received = intake?.metrics ?? [];
  return [
    element("h1", { tabindex: -1 }, "Intake"),
    element("h2", {}, "What Datadog would refuse or change"),
    found.length === 0 && element("p", { class: "faint" }, "Nothing so far."),
    found.length > 0 && sortableTable({
      id: "findings", caption: "Findings", rows: found, textOf: finding => `${finding.about} ${finding.text} ${finding.endpoint}`, rowId: finding => `${finding.about} ${finding.text}`,
      columns: [
        { name: "About", sort: finding => finding.about, cell: finding => data(finding.about) },
        { name: "Finding", sort: finding => finding.shown.rank, cell: finding => stateMark(finding.shown) },
        { name: "Explanation", sort: finding => finding.text, cell: finding => data(finding.text) },
        { name: "Received by", sort: finding => finding.endpoint, cell: finding => data(finding.endpoint) },
        { name: "Times", numeric: true, sort: finding => finding.count, cell: finding => String(finding.count) },
        { name: "Last", sort: finding => finding.last_at, cell: finding => timeElement(finding.last_at) },
      ],
    }),
    element("h2", {}, "Received metrics"),
    received.length === 0 && element("p", { class: "faint" }, "Nothing so far."),
    received.length > 0 && sortableTable({
      id: "received", caption: "Received metrics", rows: received, textOf: metric => metric.metric, rowId: metric => metric.metric,
      columns: [
        { name: "Metric", sort: metric => metric.metric, cell: metric => data(metric.metric) },
        { name: "Kind", sort: metric => metric.kind, cell: metric => data(metric.kind) },
        { name: "Last value", numeric: true, sort: metric => metric.value, cell: metric => (metric.value === null ? "–" : data(withUnit(shownValue(metric.value), metric.unit))) },
        { name: "Series", numeric: true, sort: metric => metric.series, cell: metric => String(metric.series) },
        { name: "Points", numeric: true, sort: metric => metric.points, cell: metric => String(metric.points) },
        { name: "Last", sort: metric => metric.last_at, cell: metric => timeElement(metric.last_at) },
      ],
    }),
  ];
}
