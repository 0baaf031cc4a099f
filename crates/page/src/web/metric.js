// A metric with all entries that a report has about it: one for each subject.

let lastMetrics = null;

/** The metrics of a report and of the catalog, and the goals of two metrics. Sorted by need of attention, then by key. */
function metricsOf(report, catalog) {
  if (lastMetrics?.report !== report || lastMetrics.catalog !== catalog) {
    lastMetrics = { report, catalog, metrics: collectMetrics(report, catalog) };
  }
  return lastMetrics.metrics;
}

function collectMetrics(report, catalog) {
  const metrics = new Map();
  const known = new Map((catalog ?? []).map(facts => [facts.key, facts]));
  const add = (entry, isGoal) => {
    const metric = metrics.get(entry.key) ?? {
      key: entry.key,
      isGoal,
      facts: { ...known.get(entry.key), ...factsOf(entry) },
      entries: [],
    };
    metric.entries.push(entry);
    metrics.set(entry.key, metric);
  };
  for (const entry of report?.metrics ?? []) add(entry, false);
  for (const entry of report?.goals ?? []) add(entry, true);
  for (const facts of known.values()) {
    if (!metrics.has(facts.key) && !facts.about_reporter)
      metrics.set(facts.key, { key: facts.key, facts: { ...facts, condition: facts.goal }, entries: [] });
  }
  for (const metric of metrics.values()) {
    metric.state = metric.entries
      .map(stateOf)
      .reduce((worst, state) => (state.rank < worst.rank ? state : worst), STATE.not_collected);
    // All entries of a metric come from one run. They say in `run` which one, unless it is the last run.
    metric.earlierRun = metric.entries[0]?.run ?? null;
    metric.group = metric.isGoal ? "Goals of two metrics" : (metric.facts.group_title ?? titleOf(metric.key));
  }
  return [...metrics.values()].sort(
    (one, other) => one.state.rank - other.state.rank || compareText(one.key, other.key),
  );
}

/** When a metric was collected, if that was before the last run. */
function collectedEarlier({ earlierRun, isGoal }) {
  return earlierRun && element("span.faint", isGoal ? "judged " : "collected ", timeElement(earlierRun.started_at));
}

function factsOf(entry) {
  const { kind, unit, description, interval_seconds } = entry;
  return { kind, unit, description, interval_seconds, condition: entry.goal?.condition ?? null };
}

function titleOf(key) {
  const group = key.split(".")[0];
  return group.charAt(0).toUpperCase() + group.slice(1);
}

function compareText(one, other) {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The goal in a condition such as `< 5` or `ci.errors / ci.runs < 0.1`. */
function goalOf(condition) {
  const parts = /(<=|>=|==|!=|<|>) (-?[0-9.]+(?:e[-+]?[0-9]+)?)$/i.exec(condition ?? "");
  return parts && { comparison: parts[1], target: Number(parts[2]) };
}

function isMet({ comparison, target }, value) {
  switch (comparison) {
    case "<":
      return value < target;
    case "<=":
      return value <= target;
    case ">":
      return value > target;
    case ">=":
      return value >= target;
    case "==":
      return value === target;
    default:
      return value !== target;
  }
}

/** The rows of a metric's table of subjects: one for each sample, failed item, error and absence of data. */
function rowsOf(metric) {
  metric.rows ??= collectRows(metric);
  return metric.rows;
}

function collectRows(metric) {
  const goal = goalOf(metric.facts.condition);
  const rows = metric.entries.flatMap(entry => {
    const row = { entry, name: entry.subject ?? "", tags: entry.tags, state: stateOf(entry), value: null };
    if (entry.state !== "value") return [{ ...row, reasons: causesOf(entry), evidence: entry.evidence }];
    const samples = entry.samples.map(sample => {
      const value = sample.value ?? sample.distribution.p50;
      const met = metric.isGoal ? entry.goal?.met : goal && isMet(goal, value);
      const state = goal ? (met ? STATE.met : STATE.missed) : STATE.value;
      return { ...row, state, value, sample, tags: sample.tags, evidence: sample.evidence, link: sample.link };
    });
    const failed = (entry.failures ?? []).map(item => ({
      ...row,
      state: STATE.items_failed,
      tags: item.tags,
      reasons: [item.error],
    }));
    return [...samples, ...failed];
  });
  const common = rows
    .map(row => new Set(row.tags))
    .reduce((all, tags) => all.intersection(tags), new Set(rows[0]?.tags));
  for (const row of rows) {
    row.ownTags = row.tags.filter(tag => !common.has(tag));
    row.name ||= rows.length > 1 ? row.ownTags.join(" ") : "";
    // The tag of a repository only repeats the name of the row, in lower case.
    const name = row.name.toLowerCase();
    row.details = row.ownTags.filter(tag => !name.includes(tag) && !tag.endsWith(`:${name}`)).join("  ");
  }
  const distance = row => (goal && row.value !== null ? Math.abs(row.value - goal.target) : 0);
  return rows.sort(
    (one, other) =>
      one.state.rank - other.state.rank ||
      (one.state === STATE.missed ? distance(other) - distance(one) : 0) ||
      compareText(one.name, other.name),
  );
}

/** The messages of an error and of its causes, or the reason for no data. */
function causesOf(entry) {
  if (entry.state === "no_data") return [entry.reason];
  return entry.causes?.length ? entry.causes : [entry.error];
}

/**
 * The value of a metric in a few words: the value of its only sample, or the range of all samples. For several distributions,
 * it is the range of their medians.
 */
function valueText({ entries, facts }) {
  const samples = entries.flatMap(entry => entry.samples ?? []);
  if (samples.length === 0) return "";
  if (samples.length === 1) return shownSample(samples[0], facts.unit);
  const values = samples.map(sample => sample.value ?? sample.distribution.p50).sort((one, other) => one - other);
  const hasDistributions = samples.some(sample => sample.distribution);
  const [min, max] = [values[0], values.at(-1)].map(hasDistributions ? significant : shownValue);
  const range = min === max ? min : `${min} to ${max}`;
  return withUnit(hasDistributions ? `p50 ${range}` : range, facts.unit);
}

/**
 * The number of subjects in each state: `5 subjects: 1 error, 4 goals met`. With at most one subject, the samples are counted, and
 * the failed items: `2 samples: 2 values; 1 failed item`.
 */
function summaryOf(metric) {
  const { states, noun, failedItems } = statesOf(metric);
  if (states.length + failedItems < 2) return "";
  const counts = STATES.map(({ name }) => [STATE[name], states.filter(state => state.name === name).length]);
  const texts = counts.filter(([, number]) => number > 0).map(([state, number]) => stateCount(state, number));
  const summary = `${count(states.length, noun)}: ${texts.join(", ")}`;
  return failedItems > 0 ? `${summary}; ${count(failedItems, "failed item")}` : summary;
}

/** The state of each subject. With at most one subject, the state of each sample, and the number of failed items. */
function statesOf(metric) {
  if (metric.entries.length > 1) return { states: metric.entries.map(stateOf), noun: "subject", failedItems: 0 };
  const rows = rowsOf(metric);
  return {
    states: rows.filter(row => row.sample).map(row => row.state),
    noun: "sample",
    failedItems: rows.filter(row => row.state === STATE.items_failed).length,
  };
}
