// A small drawing of a metric's history in the overview.

const SPARK = { width: 132, height: 30, edge: 3 };
const SPARK_SERIES = 12;

/** The history of a metric. Gaps have a mark below, so that a failure is not mistaken for a missing run. */
function sparkline(metric, history) {
  const holder = (...children) => element("div.spark", { "data-history": historyName(metric.key) }, ...children);
  if (metric.isGoal) return element("div.spark");
  if (!history?.rows) return holder();
  const { rows, oneRunOf } = history;
  const all = seriesOf(rows, metric.facts.kind);
  const goal = goalOf(metric.facts.condition);
  const values = all
    .flatMap(one => one.points)
    .filter(point => point.value !== undefined)
    .map(point => point.value);
  if (values.length === 0) return holder(element("span.faint", all.length ? "no values" : "no history"));
  // The goal is part of the drawing, if it is not far from the values.
  const [min, max] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const spread = max - min || Math.abs(max) || 1;
  const near = goal && goal.target >= min - 2 * spread && goal.target <= max + 2 * spread;
  const [low, high] = near ? [Math.min(min, goal.target), Math.max(max, goal.target)] : [min, max];
  const now = Date.now();
  const x = linear(now - rangeMillis(), now, SPARK.edge, SPARK.width - SPARK.edge);
  const y = low === high ? () => SPARK.height / 2 : linear(low, high, SPARK.height - SPARK.edge - 4, SPARK.edge);
  const shown = worstFirst(all, goal).slice(0, SPARK_SERIES);
  // All series of a subject share its gaps.
  const gaps = [...new Set(all.flatMap(one => one.points.filter(point => point.gap)))];
  const text =
    `${metric.key}: ${shownValue(min)} to ${withUnit(shownValue(max), metric.facts.unit)} in the last ${rangeText()}` +
    (gaps.length ? `, ${count(gaps.length, "time")} without a value` : "") +
    (oneRunOf > 1 ? `, one run of ${oneRunOf} is shown` : "");
  return holder(
    drawn(
      "svg",
      {
        viewBox: `0 0 ${SPARK.width} ${SPARK.height}`,
        width: SPARK.width,
        height: SPARK.height,
        role: "img",
        "aria-label": text,
      },
      oneRunOf > 1 && drawn("title", `One run of ${oneRunOf} is shown.`),
      near && drawn("line.goal", { x1: 0, x2: SPARK.width, y1: y(goal.target), y2: y(goal.target) }),
      shown.reverse().map(one => seriesPath(one.points, SPARK.width, x, y, goal)),
      gapMarks(gaps, x, SPARK.height - 2, SPARK.width),
    ),
  );
}

/** The series that miss the goal come first. */
function worstFirst(all, goal) {
  const rank = one => {
    const last = one.points.findLast(point => point.value !== undefined);
    return goal && last && !isMet(goal, last.value) ? 0 : 1;
  };
  return [...all].sort((one, other) => rank(one) - rank(other));
}

/** The line of a series, which is thinned to about `limit` points. */
function seriesPath(points, limit, x, y, goal) {
  const last = points.findLast(point => point.value !== undefined);
  const missed = goal && last && !isMet(goal, last.value);
  const pieces = thinnedPieces(points, limit);
  const line = pieces
    .filter(piece => piece.length > 1)
    .map(piece => `M${piece.map(point => `${x(point.time).toFixed(1)},${y(point.value).toFixed(1)}`).join("L")}`);
  const dots = pieces
    .filter(piece => piece.length === 1)
    .map(([point]) => drawn("circle", { cx: x(point.time).toFixed(1), cy: y(point.value).toFixed(1), r: 1.6 }));
  return drawn(
    "g",
    { class: missed ? "series missed" : "series" },
    line.length > 0 && drawn("path", { d: line.join("") }),
    dots,
  );
}

/** Marks for runs without a value. Marks at the same place are drawn once, as an error if one of them is an error. */
function gapMarks(gaps, x, y, width) {
  const places = new Map();
  for (const { time, gap } of gaps) {
    const place = Math.round(x(time) / 3) * 3;
    if (place >= 0 && place <= width && places.get(place) !== "error") places.set(place, gap);
  }
  return [...places].map(([place, gap]) =>
    drawn("rect", { class: `gap ${gap}`, x: place - 1, y: y - 2, width: 2, height: gap === "error" ? 4 : 2 }),
  );
}
