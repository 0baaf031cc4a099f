// The histories of the metrics that are visible. A few are read at a time. After a new run, all of them are read again.
// A history that could not be read is read again at the next refresh. If there are too many results, the server sends only
// every Nth run, and N in a header.

const PARALLEL_HISTORIES = 4;
const RANGES = {
  "1h": [HOUR, "60 minutes"],
  "6h": [6 * HOUR, "6 hours"],
  "24h": [DAY, "24 hours"],
  "7d": [7 * DAY, "7 days"],
  "30d": [30 * DAY, "30 days"],
};
/** The name under which the browser stores the chosen range. */
const STORED_RANGE = "system-health-range";
const ONE_RUN_OF_HEADER = "system-health-one-run-of";

/** The histories by their names, which {@link historyName} makes. */
const histories = new Map();
const wanted = new Set();
let loading = 0;
let range = RANGES[sessionStorage.getItem(STORED_RANGE)] ? sessionStorage.getItem(STORED_RANGE) : "24h";

/** The name of the history of a metric, or of one subject of it: the parameters that choose it. */
function historyName(key, subject = null) {
  return new URLSearchParams({ key, ...(subject === null ? {} : { subject }) }).toString();
}

function rangeMillis() {
  return RANGES[range][0];
}

function rangeText() {
  return RANGES[range][1];
}

function setRange(chosen) {
  range = chosen;
  sessionStorage.setItem(STORED_RANGE, range);
  loadHistories();
}

/** After a new run, all visible histories are read again. Otherwise, only those with errors. The old ones stay until then. */
function outdateHistories(isNewRun) {
  for (const history of histories.values()) if (isNewRun || history.error) history.isOld = true;
  loadHistories();
}

// An element with the attribute `data-history` shows the history of that name.
const visibleHistories = new IntersectionObserver(
  entries => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) wanted.add(target.dataset.history);
      else wanted.delete(target.dataset.history);
    }
    loadHistories();
  },
  { rootMargin: "200px" },
);

function forgetVisible() {
  visibleHistories.disconnect();
  wanted.clear();
}

function loadHistories() {
  for (const name of wanted) {
    if (loading >= PARALLEL_HISTORIES) return;
    const history = histories.get(name);
    if (history?.isLoading || (history && !history.isOld && history.range === range)) continue;
    loading += 1;
    loadHistory(name, range).finally(() => {
      loading -= 1;
      renderSoon();
      loadHistories();
    });
  }
}

async function loadHistory(name, range) {
  const before = histories.get(name);
  const kept = before?.range === range ? { rows: before.rows, oneRunOf: before.oneRunOf } : {};
  const error = before?.range === range ? before.error : undefined;
  histories.set(name, { ...kept, range, error, isLoading: true });
  try {
    const response = await readResponse(`history?${name}&since=${range}&thin=true`);
    const rows = response ? await documentIn(response) : [];
    histories.set(name, { rows, oneRunOf: Number(response?.headers.get(ONE_RUN_OF_HEADER) ?? 1), range });
  } catch (error) {
    histories.set(name, { ...kept, range, error: error.message });
  }
}
