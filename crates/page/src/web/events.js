// Events: what happened, such as deploys.

// Without a prototype, because the sender of an event chooses its level, and the level may be "constructor".
const LEVELS = {
  __proto__: null,
  info: ["ℹ", "info"],
  success: ["✓", "success"],
  warning: ["!", "warning"],
  error: ["✗", "error"],
};

function eventsPage() {
  const events = lastDocument("report")?.events ?? [];
  return [
    element("h1", { tabindex: -1 }, "Events"),
    events.length ? eventList([...events].reverse()) : element("p.faint", "The last run found no events."),
  ];
}

/** The events about a metric's subjects: each tag of such an event is a tag of the run or of one subject's entry. */
function eventsOf(report, metric, subject) {
  const runTags = new Set(report?.run.tags);
  const entries = metric.entries
    .filter(entry => subject === null || entry.subject === subject)
    .map(entry => new Set(entry.tags));
  return (report?.events ?? []).filter(event =>
    entries.some(tags => event.tags.every(tag => runTags.has(tag) || tags.has(tag))),
  );
}

function eventList(events) {
  return element(
    "ul.events",
    events.map(event => {
      const [sign, word] = LEVELS[event.level] ?? LEVELS.info;
      return element(
        "li",
        { class: event.level, "data-id": event.id },
        element(
          "p",
          element(
            "span",
            { class: `state event-${event.level}` },
            element("span.sign", { "aria-hidden": "true" }, sign),
            " ",
            word,
          ),
          " ",
          outerLink(event.link, data(event.title)),
          " ",
          element("span.faint", timeElement(event.time, { full: true })),
        ),
        event.text && element("p.lines", data(event.text)),
        event.tags.length > 0 && element("p.faint", data(event.tags.join("  "))),
      );
    }),
  );
}
