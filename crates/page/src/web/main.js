// The pages, the address, and when everything is read again.

const REFRESH_MILLIS = 10_000;

/**
 * Each page is offered if the server has the documents that it `needs`, and `reads` the documents at some paths. The `title` is
 * its name in the navigation, and `mark` returns a number to show beside it. A page without a title is reached only by links.
 */
const PAGES = {
  metrics: { title: "Metrics", needs: "report", view: overviewPage, reads: () => ["catalog"] },
  received: {
    title: "Received",
    needs: "intake",
    view: receivedPage,
    reads: () => ["intake/metrics", "intake/findings", "intake/checks"],
  },
  events: {
    title: "Events",
    needs: "report",
    view: eventsPage,
    reads: () => [],
    mark: () => lastDocument("report")?.events.length,
  },
  deliveries: {
    title: "Deliveries",
    needs: "report",
    view: deliveriesPage,
    reads: () => [],
    mark: () => failedDeliveries().length,
  },
  monitors: { title: "Monitors", needs: "monitors", view: monitorsPage, reads: () => ["monitors"] },
  dashboards: { title: "Dashboards", needs: "dashboards", view: dashboardsPage, reads: () => ["dashboards"] },
  "intake-monitors": {
    title: "Pushed monitors",
    needs: "intake",
    view: monitorsPage,
    reads: () => ["intake/monitors"],
  },
  "intake-dashboards": {
    title: "Pushed dashboards",
    needs: "intake",
    view: dashboardsPage,
    reads: () => ["intake/dashboards"],
  },
  "intake-events": {
    title: "Received events",
    needs: "intake",
    view: receivedEventsPage,
    reads: () => ["intake/events"],
  },
  "intake-traces": {
    title: "Received traces",
    needs: "intake",
    view: receivedTracesPage,
    reads: () => ["intake/traces"],
  },
  metric: { needs: "report", view: metricPage, reads: () => ["catalog"] },
  series: {
    needs: "intake",
    view: receivedMetricPage,
    reads: ({ argument }) => ["intake/metrics", receivedPath(argument)],
  },
  trace: { needs: "traces", view: tracePage, reads: ({ argument }) => [`traces/${encodeURIComponent(argument)}`] },
  "intake-trace": { needs: "intake", view: receivedTracePage, reads: () => ["intake/traces"] },
};

let isPaused = false;
let isRenderPlanned = false;

function isOffered(name) {
  return offered.has(PAGES[name]?.needs);
}

/** The address: `#/NAME/ARGUMENT?PARAMETERS`. If the server does not offer this page, `name` is the first page that it offers. */
function address() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, argument] = path.split("/");
  const first = Object.keys(PAGES).find(isOffered);
  const decoded = text => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };
  return {
    name: isOffered(name) ? name : first,
    argument: decoded(argument ?? ""),
    parameters: new URLSearchParams(query),
  };
}

function metricAddress(key, subject) {
  return `#/metric/${encodeURIComponent(key)}${subject === undefined ? "" : `?subject=${encodeURIComponent(subject)}`}`;
}

/** Renders before the next frame. Several calls before that frame render once. */
function renderSoon() {
  if (isRenderPlanned) return;
  isRenderPlanned = true;
  requestAnimationFrame(() => {
    isRenderPlanned = false;
    render();
  });
}

function render() {
  const here = address();
  const page = PAGES[here.name];
  const paths = pathsOf(here);
  const main = document.getElementById("main");
  const isLoading = paths.some(path => lastDocument(path) === undefined);
  showIn(document.getElementById("nav"), navigation(here.name));
  showIn(document.getElementById("run"), runLine());
  showIn(
    main,
    banner(),
    isLoading
      ? !readError && element("p.faint", "Loading …")
      : page.view({ ...here, paths, width: innerWidthOf(main) }),
  );
  showIn(document.getElementById("foot"), footer());
  document.title = [here.argument || page.title, "System health"].join(" · ");
  for (const holder of main.querySelectorAll("[data-history]")) visibleHistories.observe(holder);
}

/** The width for a drawing with a border. */
function innerWidthOf(box) {
  const { paddingLeft, paddingRight } = getComputedStyle(box);
  return Math.floor(box.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight)) - 2;
}

function footer() {
  const times = `Times in ${timeZone()}.`;
  // A link cannot send the token.
  if (sessionStorage.getItem(STORED_TOKEN)) return times;
  const links = offered.has("report") ? ["report?current=true", "catalog"] : ["intake/metrics", "intake/findings"];
  return [
    times,
    " The same data as JSON: ",
    links.map((path, index) => [index > 0 && ", ", element("a", { href: `api/v1/${path}` }, path)]),
    ".",
  ];
}

/** The report is always read, because the frame shows its run. So is the list of traces, because plots link to them. */
function pathsOf(here) {
  return [...["report", "traces"].filter(path => offered.has(path)), ...PAGES[here.name].reads(here)];
}

async function refresh() {
  const before = (await readAll(pathsOf(address()))).get("report");
  const after = lastDocument("report");
  const isNewRun = after?.run.started_at !== before?.run.started_at;
  if (isNewRun) announce(before, after);
  outdateHistories(isNewRun);
  renderSoon();
}

function refreshIfShown() {
  if (!document.hidden && !isPaused) refresh();
}

function navigate(isTraversal) {
  forgetVisible();
  render();
  if (!isTraversal) window.scrollTo(0, 0);
  document.querySelector("h1")?.focus({ preventScroll: true });
  refresh();
}

function start() {
  const select = document.getElementById("range");
  select.append(
    ...Object.entries(RANGES).map(([value, [, text]]) => element("option", { value, selected: value === range }, text)),
  );
  select.addEventListener("change", () => {
    setRange(select.value);
    refresh();
  });
  const pause = document.getElementById("pause");
  pause.addEventListener("click", () => {
    isPaused = !isPaused;
    pause.setAttribute("aria-pressed", String(isPaused));
  });
  // The hash is the address of a page, so this link must not change it.
  document.querySelector(".skip").addEventListener("click", event => {
    event.preventDefault();
    document.getElementById("main").focus();
  });
  // If the reader goes back or forward, the browser restores the scroll position.
  let isTraversal = false;
  window.navigation?.addEventListener("navigate", event => {
    isTraversal = event.navigationType === "traverse";
  });
  window.addEventListener("hashchange", () => navigate(isTraversal));
  document.addEventListener("visibilitychange", refreshIfShown);
  new ResizeObserver(renderSoon).observe(document.getElementById("main"));
  setInterval(refreshIfShown, REFRESH_MILLIS);
  render();
  refresh();
}

start();
