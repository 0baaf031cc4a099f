// A table that a reader can sort by any column, and filter if it is long.

const ROWS_WITHOUT_FILTER = 15;
const MAX_ROWS = 500;
/** What a reader has chosen, by table: the name of a column, its direction, and the text of the filter. */
const tableChoices = new Map();

/**
 * Each column has a `name`, and two functions of a row: `sort` returns its sort key, and `cell` the content of its cell. The rows
 * stay in order until a reader chooses a column. A later call with the same `id` may have other columns.
 */
function sortableTable({ id, caption, columns, rows, textOf, rowId }) {
  const choice = tableChoices.get(id) ?? { column: null, descending: false, filter: "" };
  const choose = change => {
    tableChoices.set(id, { ...choice, ...change });
    renderSoon();
  };
  const words = choice.filter.toLowerCase().split(/\s+/).filter(Boolean);
  const found = words.length
    ? rows.filter(row => words.every(word => textOf(row).toLowerCase().includes(word)))
    : [...rows];
  const chosen = columns.find(column => column.name === choice.column);
  const sorted = chosen ? found.sort(byColumn(chosen, choice.descending)) : found;
  const heads = columns.map(column => {
    const isSorted = column === chosen;
    const descending = isSorted ? !choice.descending : column.numeric === true;
    const click = () => choose({ column: column.name, descending });
    const direction = choice.descending ? "descending" : "ascending";
    return element(
      "th",
      { scope: "col", class: column.numeric ? "number" : null, "aria-sort": isSorted ? direction : null },
      element(
        "button",
        { type: "button", on: { click } },
        column.name,
        element("span.arrow", { "aria-hidden": "true" }, isSorted ? (choice.descending ? "▼" : "▲") : "↕"),
      ),
    );
  });
  const body = sorted.slice(0, MAX_ROWS).map((row, index) =>
    element(
      "tr",
      { "data-id": `${rowId(row)}#${index}` },
      columns.map((column, columnIndex) =>
        element(
          columnIndex === 0 ? "th" : "td",
          {
            scope: columnIndex === 0 ? "row" : null,
            class: column.numeric ? "number" : null,
            "data-label": column.name,
          },
          column.cell(row),
        ),
      ),
    ),
  );
  const input = event => choose({ filter: event.target.value });
  return element(
    "div.table-box",
    { "data-id": id },
    (rows.length > ROWS_WITHOUT_FILTER || choice.filter !== "") &&
      element("label.filter", "Filter ", element("input", { type: "search", value: choice.filter, on: { input } })),
    element(
      "div.scroll",
      { tabindex: 0, role: "region", "aria-label": caption },
      element(
        "table",
        element("caption", caption, found.length < rows.length ? ` (${found.length} of ${rows.length})` : null),
        element("thead", element("tr", heads)),
        element("tbody", body),
      ),
    ),
    sorted.length > MAX_ROWS &&
      element(
        "p.faint",
        `… and ${count(sorted.length - MAX_ROWS, "more row")}: filter them, or see the JSON document.`,
      ),
  );
}

// Rows without a value stay at the end in both directions.
function byColumn({ sort }, descending) {
  return (one, other) => {
    const [a, b] = [sort(one), sort(other)];
    if (a === null || b === null) return (a === null) - (b === null);
    const order = typeof a === "number" ? a - b : compareText(a, b);
    return descending ? -order : order;
  };
}
