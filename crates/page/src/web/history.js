// The results of earlier runs as series. A run without a value is a gap: no line is drawn across it.

const knownSeries = new WeakMap();

/** The series of a metric's history, each with `points` in the order of time: a point has a value, or is a gap with a reason. */
function seriesOf(rows, kind) {
  if (!knownSeries.has(rows)) knownSeries.set(rows, collectSeries(rows, kind));
  return knownSeries.get(rows);
}

function collectSeries(rows, kind) {
  const seriesById = new Map();
  const gaps = new Map();
  for (const row of rows) {
    const time = Date.parse(row.time);
    if (row.state !== "value") {
      if (!gaps.has(row.subject)) gaps.set(row.subject, []);
      gaps.get(row.subject).push({ time, gap: row.state, reason: row.reason });
      continue;
    }
    const id = JSON.stringify([row.subject, [...row.tags].sort()]);
    const series = seriesById.get(id) ?? { id, subject: row.subject, tags: row.tags, unit: row.unit, points: [] };
    const { p50, p99, count } = row.distribution ?? {};
    series.points.push(row.distribution ? { time, value: p50, upper: p99, count } : { time, value: row.value });
    seriesById.set(id, series);
  }
  for (const series of seriesById.values()) {
    if (kind === "counter") series.points = increases(series.points);
    // Failed items belong to series that have no row of their own in that run.
    const gapsOfSubject = (gaps.get(series.subject) ?? []).filter(({ gap }) => gap !== "items_failed");
    series.points = [...series.points, ...gapsOfSubject].sort((a, b) => a.time - b.time);
  }
  for (const [subject, points] of gaps) {
    if (![...seriesById.values()].some(series => series.subject === subject))
      seriesById.set(subject, { id: subject, subject, tags: [], unit: null, points });
  }
  return [...seriesById.values()];
}

/** The growth of a counter between two runs. A smaller total means that the counter was restarted at zero. */
function increases(totals) {
  return totals.slice(1).map(({ time, value }, index) => {
    const before = totals[index].value;
    return { time, value: value >= before ? value - before : value };
  });
}

/** The pieces of a series between its gaps. A time of more than three usual steps without any result is a gap, too. */
function piecesOf(points) {
  const steps = points
    .slice(1)
    .map((point, index) => point.time - points[index].time)
    .sort((a, b) => a - b);
  const longest = 3 * (steps[Math.floor(steps.length / 2)] ?? Infinity);
  const pieces = [];
  let previous = null;
  for (const point of points) {
    if (point.value !== undefined) {
      const follows = previous?.value !== undefined && point.time - previous.time <= longest;
      if (follows) pieces.at(-1).push(point);
      else pieces.push([point]);
    }
    previous = point;
  }
  return pieces;
}

/** The pieces of a series, with at most `limit + 2` points. Points that are left out make no gaps. */
function thinnedPieces(points, limit) {
  const pieces = piecesOf(points);
  const kept = new Set(thinned(pieces.flat(), limit));
  return pieces.map(piece => piece.filter(point => kept.has(point))).filter(piece => piece.length > 0);
}

/** At most `limit + 2` points: for each slot of time, those with the lowest and the highest value. */
function thinned(points, limit) {
  if (points.length <= limit) return points;
  const [start, end] = [points[0].time, points.at(-1).time];
  const slots = new Map();
  for (const point of points) {
    const slot = Math.floor(((point.time - start) / (end - start || 1)) * (limit / 2));
    const { min, max } = slots.get(slot) ?? { min: point, max: point };
    slots.set(slot, { min: point.value < min.value ? point : min, max: point.value > max.value ? point : max });
  }
  return [...slots.values()].flatMap(({ min, max }) => [min, max]);
}
