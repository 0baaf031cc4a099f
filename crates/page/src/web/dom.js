// Builds elements. Text always becomes a text node, so data is never read as markup. The Content Security Policy of the page
// refuses the functions that read text as markup (`trusted-types 'none'`).

const SVG = "http://www.w3.org/2000/svg";
const HANDLERS = Symbol("handlers");

/**
 * An element: `element("a.key", { href: "#/" }, "text", otherElement)`. The attributes are optional. Attributes and children
 * that are null or false are skipped.
 */
function element(selector, ...content) {
  const [name, ...classes] = selector.split(".");
  return filled(document.createElement(name), classes, content);
}

/** Like `element`, for a part of an SVG drawing. */
function drawn(selector, ...content) {
  const [name, ...classes] = selector.split(".");
  return filled(document.createElementNS(SVG, name), classes, content);
}

function filled(node, classes, content) {
  const hasAttributes =
    content[0] !== null &&
    typeof content[0] === "object" &&
    !Array.isArray(content[0]) &&
    !(content[0] instanceof Node);
  const { on, ...attributes } = hasAttributes ? content.shift() : {};
  node.classList.add(...classes);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  if (on) listen(node, on);
  return withChildren(node, content);
}

/** Elements without a common parent. */
function fragment(...children) {
  return withChildren(document.createDocumentFragment(), children);
}

function withChildren(node, children) {
  node.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false));
  return node;
}

// The listener looks its handler up when an event happens, so `morph` can replace the handler of an element that stays.
function listen(node, handlers) {
  node[HANDLERS] = handlers;
  for (const type of Object.keys(handlers)) node.addEventListener(type, event => node[HANDLERS][type]?.(event));
}

function isWebUrl(url) {
  return /^https?:\/\/[^\s/?#]/i.test(url ?? "");
}

/** A link to another site. Anything but an http(s) URL stays text. */
function outerLink(url, ...children) {
  if (!isWebUrl(url)) return element("span", children);
  return element(
    "a",
    { href: url, rel: "noreferrer noopener", target: "_blank" },
    children,
    element("span.outer", { "aria-hidden": "true" }, "↗"),
  );
}

/** A piece of data. Its direction of writing does not affect the text around it. */
function data(text, attributes) {
  return element("bdi", attributes ?? {}, visible(text));
}

/** Names with values. */
function factList(pairs) {
  return element(
    "dl.facts",
    pairs.map(([name, value]) => element("div", element("dt", data(name)), element("dd.lines", data(value)))),
  );
}
