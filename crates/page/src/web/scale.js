// Axes: which values and times are labelled.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TIME_STEPS = [
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
  14 * DAY,
  30 * DAY,
];

/** Maps values from `low..high` to positions from `from..to`. */
function linear(low, high, from, to) {
  const extent = high - low || 1;
  return value => from + ((value - low) / extent) * (to - from);
}

/** Round values that cover a range, about `wanted` of them. If `whole` is true, they are whole numbers. */
function valueTicks(low, high, wanted, whole) {
  if (low === high) [low, high] = low === 0 ? [0, 1] : [low - Math.abs(low) * 0.1, high + Math.abs(high) * 0.1];
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = power * [1, 2, 5, 10].find(factor => power * factor >= rough * 0.999);
  if (whole) step = Math.max(1, step);
  const [first, last] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/** Round times of the reader's time zone within a range. */
function timeTicks(start, end, wanted) {
  const step = TIME_STEPS.find(step => (end - start) / step <= wanted) ?? TIME_STEPS.at(-1);
  const offset = time => new Date(time).getTimezoneOffset() * MINUTE;
  const zone = offset(start);
  const ticks = [];
  for (let local = Math.ceil((start - zone) / step) * step; ; local += step) {
    // Daylight saving time may begin or end within the range. It moves the clock by an hour, so times at steps of up to an
    // hour stay round. Longer steps need the new offset.
    const time = local + (step > HOUR ? offset(local + zone) : zone);
    if (time > end) return ticks;
    ticks.push(time);
  }
}

/** The label of a time: the date for midnight, and the time of the day for other times. */
function timeLabel(time) {
  const [date, clock] = localTime(time).split(" ");
  return clock === "00:00:00" ? date.slice(5) : clock.slice(0, 5);
}
