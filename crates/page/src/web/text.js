// How values, durations and times are written. Values and durations look as the command writes them in a terminal.

// Control characters, and characters that change the direction of the text around them: with them, a name could look like
// another name (https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters).
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

function visible(text) {
  return String(text).replace(INVISIBLE, "");
}

/** The start of a text. A character that does not fit completely is left out. */
function shortened(text, length = 240) {
  return text.length <= length ? text : `${text.slice(0, length).replace(/[\ud800-\udbff]$/, "")} …`;
}

/** A number with at most six decimals. A very small or very large number has all its digits and an exponent. */
function shownValue(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-6 || size >= 1e15)) return value.toExponential().replace("e+", "e");
  const rounded = value.toFixed(6).replace(/\.?0+$/, "");
  return rounded === "-0" ? "0" : rounded;
}

/** A number with three significant digits. The quantiles of a distribution are not more exact. */
function significant(value) {
  return shownValue(Number(value.toPrecision(3)));
}

function withUnit(text, unit) {
  return unit ? `${text} ${visible(unit)}` : text;
}

/** The value of a sample: a number, or a summary of many values. */
function shownSample(sample, unit) {
  const many = sample.distribution;
  if (!many) return withUnit(shownValue(sample.value), unit);
  return `${count(many.count, "value")}, p50 ${significant(many.p50)}, p99 ${withUnit(significant(many.p99), unit)}`;
}

function count(number, word, plural = `${word}s`) {
  return `${number} ${number === 1 ? word : plural}`;
}

function shownDuration(millis) {
  const whole = unit => Math.floor(millis / unit);
  if (millis < 1000) return `${whole(1)} ms`;
  if (millis < 60_000) return `${whole(1000)}.${whole(100) % 10} s`;
  if (millis < 3_600_000) return `${whole(60_000)} min ${whole(1000) % 60} s`;
  if (millis < 86_400_000) return `${whole(3_600_000)} h ${whole(60_000) % 60} min`;
  return `${whole(86_400_000)} d ${whole(3_600_000) % 24} h`;
}

/** How long ago something was: `42 s ago`. */
function ago(time, now = Date.now()) {
  const seconds = Math.round((now - Date.parse(time)) / 1000);
  const size = Math.abs(seconds);
  const [amount, unit] =
    size < 60
      ? [size, "s"]
      : size < 3600
        ? [size / 60, "min"]
        : size < 172_800
          ? [size / 3600, "h"]
          : [size / 86_400, "days"];
  const text = `${Math.floor(amount)} ${unit}`;
  return seconds < 0 ? `in ${text}` : `${text} ago`;
}

/** A time in the reader's time zone: `2026-03-01 14:05:09`. */
function localTime(time) {
  const at = new Date(time);
  const two = number => String(number).padStart(2, "0");
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

function timeZone() {
  const minutes = -new Date().getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const offset =
    minutes === 0 ? "UTC" : `UTC${minutes < 0 ? "−" : "+"}${hours}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return name && name !== "UTC" ? `${name} (${offset})` : offset;
}

/** A time, relative to now. The absolute time is its title, or comes first if `full` is true. */
function timeElement(time, { full = false } = {}) {
  const absolute = localTime(time);
  return element(
    "time",
    { datetime: time, title: full ? null : absolute },
    full ? `${absolute}, ${ago(time)}` : ago(time),
  );
}
