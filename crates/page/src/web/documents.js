// The documents of the server: which ones it has, and what they said last.

/** What this server has, as the page itself says: `report`, `monitors`, `dashboards`, `traces`, `intake`. */
const offered = new Set(document.querySelector("meta[name=documents]").content.split(" ").filter(Boolean));
/** The last documents, by path. A failed request keeps the old ones, and the page says so. */
const documents = new Map();
let readError = null;
/** Why there is no report, in the words of the server. */
let noReport = null;

/** A document that was read: undefined before, null if the server has none. */
function known(path) {
  return documents.get(path);
}

/** Reads documents again. Returns those that were there before. */
async function readAll(paths) {
  const before = new Map(documents);
  const results = await Promise.allSettled(paths.map(async path => documents.set(path, await readKnown(path))));
  readError = results.find(result => result.status === "rejected")?.reason.message ?? null;
  return before;
}

// Before the first run, a service is not ready to answer with a report (503). Later, the same answer is a failure.
async function readKnown(path) {
  if (path === "report") noReport = null;
  return readDocument(path).catch(error => {
    if (path !== "report" || error.status !== 503 || known("report")) throw error;
    noReport = error.reason;
    return null;
  });
}
