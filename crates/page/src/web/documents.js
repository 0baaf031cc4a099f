// The documents of the server: which ones it offers, and what they contained last.

/** The documents that this server offers, from the page's HTML: `report`, `monitors`, `dashboards`, `traces`, `intake`. */
const offered = new Set(document.querySelector("meta[name=documents]").content.split(" ").filter(Boolean));
/** The last documents, by path. A failed request keeps the old ones, and the page says so. */
const documents = new Map();
let readError = null;
/** Why there is no report, in the words of the server. */
let reasonForNoReport = null;

/** The last version of a document: undefined if it was never read, null if the server has none. */
function lastDocument(path) {
  return documents.get(path);
}

/** Reads documents again. Returns all documents as they were before. */
async function readAll(paths) {
  const before = new Map(documents);
  const results = await Promise.allSettled(
    paths.filter(path => !isFinal(path)).map(async path => documents.set(path, await readAllowingNoReport(path))),
  );
  readError = results.find(result => result.status === "rejected")?.reason.message ?? null;
  return before;
}

// A trace never changes, and the server may forget it while somebody is reading it.
function isFinal(path) {
  return path.startsWith("traces/") && Boolean(lastDocument(path));
}

// Before the first run, a service has no report and answers 503. Later, the same answer is a failure.
async function readAllowingNoReport(path) {
  if (path === "report") reasonForNoReport = null;
  // `current` adds the metrics that the last run did not collect, because they are collected less often.
  return readDocument(path === "report" ? "report?current=true" : path).catch(error => {
    if (path !== "report" || error.status !== 503 || lastDocument("report")) throw error;
    reasonForNoReport = error.reason;
    return null;
  });
}
