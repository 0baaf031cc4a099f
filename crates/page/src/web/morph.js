// Turns the shown elements into newly built ones in place. What is equal stays, so a refresh keeps the focus, the scroll
// position, the selection and opened details.

/** Makes the children of `shown` equal to the given elements. */
function showIn(shown, ...built) {
  const focused = document.activeElement;
  morphChildren(shown, fragment(built));
  // An element that was moved has lost the focus.
  if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
}

function morphChildren(shown, built) {
  const wanted = new Set([...built.childNodes].map(keyOf).filter(Boolean));
  const keyed = new Map();
  for (const child of [...shown.childNodes]) {
    const key = keyOf(child);
    if (key && !wanted.has(key)) child.remove();
    else if (key) keyed.set(key, child);
  }
  let nextShown = shown.firstChild;
  for (const next of [...built.childNodes]) {
    const key = keyOf(next);
    const current = key ? keyed.get(key) : nextShown;
    if (!current || !isSame(current, next)) {
      shown.insertBefore(next, nextShown);
      continue;
    }
    if (current === nextShown) nextShown = nextShown.nextSibling;
    else shown.insertBefore(current, nextShown);
    morph(current, next);
  }
  while (nextShown) {
    const after = nextShown.nextSibling;
    nextShown.remove();
    nextShown = after;
  }
}

// Elements with handlers of different types are not the same: listeners are added only when an element is built.
function isSame(current, next) {
  return (
    current.nodeName === next.nodeName &&
    keyOf(current) === keyOf(next) &&
    typesOf(current[HANDLERS]) === typesOf(next[HANDLERS])
  );
}

function typesOf(handlers) {
  return Object.keys(handlers ?? {}).join();
}

function keyOf(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.getAttribute("data-id") : null;
}

function morph(current, next) {
  if (current.nodeType !== Node.ELEMENT_NODE) {
    if (current.data !== next.data) current.data = next.data;
    return;
  }
  for (const { name } of [...current.attributes]) {
    if (!next.hasAttribute(name) && !isSetByReader(current, name)) current.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (current.getAttribute(name) !== value && !isSetByReader(current, name)) current.setAttribute(name, value);
  }
  if (next[HANDLERS]) current[HANDLERS] = next[HANDLERS];
  morphChildren(current, next);
}

// What a reader has opened or typed stays.
function isSetByReader(node, attribute) {
  return (attribute === "open" && node.nodeName === "DETAILS") || (attribute === "value" && node.nodeName === "INPUT");
}
