// The history of one metric as a plot with axes, the goal, gaps and events. The arrow keys and the pointer move a cursor over
// the runs, and the text below the plot describes the run under the cursor.

const PLOT = { height: 250, left: 62, right: 16, goal: 84, top: 14, bottom: 44 };
const PLOT_SERIES = 40;
const PLOT_POINTS = 400;
/** The time of the run under the cursor, by metric. */
const cursors = new Map();

function historyPlot(metric, rows, { width, subject, events, oneRunOf = 1, middle = "p50", upper = "p99" }) {
  const all = seriesOf(rows, metric.facts.kind);
  const chosen = subject === null ? all : all.filter(one => one.subject === subject);
  const points = chosen.flatMap(one => one.points);
  const values = points.filter(point => point.value !== undefined);
  if (points.length === 0) return element("p.faint", `No results in the last ${rangeText()}.`);

  const goal = metric.facts.kind === "counter" ? null : goalOf(metric.facts.condition);
  const edges = values.flatMap(point => [point.value, point.upper ?? point.value]).concat(goal ? [goal.target] : []);
  const [min, max] = edges.length
    ? [edges.reduce((a, b) => Math.min(a, b)), edges.reduce((a, b) => Math.max(a, b))]
    : [0, 1];
  const whole = edges.every(Number.isInteger);
  const ticks = valueTicks(Math.min(min, min > 0 && min < max / 2 ? 0 : min), max, 4, whole);
  const now = Date.now();
  const start = now - rangeMillis();
  const [right, bottom] = [width - (goal ? PLOT.goal : PLOT.right), PLOT.height - PLOT.bottom];
  const x = linear(start, now, PLOT.left, right);
  const y = linear(ticks[0], ticks.at(-1), bottom, PLOT.top);

  const shown = worstFirst(chosen, goal).slice(0, PLOT_SERIES);
  const gaps = points.filter(point => point.gap);
  const eventsInRange = events.filter(event => Date.parse(event.time) >= start);
  const times = [...new Set(points.map(point => point.time))].sort((a, b) => a - b);
  const names = { middle, upper };
  // The run under the cursor may no longer be shown, for example in another range.
  if (!times.includes(cursors.get(metric.key))) cursors.delete(metric.key);
  const cursor = cursors.get(metric.key);
  const move = (box, time) => {
    cursors.set(metric.key, time);
    placeCursor(
      box,
      time === undefined ? null : x(time),
      times.indexOf(time ?? times.at(-1)),
      runText(metric, chosen, time ?? times.at(-1), goal, names),
      traceAt(rows, time ?? times.at(-1)),
    );
  };
  const step = (box, steps) => {
    const at = cursors.get(metric.key);
    const index = at === undefined ? times.length : times.findLastIndex(time => time <= at);
    move(box, times[Math.max(0, Math.min(times.length - 1, index + steps))]);
  };
  const keys = {
    ArrowLeft: box => step(box, -1),
    ArrowRight: box => step(box, 1),
    Home: box => move(box, times[0]),
    End: box => move(box, times.at(-1)),
    Escape: box => move(box, undefined),
  };

  const svg = drawn(
    "svg.plot",
    { viewBox: `0 0 ${width} ${PLOT.height}`, width, height: PLOT.height, "aria-hidden": "true" },
    goal && missedArea(goal, y, ticks, right, bottom),
    ticks.map(tick => [
      drawn("line.grid", { x1: PLOT.left, x2: right, y1: y(tick), y2: y(tick) }),
      drawn("text.label", { x: PLOT.left - 8, y: y(tick) + 4, "text-anchor": "end" }, shownValue(tick)),
    ]),
    timeTicks(start, now, Math.floor(width / 90)).map(tick => [
      drawn("line.tick", { x1: x(tick), x2: x(tick), y1: bottom, y2: bottom + 5 }),
      drawn("text.label", { x: x(tick), y: PLOT.height - 8, "text-anchor": "middle" }, timeLabel(tick)),
    ]),
    eventsInRange.map(({ time, level, title }) =>
      drawn(
        "g",
        { class: `event ${level}` },
        drawn("title", visible(title)),
        drawn("line", { x1: x(Date.parse(time)), x2: x(Date.parse(time)), y1: PLOT.top, y2: bottom }),
        drawn("path", { d: `M${x(Date.parse(time)) - 4},${PLOT.top - 8}h8l-4,7z` }),
      ),
    ),
    shown.map(one => upperArea(one, x, y)),
    goal && drawn("line.goal", { x1: PLOT.left, x2: right, y1: y(goal.target), y2: y(goal.target) }),
    goal &&
      drawn(
        "text.goal-label",
        { x: right + 6, y: y(goal.target) + 4 },
        `goal ${goal.comparison} ${shownValue(goal.target)}`,
      ),
    shown.reverse().map(one => seriesPath(one.points, PLOT_POINTS, x, y, goal)),
    gapMarks(gaps, x, bottom + 11, width),
    drawn("line.cursor", {
      visibility: cursor === undefined ? "hidden" : "visible",
      x1: x(cursor ?? now),
      x2: x(cursor ?? now),
      y1: PLOT.top,
      y2: bottom,
    }),
  );
  const box = element(
    "div",
    {
      class: "plot-box",
      tabindex: 0,
      role: "slider",
      "aria-label": `History of ${metric.key}: choose a run with the arrow keys`,
      "aria-valuemin": 0,
      "aria-valuemax": times.length - 1,
      "aria-valuenow": times.indexOf(cursor ?? times.at(-1)),
      "aria-valuetext": runText(metric, chosen, cursor ?? times.at(-1), goal, names),
      on: {
        keydown: event => {
          // With Alt, Ctrl or Meta, the key is a command for the browser, such as Alt and an arrow to go back.
          if (!keys[event.key] || event.altKey || event.ctrlKey || event.metaKey) return;
          event.preventDefault();
          keys[event.key](event.currentTarget);
        },
        pointermove: event => {
          const at =
            start +
            ((event.clientX - event.currentTarget.getBoundingClientRect().left - PLOT.left) / (right - PLOT.left)) *
              (now - start);
          move(
            event.currentTarget,
            times.reduce((best, time) => (Math.abs(time - at) < Math.abs(best - at) ? time : best)),
          );
        },
        pointerleave: event => move(event.currentTarget, undefined),
      },
    },
    svg,
  );
  return element(
    "div.history",
    box,
    element(
      "p.reading",
      runText(metric, chosen, cursor ?? times.at(-1), goal, names),
      traceAt(rows, cursor ?? times.at(-1)),
    ),
    legend(metric, {
      goal,
      gaps,
      events: eventsInRange,
      hidden: chosen.length - shown.length,
      series: chosen.length,
      oneRunOf,
    }),
  );
}

// Moves the cursor to the run with this index, without drawing everything again.
function placeCursor(box, x, index, text, link) {
  const line = box.querySelector(".cursor");
  line.setAttribute("visibility", x === null ? "hidden" : "visible");
  if (x !== null) for (const end of ["x1", "x2"]) line.setAttribute(end, x);
  box.setAttribute("aria-valuenow", index);
  box.setAttribute("aria-valuetext", text);
  showIn(box.nextElementSibling, text, link);
}

/** The area of values that miss the goal. */
function missedArea({ comparison, target }, y, ticks, right, bottom) {
  if (comparison === "==" || comparison === "!=") return null;
  const above = comparison.startsWith("<");
  const [top, end] = above ? [PLOT.top, y(target)] : [y(target), bottom];
  return drawn("rect.missed-area", { x: PLOT.left, y: top, width: right - PLOT.left, height: Math.max(0, end - top) });
}

/** The area between two values of each distribution: usually the median and the 99th percentile. */
function upperArea(one, x, y) {
  const pieces = piecesOf(one.points).filter(piece => piece.length > 1 && piece[0].upper !== undefined);
  const path = piece => {
    const middle = piece.map(point => `${x(point.time).toFixed(1)},${y(point.value).toFixed(1)}`);
    const upper = piece.map(point => `${x(point.time).toFixed(1)},${y(point.upper).toFixed(1)}`).reverse();
    return `M${[...middle, ...upper].join("L")}Z`;
  };
  return pieces.length > 0 && drawn("path.upper", { d: pieces.map(path).join("") });
}

/** A link to the trace of a run, if the server still has it. */
function traceAt(rows, time) {
  const kept = new Set(lastDocument("traces")?.traces);
  const id = rows.find(row => kept.has(row.trace_id) && Date.parse(row.time) === time)?.trace_id;
  return id && [" ", element("a", { href: `#/trace/${id}` }, "trace")];
}

/** What a run found: the time, and the value of the only series, the range of several series, or the reason for no value. */
function runText({ facts }, series, time, goal, names) {
  const at = series.flatMap(one => one.points.filter(point => point.time === time).map(point => ({ one, point })));
  const when = localTime(time);
  // All series of a subject share its gaps.
  if (new Set(at.map(({ point }) => point)).size === 1) {
    const { one, point } = at[0];
    if (point.gap) return `${when}: ${STATE[point.gap].word}: ${shortened(visible(point.reason), 160)}`;
    const verdict = goal ? (isMet(goal, point.value) ? ", goal met" : ", goal missed") : "";
    const prefix =
      facts.kind === "counter"
        ? "increase "
        : point.upper === undefined
          ? ""
          : `${count(point.count, "value")}, ${names.middle} `;
    const upper = point.upper === undefined ? "" : `, ${names.upper} ${significant(point.upper)}`;
    return `${when}: ${prefix}${withUnit(shownPoint(point), one.unit)}${upper}${verdict}`;
  }
  const points = at
    .map(({ point }) => point)
    .filter(point => point.value !== undefined)
    .sort((one, other) => one.value - other.value);
  const middle = points.some(point => point.upper !== undefined) ? `, ${names.middle}` : "";
  const gaps = new Set(at.map(({ point }) => point).filter(point => point.gap)).size;
  const missed = goal ? points.filter(point => !isMet(goal, point.value)).length : 0;
  const parts = [
    points.length
      ? `${count(points.length, "series", "series")}${middle} from ${shownPoint(points[0])} to ` +
        withUnit(shownPoint(points.at(-1)), series[0].unit)
      : null,
    missed ? `goal missed by ${count(missed, "series", "series")}` : null,
    gaps ? `${count(gaps, "subject")} without a value` : null,
  ];
  return `${when}: ${parts.filter(Boolean).join(", ")}`;
}

/** The value of a point. That of a distribution has three significant digits, as in the rest of the page. */
function shownPoint({ value, upper }) {
  return upper === undefined ? shownValue(value) : significant(value);
}

function legend({ facts }, { goal, gaps, events, hidden, series, oneRunOf }) {
  const isThinned = oneRunOf > 1;
  const notes = [
    isThinned ? `One run of ${oneRunOf} is shown, so some runs without a value may be missing.` : null,
    facts.kind === "counter" ? `Increases between ${isThinned ? "the runs that are shown" : "runs"}.` : null,
    facts.kind === "distribution" ? "The line is the median; the area reaches to the 99th percentile." : null,
    goal && series > 1 ? "Series that miss the goal are thick." : null,
    gaps.length ? "Marks below the axis: runs without a value (tall: error, short: no data)." : null,
    events.length ? "▼ events." : null,
    hidden > 0 ? `${hidden} more series ${hidden === 1 ? "is" : "are"} not drawn.` : null,
    `Times in ${timeZone()}.`,
  ];
  return element("p.faint.legend", notes.filter(Boolean).join(" "));
}
