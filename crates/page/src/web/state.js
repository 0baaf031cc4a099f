// The states of a metric, those that need attention first. Sign and word carry the meaning; the colour only repeats it.

const STATES = [
  { name: "error", sign: "✗", word: "error", words: "errors" },
  { name: "items_failed", sign: "✗", word: "items failed", words: "with failed items" },
  { name: "missed", sign: "▼", word: "goal missed", words: "goals missed" },
  { name: "no_data", sign: "○", word: "no data", words: "no data" },
  { name: "met", sign: "✓", word: "goal met", words: "goals met" },
  { name: "value", sign: "•", word: "value", words: "values" },
  { name: "not_collected", sign: "–", word: "not collected", words: "not collected" },
];
const STATE = Object.fromEntries(STATES.map((state, rank) => [state.name, { ...state, rank }]));

/** The state of one entry of a report: of a metric for a subject. */
function stateOf(entry) {
  if (entry.state !== "value") return STATE[entry.state] ?? STATE.error;
  if (entry.failures?.length) return STATE.items_failed;
  if (entry.goal?.met === false) return STATE.missed;
  return entry.goal?.met ? STATE.met : STATE.value;
}

function needsAttention(state) {
  return state.rank <= STATE.no_data.rank;
}

function stateMark(state, text = state.word) {
  return element(
    "span",
    { class: `state ${state.name}` },
    element("span.sign", { "aria-hidden": "true" }, state.sign),
    " ",
    text,
  );
}

/** `1 error`, `3 goals missed`. */
function stateCount(state, number) {
  return `${number} ${number === 1 && state !== STATE.items_failed ? state.word : state.words}`;
}
