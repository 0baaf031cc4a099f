// Reads the documents of the server. Addresses are relative, so the page also works below a path of a proxy.

/** The name under which the browser stores the token. */
const STORED_TOKEN = "system-health-token";
const TIMEOUT_MILLIS = 20_000;
/** A promise that ends when the dialog for a token is closed. Null if no dialog is open. */
let tokenDialogClosed = null;

class ApiError extends Error {
  /** `reason` is the server's own sentence, if it sent one. */
  constructor(message, { status, reason } = {}) {
    super(reason ? `${message}: ${reason}` : message);
    Object.assign(this, { status, reason });
  }
}

/** A document, or null if the server has none (404). */
async function readDocument(path, extraHeaders = {}) {
  const response = await readResponse(path, extraHeaders);
  return response && documentIn(response);
}

/** A response with a document, or null if the server has none (404). */
async function readResponse(path, extraHeaders = {}) {
  const token = sessionStorage.getItem(STORED_TOKEN);
  const headers = { accept: "application/json", ...extraHeaders, ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const response = await fetch(`api/v1/${path}`, {
    headers,
    cache: "no-cache",
    signal: AbortSignal.timeout(TIMEOUT_MILLIS),
  }).catch(error => {
    throw new ApiError(error.name === "TimeoutError" ? "the server does not answer" : "the server cannot be reached");
  });
  if (response.status === 401) {
    await askForToken(token);
    return readResponse(path, extraHeaders);
  }
  if (response.status === 404) return null;
  if (!response.ok) {
    const { status } = response;
    throw new ApiError(`the server answered ${status}`, { status, reason: await reasonIn(response) });
  }
  return response;
}

function documentIn(response) {
  return response.json().catch(error => {
    throw new ApiError(error.name === "TimeoutError" ? "the server does not answer" : "the server's answer is not JSON");
  });
}

/** The sentence of plain text with which the server explains an error. Null or empty if there is none. */
async function reasonIn(response) {
  if (!response.headers.get("content-type")?.startsWith("text/plain")) return null;
  const text = await response.text().catch(() => "");
  return shortened(visible(text).trim());
}

// All requests that are refused at the same time wait for the same dialog.
function askForToken(refusedToken) {
  if (refusedToken !== sessionStorage.getItem(STORED_TOKEN)) return Promise.resolve();
  tokenDialogClosed ??= new Promise(resolve => {
    const [dialog, input] = [document.getElementById("token"), document.getElementById("token-value")];
    const text = refusedToken
      ? "The server refused this token. "
      : "This server answers only requests with a bearer token. ";
    document.getElementById("token-text").textContent =
      `${text}This page keeps the token that you enter until this tab is closed.`;
    dialog.oncancel = event => event.preventDefault();
    dialog.onclose = () => {
      // With characters beyond Latin-1, `fetch` would fail as if the server could not be reached. Tokens are ASCII, so the server
      // refuses this one.
      sessionStorage.setItem(STORED_TOKEN, input.value.trim().replace(/[^\x20-\x7e]/g, "?"));
      input.value = "";
      tokenDialogClosed = null;
      resolve();
    };
    dialog.showModal();
  });
  return tokenDialogClosed;
}
