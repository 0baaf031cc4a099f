// The histories of the metrics that are visible: a few are read at a time, and again after a new run.

const PARALLEL_HISTORIES = 4;
const RANGES = {
  "1h": [HOUR, "60 minutes"],
  "6h": [6 * HOUR, "6 hours"],
  "24h": [DAY, "24 hours"],
  "7d": [7 * DAY, "7 days"],
  "30d": [30 * DAY, "30 days"],
};
const RANGE = "system-health-range";

const histories = new Map();
const wanted = new Set();
let loading = 0;
let range = RANGES[sessionStorage.getItem(RANGE)] ? sessionStorage.getItem(RANGE) : "24h";

function rangeMillis() {
  return RANGES[range][0];
}

function rangeText() {
  return RANGES[range][1];
}

function setRange(chosen) {
  range = chosen;
  sessionStorage.setItem(RANGE, range);
  loadHistories();
}

/** After a new run, the shown histories stay until they are read again. */
function outdateHistories() {
  for (const history of histories.values()) history.isOld = true;
  loadHistories();
}

// An element with the attribute `data-history` shows the history of that metric.
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
  for (const key of wanted) {
    if (loading >= PARALLEL_HISTORIES) return;
    const history = histories.get(key);
    if (history?.isLoading || (history && !history.isOld && history.range === range)) continue;
    loading += 1;
    loadHistory(key, range).finally(() => {
      loading -= 1;
      renderSoon();
      loadHistories();
    });
  }
}

async function loadHistory(key, range) {
  const before = histories.get(key);
  const rows = before?.range === range ? before.rows : undefined;
  histories.set(key, { rows, range, isLoading: true });
  try {
    const read = await readDocument(`history?key=${encodeURIComponent(key)}&since=${range}`);
    histories.set(key, { rows: read ?? [], range });
  } catch (error) {
    histories.set(key, { rows, range, error: error.message });
  }
}
