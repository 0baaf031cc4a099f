//! The times at which monitors are evaluated afterwards. Datadog evaluates them each minute. What they find changes when a run
//! delivers, so the times of the runs are enough.

/// How far evaluations go back, in seconds. A group without data is forgotten after a day.
pub(crate) const SPAN: i64 = 24 * 60 * 60;
/// The number of the last runs after which monitors are evaluated.
const RECENT: usize = 100;
/// The number of evaluations before them.
const OLDER: usize = 100;

/// The minutes in which monitors are evaluated, for runs at some times, in seconds since 1970 and ascending. They are after `done` and
/// not after `now`.
pub(crate) fn instants(runs: impl Iterator<Item = i64>, done: Option<i64>, now: i64) -> Vec<i64> {
    let start = now - SPAN;
    let after = done.unwrap_or(start - 1).max(start - 1);
    let minute = |time: i64| (time + 59) / 60 * 60;
    let mut all: Vec<i64> = [start].into_iter().chain(runs.map(minute)).collect();
    all.retain(|time| *time > after && *time <= now);
    all.dedup();
    let (older, recent) = all.split_at(all.len().saturating_sub(RECENT));
    let step = older.len().div_ceil(OLDER).max(1);
    older.iter().step_by(step).chain(recent).copied().collect()
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    #[test]
    fn each_run_has_one_evaluation_in_its_minute() {
        let runs = [NOW - SPAN - 100, NOW - 301, NOW - 300, NOW - 299, NOW - 90, NOW];

        let start = NOW - SPAN;
        assert_eq!(instants(runs.into_iter(), None, NOW), [start, NOW - 300, NOW - 240, NOW - 60, NOW]);
        assert_eq!(instants(runs.into_iter(), Some(NOW - 240), NOW), [NOW - 60, NOW]);
        assert_eq!(instants(runs.into_iter(), Some(NOW), NOW), [0; 0]);
    }

    #[test]
    fn the_number_of_evaluations_is_limited_and_the_last_runs_have_one_each() {
        let runs = (0..8640).map(|run| NOW - SPAN + 10 * run);

        let found = instants(runs, None, NOW);

        assert!(found.len() <= RECENT + OLDER, "{}", found.len());
        assert!(found.is_sorted());
        let last: Vec<i64> = (0..RECENT).rev().map(|run| NOW - 60 * i64::try_from(run).unwrap()).collect();
        assert_eq!(found[found.len() - RECENT..], last);
    }
}
