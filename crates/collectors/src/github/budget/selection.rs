//! Selects the groups to skip if too few requests remain. The most expensive groups are skipped as a whole. With only a part of
//! its requests, a group could not collect its metrics for all repositories.

use super::estimate::Estimate;
use crate::github::GitHubApi;

/// The maximum number of requests to one API, or to all APIs together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestLimit {
    pub(super) api: Option<GitHubApi>,
    pub(super) max: u64,
    /// The limit as text for people, such as `4988 requests remain until 14:05 UTC`.
    pub(super) text: String,
}

/// For each group the limit that it would exceed, or `None` if it is collected.
pub(super) fn exceeded_limits<'l>(
    estimates: &[Estimate],
    limits: &'l [RequestLimit],
) -> Vec<Option<&'l RequestLimit>> {
    let mut skipped = vec![None; estimates.len()];
    for limit in limits {
        loop {
            let kept = || (0..estimates.len()).filter(|index| skipped[*index].is_none());
            let total = kept()
                .fold(0_u64, |total, index| total.saturating_add(estimates[index].requests_to(limit.api)));
            if total <= limit.max {
                break;
            }
            // If several groups need equally many requests, the last one is skipped.
            let Some(most_expensive) = kept().max_by_key(|index| estimates[*index].requests_to(limit.api))
            else {
                break;
            };
            skipped[most_expensive] = Some(limit);
        }
    }
    skipped
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn estimate(rest: u64, graphql: u64) -> Estimate {
        let requests = BTreeMap::from([(GitHubApi::Rest, rest), (GitHubApi::GraphQl, graphql)]);
        Estimate { requests, total: rest + graphql, basis: String::new() }
    }

    fn limit(api: Option<GitHubApi>, max: u64) -> RequestLimit {
        RequestLimit { api, max, text: String::new() }
    }

    fn skipped(estimates: &[Estimate], limits: &[RequestLimit]) -> Vec<usize> {
        let exceeded = exceeded_limits(estimates, limits);
        (0..estimates.len()).filter(|index| exceeded[*index].is_some()).collect()
    }

    #[test]
    fn the_most_expensive_groups_are_skipped_until_the_others_fit() {
        let estimates = [estimate(50, 0), estimate(1, 0), estimate(0, 30), estimate(20, 0)];
        let rest = |max| skipped(&estimates, &[limit(Some(GitHubApi::Rest), max)]);
        assert_eq!((rest(71), rest(70), rest(20), rest(0)), (vec![], vec![0], vec![0, 3], vec![0, 1, 3]));
        assert_eq!(skipped(&estimates, &[limit(None, 21)]), [0, 2]);
        let limits = [limit(Some(GitHubApi::GraphQl), 29), limit(None, 71)];
        assert_eq!(skipped(&estimates, &limits), [2]);
    }

    proptest! {
        #[test]
        fn kept_groups_fit_and_none_is_more_expensive_than_a_skipped_one(
            numbers in prop::collection::vec((0_u64..100, 0_u64..100), 0..8),
            max in 0_u64..300,
        ) {
            let estimates: Vec<_> = numbers.iter().map(|(rest, graphql)| estimate(*rest, *graphql)).collect();
            let limits = [limit(Some(GitHubApi::Rest), max)];
            let skipped = skipped(&estimates, &limits);
            let cost = |index: usize| estimates[index].requests_to(Some(GitHubApi::Rest));
            let kept: Vec<_> = (0..estimates.len()).filter(|index| !skipped.contains(index)).collect();
            let total: u64 = kept.iter().map(|index| cost(*index)).sum();
            prop_assert!(total <= max);
            let cheapest = skipped.iter().map(|index| cost(*index)).min();
            prop_assert!(cheapest.is_none_or(|cheapest| kept.iter().all(|index| cost(*index) <= cheapest)));
            prop_assert!(cheapest.is_none_or(|cheapest| total + cheapest > max));
        }
    }
}
