//! The past times for which monitors are evaluated. Datadog evaluates monitors each minute. Here, only the minutes of runs are
//! evaluated, because the points change only when a run delivers.

/// How far evaluations go back, in seconds. A group without data is forgotten after a day.
pub(crate) const SPAN: i64 = 24 * 60 * 60;
/// The number of most recent instants that are all evaluated.
const RECENT: usize = 100;
/// Maximum number of older instants that are evaluated.
const MAX_OLDER: usize = 100;

/// The instants for which monitors are evaluated: the start of the span, and the end of the minute of each run. Only instants
/// after `last` and not after `now` are returned. `runs` are the times of the runs, ascending. All times are in seconds since
/// 1970.
pub(crate) fn instants(runs: impl Iterator<Item = i64>, last: Option<i64>, now: i64) -> Vec<i64> {
    let start = now - SPAN;
    let after = last.unwrap_or(start - 1).max(start - 1);
    let end_of_minute = |time: i64| (time + 59) / 60 * 60;
    let mut all: Vec<i64> = [start].into_iter().chain(runs.map(end_of_minute)).collect();
    all.retain(|time| *time > after && *time <= now);
    all.dedup();
    let (older, recent) = all.split_at(all.len().saturating_sub(RECENT));
    let step = older.len().div_ceil(MAX_OLDER).max(1);
    older.iter().step_by(step).chain(recent).copied().collect()
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    #[test]
    fn monitors_are_evaluated_once_at_the_end_of_each_minute_with_runs() {
        let runs = [NOW - SPAN - 100, NOW - 301, NOW - 300, NOW - 299, NOW - 90, NOW];

        let start = NOW - SPAN;
        assert_eq!(instants(runs.into_iter(), None, NOW), [start, NOW - 300, NOW - 240, NOW - 60, NOW]);
        assert_eq!(instants(runs.into_iter(), Some(NOW - 240), NOW), [NOW - 60, NOW]);
        assert_eq!(instants(runs.into_iter(), Some(NOW), NOW), [0; 0]);
    }

    #[test]
    fn the_number_of_evaluations_is_limited_and_the_most_recent_are_all_kept() {
        let runs = (0..8640).map(|run| NOW - SPAN + 10 * run);

        let found = instants(runs, None, NOW);

        assert!(found.len() <= RECENT + MAX_OLDER, "{}", found.len());
        assert!(found.is_sorted());
        let most_recent: Vec<i64> =
            (0..RECENT).rev().map(|run| NOW - 60 * i64::try_from(run).unwrap()).collect();
        assert_eq!(found[found.len() - RECENT..], most_recent);
    }
}
