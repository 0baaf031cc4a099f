// The page as a whole: what is known, which page is shown, and when it is read again.

const REFRESH = 10_000;
const RANGES = { "1h": [HOUR, "hour"], "6h": [6 * HOUR, "6 hours"], "24h": [DAY, "24 hours"], "7d": [7 * DAY, "7 days"], "30d": [30 * DAY, "30 days"] };
/** Documents that only some servers have. A page without its document is not in the navigation. */
const OPTIONAL = { monitors: "monitors", dashboards: "dashboards", findings: "intake/findings", intake: "intake/metrics" };
const PARALLEL_HISTORIES = 4;

/** All that is known. A failed request keeps the old documents, and the page says how old they are. */
const page = { report: undefined, catalog: null, histories: new Map(), error: null, paused: false, range: sessionStorage.getItem("system-health-range") ?? "24h" };
const wantedHistories = new Set();
let loadingHistories = 0;
let renderIsPlanned = false;

const PAGES = {
  "": { title: "Metrics", view: overviewPage },
  events: { title: "Events", view: eventsPage, mark: () => page.report?.events.length || null },
  deliveries: { title: "Deliveries", view: deliveriesPage, mark: () => page.report?.deliveries.filter(it => DELIVERY_PROBLEMS.includes(it.state)).length || null },
  monitors: { title: "Monitors", view: monitorsPage, needs: "monitors" },
  dashboards: { title: "Dashboards", view: dashboardsPage, needs: "dashboards" },
  intake: { title: "Intake", view: intakePage, needs: "findings" },
  metric: { view: metricPage },
  trace: { view: tracePage },
};

function rangeMillis(range) {
  return RANGES[range][0];
}

function rangeText(range) {
  return RANGES[range][1];
}

function metricAddress(key, subject) {
  return `#/metric/${encodeURIComponent(key)}${subject === undefined ? "" : `?subject=${encodeURIComponent(subject)}`}`;
}

/** The address: `#/NAME/ARGUMENT?PARAMETERS`. */
function address() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, argument] = path.split("/");
  const decoded = text => { try { return decodeURIComponent(text); } catch { return text; } };
  return { name: PAGES[name] ? name : "", argument: decoded(argument ?? ""), parameters: new URLSearchParams(query) };
}

function renderSoon() {
  if (renderIsPlanned) return;
  renderIsPlanned = true;
  requestAnimationFrame(() => {
    renderIsPlanned = false;
    render();
  });
}

function render() {
  const { name, argument, parameters } = address();
  const main = document.getElementById("main");
  const width = Math.min(main.clientWidth - 2, 1100);
  showIn(document.getElementById("nav"), navigation(name));
  showIn(document.getElementById("run"), runLine());
  showIn(main, banner(), isReady(name) && PAGES[name].view({ ...page, parameters, width }, argument));
  showIn(document.getElementById("foot"), `Times in ${timeZone()}. The same data as JSON: `, element("a", { href: "api/v1/report" }, "report"), ", ", element("a", { href: "api/v1/history" }, "history"), ", ", element("a", { href: "api/v1/catalog" }, "catalog"), ".");
  document.title = [argument || PAGES[name].title, "System health"].join(" · ");
  for (const holder of main.querySelectorAll("[data-history]")) visibleHistories.observe(holder);
}

function isReady(name) {
  return page.report !== undefined || name === "trace";
}

function navigation(current) {
  const entries = Object.entries(PAGES).filter(([, { title, needs }]) => title && (!needs || page[needs]));
  return element("ul", {}, entries.map(([name, { title, mark }]) => element("li", { "data-id": title },
    element("a", { href: `#/${name}`, "aria-current": name === current ? "page" : null }, title, mark?.() && element("span", { class: "mark" }, String(mark()))))));
}

/** When the shown run was, and how it ended. */
function runLine() {
  if (!page.report) return null;
  const { run } = page.report;
  return [element("span", {}, "Run ", timeElement(run.started_at, { full: true })), element("span", { class: "faint" }, `took ${shownDuration(run.duration_ms)}`), run.tags.length > 0 && data(run.tags.join("  "), { class: "faint" })];
}

/** What a reader must know before anything else: that the data is old, or that there is none yet. */
function banner() {
  if (page.error) return element("p", { class: "banner", role: "alert" }, stateMark(STATE.error, "Not current: "), `${page.error}${page.report ? `. This is the run of ${localTime(page.report.run.started_at)}.` : "."}`);
  if (page.report === undefined) return element("p", { class: "faint" }, "Loading …");
  if (page.report === null) return element("p", { class: "banner" }, stateMark(STATE.no_data, "No run has finished yet. "), "This page shows the first one as soon as it ends.");
  return null;
}

async function refresh() {
  const { name, argument } = address();
  const shown = PAGES[name].needs;
  try {
    const [report, catalog] = await Promise.all([readDocument("report"), page.catalog ?? readDocument("catalog")]);
    const isNew = report?.run.started_at !== page.report?.run?.started_at;
    announce(page.report, report);
    Object.assign(page, { report, catalog, error: null });
    if (isNew) for (const history of page.histories.values()) history.isOld = true;
  } catch (error) {
    page.error = error.message;
  }
  if (name === "trace") await readTrace(argument);
  for (const [field, path] of Object.entries(OPTIONAL)) {
    if (page[field] === undefined || PAGES[name].view === intakePage || field === shown) page[field] = await readDocument(path).catch(() => page[field] ?? null);
  }
  renderSoon();
  loadHistories();
}

async function readTrace(id) {
  const query = encodeURIComponent(id);
  page.trace = await readDocument(`traces/${query}`).catch(() => null);
  page.logs = await readDocument(`logs?trace=${query}`).catch(() => null);
}

/** Says which metrics changed their state. A refresh without changes says nothing. */
function announce(before, after) {
  if (!before || !after) return;
  const states = new Map(metricsOf(before).map(metric => [metric.key, metric.state]));
  const changed = metricsOf(after).filter(metric => states.get(metric.key) !== metric.state);
  if (changed.length === 0) return;
  const texts = changed.slice(0, 3).map(metric => `${metric.key}: ${metric.state.word}`);
  document.getElementById("news").textContent = `${texts.join(", ")}${changed.length > 3 ? `, and ${changed.length - 3} more changes` : ""}`;
}

const visibleHistories = new IntersectionObserver(entries => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) wantedHistories.add(target.dataset.history);
    else wantedHistories.delete(target.dataset.history);
  }
  loadHistories();
}, { rootMargin: "200px" });

/** Reads the history of the metrics that are visible, a few at a time. */
function loadHistories() {
  for (const key of wantedHistories) {
    if (loadingHistories >= PARALLEL_HISTORIES) return;
    const known = page.histories.get(key);
    if (known?.isLoading || (known && !known.isOld && known.range === page.range)) continue;
    loadingHistories += 1;
    loadHistory(key, page.range, known).finally(() => {
      loadingHistories -= 1;
      renderSoon();
      loadHistories();
    });
  }
}

async function loadHistory(key, range, known) {
  const rows = known?.range === range ? known.rows : undefined;
  page.histories.set(key, { rows, range, isLoading: true });
  try {
    const read = await readDocument(`history?key=${encodeURIComponent(key)}&since=${range}`);
    page.histories.set(key, { rows: read ?? [], range });
  } catch (error) {
    page.histories.set(key, { rows, range, error: error.message });
  }
}

function start() {
  const range = document.getElementById("range");
  page.range = RANGES[page.range] ? page.range : "24h";
  range.append(...Object.entries(RANGES).map(([value, [, text]]) => element("option", { value, selected: value === page.range }, text)));
  range.addEventListener("change", () => {
    page.range = range.value;
    sessionStorage.setItem("system-health-range", page.range);
    renderSoon();
    loadHistories();
  });
  const pause = document.getElementById("pause");
  pause.addEventListener("click", () => {
    page.paused = !page.paused;
    pause.setAttribute("aria-pressed", String(page.paused));
  });
  let traversed = false;
  window.navigation?.addEventListener("navigate", event => { traversed = event.navigationType === "traverse"; });
  window.addEventListener("hashchange", () => {
    page.trace = undefined;
    visibleHistories.disconnect();
    wantedHistories.clear();
    render();
    if (!traversed) window.scrollTo(0, 0);
    document.querySelector("h1")?.focus({ preventScroll: true });
    refresh();
  });
  new ResizeObserver(renderSoon).observe(document.getElementById("main"));
  document.addEventListener("visibilitychange", () => { if (!document.hidden && !page.paused) refresh(); });
  setInterval(() => { if (!document.hidden && !page.paused) refresh(); }, REFRESH);
  render();
  refresh();
}

start();
