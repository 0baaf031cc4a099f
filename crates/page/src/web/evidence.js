// The items behind a value, each with the reason why it counted or did not. They lead a reader from a red tile to the commit.

/** The first items of a row that say why it needs attention, for the overview. */
function firstItems(row, limit) {
  const linked = (row.evidence?.items ?? []).filter(item => isWebUrl(item.link));
  // The items that counted explain why a goal such as `< 5` is missed. The others explain a missed `> 5`, or why there is no data.
  const wantsUncounted = row.state !== STATE.missed || goalOf(row.entry.goal?.condition)?.comparison.startsWith(">");
  const chosen = linked.filter(item => item.counted !== wantsUncounted);
  return (chosen.length ? chosen : linked).slice(0, limit);
}

function evidenceLists({ evidence, link }) {
  if (!evidence)
    return [
      link && element("p", outerLink(link, "Page with the items")),
      element("p.faint", "The collector listed no items."),
    ];
  const lists = [
    [true, "Counted", evidence.counted],
    [false, "Not counted", evidence.total - evidence.counted],
  ].map(([counted, name, total]) => {
    const items = evidence.items.filter(item => item.counted === counted);
    if (total === 0) return null;
    const amount = items.length < total ? `${items.length} of ${total}` : total;
    return element(
      "details",
      { open: counted || evidence.counted === 0 || total <= 5, "data-id": name },
      element("summary", `${name}: ${amount}`),
      element(
        "ul.items",
        items.map(item =>
          element(
            "li",
            { class: counted ? "counted" : "not-counted" },
            element("span.sign", { "aria-hidden": "true" }, counted ? "+" : "−"),
            element(
              "span",
              outerLink(item.link, data(item.title)),
              item.reason && [" ", data(item.reason, { class: "faint" })],
            ),
          ),
        ),
      ),
    );
  });
  return [link && element("p", outerLink(link, "Page with the items")), ...lists];
}

/** The messages of an error and of its causes, or the reason for no data. */
function reasonList(reasons, state = STATE.error) {
  return element(
    "ol",
    { class: `causes ${state.name}` },
    reasons.map((reason, index) => element("li", index > 0 && element("span.faint", "because: "), data(reason))),
  );
}
